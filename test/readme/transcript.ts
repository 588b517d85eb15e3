import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { vi } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import { PACKAGE_ROOT } from '../support/package-exports.ts';
import { parseCurl, performCurl, shellWords } from './curl.ts';
import type { Step } from './pages.ts';
import { elided, partShown, shownBy, unwrapped } from './shown.ts';
import { openWorkshop } from './workshop.ts';

/** A page that is performed from its first step to its last, as one person at one desk would do it. */
export interface Transcript {
  /**
   * Performs a step: modules are run, `portcullis`, `curl` and `open` are done, and `sleep` moves the clock. `NAME=$(...)`
   * keeps what `node -p` prints, of its own or of an answer; `NAME=\u2026` takes over what the answer before it, or the
   * address that `open` ended at, says under that name in small letters, as a reader does by hand.
   */
  perform(step: Step): Promise<Performance>;
  close(): Promise<void>;
}

/** What came of a step, and what the page shows of it; both are to be the same. */
export interface Performance {
  readonly happened: unknown;
  readonly shown: unknown;
}

export interface TranscriptOptions {
  /** When the session begins, in milliseconds since the Unix epoch. */
  readonly startAt: number;
  /** What stands on the page for a thing of the reader's machine, such as a path, and what it is here. */
  readonly stands: Readonly<Record<string, string>>;
  /** Does in a browser what the page tells about, for `open URL`. @returns The address, or the words, that it ends with. */
  readonly browse?: ((url: URL, port: number) => Promise<string>) | undefined;
}

/** How long a person takes for a step: more than a server may go on with what it knew before. */
const STEP_MS = 15_000;

/** What a server counts reaches the tool a little later; the question is asked again until then. */
const WRITTEN_WITHIN_MS = 15_000;
const ASKED_EVERY_MS = 100;

