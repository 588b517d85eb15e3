import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../support/package-exports.ts';

/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** The line of its first line of text, counted from 1. */
  readonly line: number;
}

/** A block that does something, with the block that shows what comes of it. */
export interface Step extends Block {
  /** Where it stands, such as `README.md:14`. */
  readonly place: string;
  /** The number of the section, which ends at any heading. */
  readonly section: number;
  readonly shown: Block | undefined;
}

/** The pages whose snippets must hold, as paths below the root. */
export function pageNames(): readonly string[] {
  const docs = readdirSync(join(PACKAGE_ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  return [
    'README.md',
    ...docs
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name))
      .toSorted(),
  ];
}

/**
 * Pages whose commands belong together, as one session of one person: each has a test of its own beside this file, which
 * performs them in order.
 */
const TRANSCRIPTS: ReadonlySet<string> = new Set([
  'docs/guide/api-keys.md',
  'docs/guide/ip-allowlists.md',
  'docs/guide/oauth-server.md',
]);

export function isTranscript(name: string): boolean {
  return TRANSCRIPTS.has(name);
}

export function readPage(name: string): string {
  return readFileSync(join(PACKAGE_ROOT, name), 'utf8');
}

/**
 * The steps of a page, in order. Modules (`ts`, `js`) and commands (`sh`) are steps; `http`, `json` and `text` behind
 * one of them in its section show its outcome. Elsewhere `text` is a drawing.
 *
 * @throws Error for a block that would be neither run nor compared, so that none escapes by a slip.
 */
export function stepsOf(name: string, markdown: string = readPage(name)): readonly Step[] {
  const steps: Step[] = [];
  for (const { section, ...block } of blocksOf(name, markdown)) {
    const place = `${name}:${block.line}`;
    if (RUNS.has(block.language)) {
      steps.push({ ...block, place, section, shown: undefined });
    } else if (SHOWS.has(block.language)) {
      const last = steps.at(-1);
      const follows = last?.section === section && last.shown === undefined;
      if (follows) steps.splice(-1, 1, { ...last, shown: block });
      else if (block.language !== 'text') throw new Error(`${place}: nothing before it gives this output`);
    } else {
      throw new Error(`${place}: "${block.language}" is none of ${[...RUNS, ...SHOWS].join(', ')}`);
    }
  }
  return steps;
}

const RUNS: ReadonlySet<string> = new Set(['ts', 'js', 'sh']);
const SHOWS: ReadonlySet<string> = new Set(['http', 'json', 'text']);

function blocksOf(name: string, markdown: string): readonly (Block & { readonly section: number })[] {
  const blocks: (Block & { readonly section: number })[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  let section = 0;
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^\s*(```+|~~~+)\s*(.*)$/.exec(line);
    if (fence === null) {
      if (open !== undefined) open.lines.push(line);
      else if (/^#+ /.test(line)) section += 1;
    } else if (open === undefined) {
      if (!line.startsWith('```'))
        throw new Error(`${name}:${index + 1}: a fence begins at the margin, with \`\`\``);
      open = { language: fence[2] ?? '', line: index + 2, lines: [] };
    } else {
      blocks.push({ language: open.language, text: open.lines.join('\n'), line: open.line, section });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${name}:${open.line - 1}: a fence is not closed`);
  return blocks;
}
