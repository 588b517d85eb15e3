import type { StoreProcess } from '../../src/stores/testing.ts';
import { storeProcesses } from './store-processes.ts';

export interface SqliteProcesses {
  /** A process that serves the SQLite store of this file; it opens the file at `openAt`, or at once. */
  spawn(path: string, openAt?: number): Promise<StoreProcess>;
  /** Removes what was made for them. */
  dispose(): void;
}

export function sqliteProcesses(): SqliteProcesses {
  const processes = storeProcesses();
  return {
    spawn: (path, openAt = 0) => processes.spawn('sqlite-worker.mjs', [path, String(openAt)]),
    dispose: () => processes.dispose(),
  };
}
