import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { suggest } from '../core/suggest.ts';
import { requiredWord } from './arguments.ts';
import type { Answer, Call, StandaloneCommand } from './command.ts';
import { done } from './output.ts';
import { UsageError } from './usage-error.ts';

export const explainCommand: StandaloneCommand = {
  name: 'explain',
  summary: 'Says what an error code means and how to mend it.',
  usage: 'CODE',
  examples: ['portcullis explain token_expired', 'portcullis explain option_missing --json'],
  options: {},
  runAlone: explainCode,
};

async function explainCode(call: Call): Promise<Answer> {
  const code = requiredWord(call, 'CODE');
  const folder = pagesFolder();
  const codes = readdirSync(folder).map((name) => name.replace(/\.md$/, ''));
  if (!codes.includes(code)) throw new UsageError(unknown(code, codes));
  const page = join(folder, `${code}.md`);
  const { error, status, meaning, mend } = summaryOf(readFileSync(page, 'utf8'));
  const kind = status === null ? error : `${error}, ${status}`;
  return done(
    { code, error, status, meaning, mend, page },
    [`${code} (${kind})`, meaning, '', `To mend it: ${mend}`, '', page].join('\n'),
  );
}

/** In the package that this tool is a part of, wherever it is installed and whether or not it was built. */
function pagesFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('portcullis/package.json');
  return join(dirname(manifest), 'docs/reference/errors');
}

function unknown(code: string, codes: readonly string[]): string {
  const meant = suggest(code, codes);
  return `there is no error code "${code}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
}

/** What a page begins with: whose code it is and its status, what it means, and how to mend it. */
interface Summary {
  readonly error: string;
  readonly status: number | null;
  readonly meaning: string;
  readonly mend: string;
}

function summaryOf(page: string): Summary {
  const [, lead = '', mend = ''] = page.split('\n\n').map((paragraph) => paragraph.replaceAll('\n', ' '));
  const [, error = '', status, meaning = ''] = /^(\w+)(?:, (\d+))?\. (.+)$/.exec(lead) ?? [];
  return {
    error,
    status: status === undefined ? null : Number(status),
    meaning,
    mend: mend.replace(/^To mend it: /, '').trim(),
  };
}
