import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { remoteStore, type StoreProcess } from '../../src/stores/testing.ts';
import { transpileSources } from './transpiled-sources.ts';

/** Starts processes that run the sources as they are now, without a build. */
export interface StoreProcesses {
  /**
   * A process that serves a store.
   *
   * @param worker A program of this folder; its arguments are the folder of the transpiled sources, and then these.
   */
  spawn(worker: string, args: readonly string[]): Promise<StoreProcess>;
  /** Removes what was made for them. */
  dispose(): void;
}

export function storeProcesses(): StoreProcesses {
  const sources = transpileSources(['src/core', 'src/stores']);
  return {
    async spawn(worker, args) {
      const program = fileURLToPath(new URL(worker, import.meta.url));
      const child = fork(program, [join(sources.folder, 'src'), ...args], {
        execArgv: [],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
      const complaint = textOf(child);
      try {
        return { store: await remoteStore(child), kill: () => kill(child) };
      } catch (cause) {
        throw new Error(`The store process did not start: ${await complaint}`, { cause });
      }
    },
    dispose: () => sources.dispose(),
  };
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