/** Opens a page. While it is open, the date stands still but for the steps, and timers go on. */
export function openTranscript({ startAt, stands, browse }: TranscriptOptions): Transcript {
  const workshop = openWorkshop();
  const variables: Record<string, string> = {};
  let configFile: string | undefined;
  let port: number | undefined;
  let calls = 0;
  /** What the last answer or address said, by name. */
  let said: Readonly<Record<string, unknown>> = {};
  const exported: string[] = [];
  vi.useFakeTimers({ toFake: ['Date'], now: startAt });

  function placed(step: Step): Step {
    let { text } = step;
    for (const [shown, real] of Object.entries(stands)) text = text.replaceAll(shown, real);
    return { ...step, text };
  }

  function keep(output: string): void {
    if (output.startsWith('{')) said = JSON.parse(output) as Record<string, unknown>;
  }

  async function runModule(step: Step): Promise<Performance> {
    const here = placed(step);
    if (here.text.startsWith('// portcullis.config.js\n')) configFile = workshop.fileOf(here);
    const { output, ports } = await workshop.run(here);
    port = ports[0] ?? port;
    keep(output);
    return { happened: unwrapped(output), shown: unwrapped(step.shown?.text ?? '') };
  }

  /** Runs the tool as if in a process of its own: a module is loaded once, so each call gets a copy of the configuration. */
  async function runTool(line: string): Promise<{ readonly exit: number; readonly printed: string }> {
    if (configFile === undefined) throw new Error(`there is no portcullis.config.js before: ${line}`);
    const copy = join(dirname(configFile), `config-of-call-${calls++}.js`);
    writeFileSync(copy, readFileSync(configFile));
    const [, ...args] = shellWords(line.replaceAll('\\\n', ' '), variables);
    const printed: string[] = [];
    const print = (text: string): number => printed.push(text);
    const exit = await runCli([...args, '--config', copy], { out: print, error: print });
    return { exit, printed: printed.join('\n') };
  }

  async function runToolStep({ text, shown }: Step): Promise<Performance> {
    const [, line = text, code] = /^(.*?)(; echo \$\?)?$/s.exec(text) ?? [];
    const perform = async (): Promise<Performance> => {
      const { exit, printed } = await runTool(line);
      return {
        happened: code === undefined ? printed : `${printed}\n${exit}`,
        shown: shown?.text ?? '',
      };
    };
    return / (?:report|usage) /.test(line) ? askedAgain(perform) : perform();
  }

  /** What a command prints that an assignment may hold. */
  async function printedBy(command: string): Promise<{ readonly exit: number; readonly printed: string }> {
    if (command.startsWith('portcullis ')) return runTool(command);
    if (command.startsWith('curl ') && port !== undefined) {
      const { status, body } = await performCurl(parseCurl(command, variables), port);
      return { exit: status === 200 ? 0 : status, printed: body };
    }
    const [program, ...args] = shellWords(command, variables);
    if (program !== 'node') throw new Error(`nobody performs: ${command}`);
    return { exit: 0, printed: execFileSync(process.execPath, args, { encoding: 'utf8' }).trim() };
  }

  async function assign(name: string, command: string, isExported: boolean): Promise<Performance> {
    const [, source = command, member] = MEMBER.exec(command) ?? [];
    const { exit, printed } = await printedBy(source);
    variables[name] =
      member === undefined ? printed : String((JSON.parse(printed) as Record<string, unknown>)[member]);
    if (isExported) {
      process.env[name] = variables[name];
      exported.push(name);
    }
    return { happened: exit, shown: 0 };
  }

  async function open({ text, place, shown }: Step): Promise<Performance> {
    const [, address = ''] = shellWords(text.replaceAll('\\\n', ''), variables);
    if (browse === undefined || port === undefined) throw new Error(`${place}: no browser, or no server`);
    const ended = await browse(new URL(address), port);
    if (URL.canParse(ended)) said = Object.fromEntries(new URL(ended).searchParams);
    return { happened: ended, shown: shown?.text ?? '' };
  }

  async function runCurl(step: Step): Promise<Performance> {
    if (port === undefined) throw new Error(`${step.place}: no server listens`);
    const answer = await performCurl(parseCurl(step.text, variables), port);
    keep(answer.body);
    return { happened: partShown(answer, step), shown: shownBy(step) };
  }

  async function performed(step: Step): Promise<Performance> {
    const { language, text } = step;
    // A person copies while reading on.
    if (!COPIED.test(text)) vi.setSystemTime(Date.now() + STEP_MS);
    if (language !== 'sh') return runModule(step);
    const [, isExported, name, command] = ASSIGNMENT.exec(text) ?? [];
    if (name !== undefined && command !== undefined) return assign(name, command, isExported !== undefined);
    const [, copied] = COPIED.exec(text) ?? [];
    if (copied !== undefined) {
      const value = said[copied.toLowerCase()];
      if (typeof value !== 'string')
        throw new Error(`${step.place}: nothing before it says ${copied.toLowerCase()}`);
      variables[copied] = value;
      return { happened: '', shown: '' };
    }
    if (text.startsWith('open ')) return open(step);
    const [, amount, unit] = SLEEP.exec(text) ?? [];
    if (amount !== undefined) {
      vi.setSystemTime(Date.now() + Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]);
      return { happened: '', shown: step.shown?.text ?? '' };
    }
    if (text.startsWith('npm install ')) return { happened: notInstalled(text), shown: [] };
    if (text.startsWith('portcullis ')) return runToolStep(step);
    if (text.startsWith('curl ')) return runCurl(step);
    throw new Error(`${step.place}: nobody performs: ${text}`);
  }

  return {
    async perform(step) {
      const { happened, shown } = await performed(step);
      return { happened: elided(happened, shown), shown };
    },
    async close() {
      vi.useRealTimers();
      for (const name of exported) delete process.env[name];
      await workshop.stopServers();
      if (configFile !== undefined) await closeAll(configFile);
      workshop.close();
    },
  };
}

/** What a reader is told to install and is not there, where the page is performed. */
function notInstalled(command: string): readonly string[] {
  const [, , ...names] = shellWords(command, {});
  return names.filter(
    (name) => name !== 'portcullis' && !existsSync(join(PACKAGE_ROOT, 'node_modules', name)),
  );
}

const ASSIGNMENT = /^(export )?(\w+)=\$\((.*)\)$/s;
/** `KEY=$(portcullis ... --json | node -p 'JSON.parse(fs.readFileSync(0)).key')` */
const MEMBER = /^(.*?)\s*(?:\\\n\s*)?\| node -p 'JSON\.parse\(fs\.readFileSync\(0\)\)\.(\w+)'$/s;
const COPIED = /^(\w+)=\u2026$/;
const SLEEP = /^sleep (\d+)([smhd])$/;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Asks until the answer is as shown, while the date stands still; the last answer is given when it never is. */
async function askedAgain(perform: () => Promise<Performance>): Promise<Performance> {
  const until = performance.now() + WRITTEN_WITHIN_MS;
  for (;;) {
    const outcome = await perform();
    if (isDeepStrictEqual(outcome.happened, outcome.shown) || performance.now() > until) return outcome;
    await pause(ASKED_EVERY_MS);
  }
}

/** Ends what the application of the page keeps open. */
async function closeAll(configFile: string): Promise<void> {
  const { config } = (await import(/* @vite-ignore */ configFile)) as {
    config: { readonly close?: () => Promise<void> } & Record<string, { close?: () => Promise<void> }>;
  };
  const { store, close, ...services } = config;
  for (const service of Object.values(services)) await service.close?.();
  await close?.();
  await store?.close?.();
}
