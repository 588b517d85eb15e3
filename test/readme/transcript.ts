import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import { parseCurl, performCurl, shellWords } from './curl.ts';
import type { Step } from './pages.ts';
import { partShown, shownBy, unwrapped } from './shown.ts';
import { openWorkshop } from './workshop.ts';

/** A page that is performed from its first step to its last, as one person at one desk would do it. */
export interface Transcript {
  /**
   * Performs a step and compares what comes of it with what the page shows. Modules are run, `portcullis` and `curl` are
   * done, and `sleep` moves the clock.
   */
  perform(step: Step): Promise<void>;
  close(): Promise<void>;
}

export interface TranscriptOptions {
  /** When the session begins, in milliseconds since the Unix epoch. */
  readonly startAt: number;
  /** What stands on the page for a thing of the reader's machine, such as a path, and what it is here. */
  readonly stands: Readonly<Record<string, string>>;
}

/** How long a person takes for a step: more than a server may go on with what it knew before. */
const STEP_MS = 15_000;

/** What a server counts reaches the tool a little later; the question is asked again until then. */
const WRITTEN_WITHIN_MS = 15_000;
const ASKED_EVERY_MS = 100;

/** Opens a page. While it is open, the date stands still but for the steps, and timers go on. */
export function openTranscript({ startAt, stands }: TranscriptOptions): Transcript {
  const workshop = openWorkshop();
  const variables: Record<string, string> = {};
  let configFile: string | undefined;
  let port: number | undefined;
  let calls = 0;
  vi.useFakeTimers({ toFake: ['Date'], now: startAt });

  function placed(step: Step): Step {
    const text = Object.entries(stands).reduce(
      (before, [shown, real]) => before.replaceAll(shown, real),
      step.text,
    );
    return { ...step, text };
  }

  async function runModule(step: Step): Promise<void> {
    const here = placed(step);
    if (here.text.startsWith('// portcullis.config.js\n')) configFile = workshop.fileOf(here);
    const { output, ports } = await workshop.run(here);
    port = ports[0] ?? port;
    expect(unwrapped(output)).toBe(unwrapped(step.shown?.text ?? ''));
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

  async function runToolStep({ text, shown }: Step): Promise<void> {
    const [, line = text, code] = /^(.*?)(; echo \$\?)?$/s.exec(text) ?? [];
    const perform = async (): Promise<void> => {
      const { exit, printed } = await runTool(line);
      expect(code === undefined ? printed : `${printed}\n${exit}`).toBe(shown?.text ?? '');
    };
    await (/ report /.test(line) ? repeated(perform) : perform());
  }

  async function assign(name: string, line: string, member: string): Promise<void> {
    const { printed } = await runTool(line);
    variables[name] = String((JSON.parse(printed) as Record<string, unknown>)[member]);
  }

  async function runCurl(step: Step): Promise<void> {
    if (port === undefined) throw new Error(`${step.place}: no server listens`);
    const answer = await performCurl(parseCurl(step.text, variables), port);
    expect(partShown(answer, step)).toEqual(shownBy(step));
  }

  return {
    async perform(step) {
      vi.setSystemTime(Date.now() + STEP_MS);
      const { language, text } = step;
      const [, name, line, member] = ASSIGNMENT.exec(text) ?? [];
      const [, amount, unit] = SLEEP.exec(text) ?? [];
      if (language !== 'sh') await runModule(step);
      else if (name !== undefined && line !== undefined && member !== undefined)
        await assign(name, line, member);
      else if (amount !== undefined)
        vi.setSystemTime(Date.now() + Number(amount) * UNIT_MS[unit as 's' | 'm' | 'h']);
      else if (text.startsWith('portcullis ')) await runToolStep(step);
      else if (text.startsWith('curl ')) await runCurl(step);
      else if (!/^npm install /.test(text)) throw new Error(`${step.place}: nobody performs: ${text}`);
    },
    async close() {
      vi.useRealTimers();
      await workshop.stopServers();
      if (configFile !== undefined) await closeAll(configFile);
      workshop.close();
    },
  };
}

/** Asks again until the answer is as it should be, while the date stands still. */
async function repeated(perform: () => Promise<void>): Promise<void> {
  const until = performance.now() + WRITTEN_WITHIN_MS;
  for (;;) {
    try {
      await perform();
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
      await pause(ASKED_EVERY_MS);
    }
  }
}

/** `KEY=$(portcullis ... --json | node -p 'JSON.parse(fs.readFileSync(0)).key')` */
const ASSIGNMENT = /^(\w+)=\$\((portcullis .*) \| node -p 'JSON\.parse\(fs\.readFileSync\(0\)\)\.(\w+)'\)$/s;
const SLEEP = /^sleep (\d+)([smh])$/;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Ends what the application of the page keeps open. */
async function closeAll(configFile: string): Promise<void> {
  const { config } = (await import(/* @vite-ignore */ configFile)) as {
    config: Record<string, { close?: () => Promise<void> }>;
  };
  const { store, ...services } = config;
  for (const service of Object.values(services)) await service.close?.();
  await store?.close?.();
}
