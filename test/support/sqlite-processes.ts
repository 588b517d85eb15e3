import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { remoteStore, type StoreProcess } from '../../src/stores/testing.ts';
import { PACKAGE_ROOT } from './package-exports.ts';

const WORKER = fileURLToPath(new URL('sqlite-worker.mjs', import.meta.url));

/** Starts a process that serves the SQLite store of this file. */
export async function sqliteProcess(path: string): Promise<StoreProcess> {
  requireFreshBuild();
  const child = fork(WORKER, [path], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const complaint = textOf(child);
  try {
    return { store: await remoteStore(child), kill: () => kill(child) };
  } catch (cause) {
    throw new Error(`The store process did not start: ${await complaint}`, { cause });
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

async function textOf(child: ChildProcess): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of child.stderr ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Processes run what was built; a build that is older than the sources would show what was true yesterday. */
function requireFreshBuild(): void {
  const built = join(PACKAGE_ROOT, 'dist/src/stores/sqlite.js');
  if (!existsSync(built)) throw new Error('dist/ is missing: run "npm run build" before this test.');
}
