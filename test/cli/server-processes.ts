import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { buildExamples, endHostsAfterAll, type ReadyLine, startReady } from '../examples/host.ts';
import { PACKAGE_ROOT } from '../support/package-exports.ts';

/** How long an edit of the tool may take to be in force in every process. */
export const WITHIN = { timeout: 2_000, interval: 25 };

/** One call of the installed tool, as a process of its own. */
export interface ToolEnd {
  readonly code: number;
  readonly json: Record<string, unknown>;
}

/** Processes of the example host, and the installed tool, on one SQLite file. */
export interface ServerProcesses {
  readonly start: () => Promise<ReadyLine>;
  /** Runs the tool with `--json`. */
  readonly tool: (...args: readonly string[]) => Promise<ToolEnd>;
  /** Runs the tool, and tells what it says to people. */
  readonly toolText: (
    args: readonly string[],
    variables?: Readonly<Record<string, string>>,
  ) => { readonly status: number | null; readonly stderr: string };
  readonly auditLog: () => string;
  readonly auditEvents: () => readonly Record<string, unknown>[];
}

/** Builds them before the tests of a file, and ends them and removes their files after it; a file calls it once. */
export function serverProcesses(): ServerProcesses {
  const root = mkdtempSync(join(tmpdir(), 'portcullis-processes-'));
  const auditFile = join(root, 'audit.jsonl');
  const env = {
    STORE: `sqlite:${join(root, 'portcullis.db')}`,
    TRUSTED_PROXIES: '127.0.0.1',
    AUDIT_LOG: auditFile,
  };
  const command = (args: readonly string[]): readonly string[] => [
    'dist/src/cli/main.js',
    ...args,
    '--config',
    join(PACKAGE_ROOT, 'examples/dist/api/portcullis.config.js'),
  ];

  afterAll(() => rmSync(root, { recursive: true, force: true }));
  beforeAll(buildExamples, 120_000);
  endHostsAfterAll();

  function auditLog(): string {
    return readFileSync(auditFile, 'utf8');
  }

  return {
    start: async () => (await startReady({ env })).ready,
    tool: async (...args) => {
      const child = spawn('node', command([...args, '--json']), {
        cwd: PACKAGE_ROOT,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let out = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        out += chunk;
      });
      const [code] = (await once(child, 'close')) as [number];
      return { code, json: JSON.parse(out) as Record<string, unknown> };
    },
    toolText: (args, variables = {}) => {
      const { status, stderr } = spawnSync('node', command(args), {
        cwd: PACKAGE_ROOT,
        encoding: 'utf8',
        env: { ...process.env, ...env, ...variables },
      });
      return { status, stderr };
    },
    auditLog,
    auditEvents: () =>
      auditLog()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
