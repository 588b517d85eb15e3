import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { CliConfig } from '../../src/cli/config.ts';
import { runCli } from '../../src/cli/run.ts';

/** What became of one call of the tool. */
export interface ToolRun {
  readonly exit: number;
  readonly out: string;
  readonly error: string;
}

export type Tool = (...args: readonly string[]) => Promise<ToolRun>;

/** A folder for the files of a test file. It is removed after its tests. */
export function toolFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-tool-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The tool with a configuration of this process. What it closes stays open, so that it can be called again. */
export function toolOn(folder: string, config: CliConfig): Tool {
  const store = Object.assign(Object.create(config.store) as CliConfig['store'], {
    close: async () => undefined,
  });
  return async function run(...args) {
    const out: string[] = [];
    const error: string[] = [];
    Object.assign(globalThis, { configOfToolTest: { ...config, store } });
    // A module is loaded once, so that each call needs a file of its own.
    const fresh = join(folder, `config-${runs++}.mjs`);
    writeFileSync(fresh, 'export const config = globalThis.configOfToolTest;\n');
    const exit = await runCli([...args, '--config', fresh], {
      out: (text) => out.push(text),
      error: (text) => error.push(text),
    });
    return { exit, out: out.join('\n'), error: error.join('\n') };
  };
}

let runs = 0;
