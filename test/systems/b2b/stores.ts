import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Clock } from '../../../src/core/clock.ts';
import type { Store } from '../../../src/core/store.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { sqliteStore } from '../../../src/stores/sqlite.ts';

/** The same data as two nodes see it. */
export interface StoreKind {
  readonly name: string;
  /** Two stores over one data set: the same object where an engine lives in one process. */
  pair(clock: Clock): readonly [Store, Store];
}

export const STORE_KINDS: readonly StoreKind[] = [
  {
    name: 'memory',
    pair(clock) {
      const store = memoryStore({ clock });
      return [store, store];
    },
  },
  {
    name: 'sqlite',
    pair(clock) {
      const path = databaseFile();
      return [openDatabase(path, clock), openDatabase(path, clock)];
    },
  },
];

/** The path of a database that is removed, with its companions, after the test. */
export function databaseFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'b2b-'));
  folders.add(folder);
  return join(folder, 'app.db');
}

/** Opens a database that is closed after the test. */
export function openDatabase(path: string, clock: Clock): Store {
  const store = sqliteStore({ path, clock });
  opened.add(store);
  return store;
}

/** Closes and removes what the tests of a file open; a test file calls it once, before it stops its hosts. */
export function removeStoresAfterEach(): void {
  afterEach(async () => {
    for (const store of opened) await store.close();
    opened.clear();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    folders.clear();
  });
}

const opened = new Set<Store>();
const folders = new Set<string>();
