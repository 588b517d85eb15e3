import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { ConfigError, StoreError } from '../../src/core/errors.ts';
import type { Store } from '../../src/core/store.ts';
import { sqliteStore } from '../../src/stores/sqlite.ts';
import { storeConformance } from '../../src/stores/testing.ts';
import { type SqliteProcesses, sqliteProcesses } from '../support/sqlite-processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-sqlite-'));
let processes: SqliteProcesses;
let files = 0;

beforeAll(() => {
  processes = sqliteProcesses();
});

afterAll(() => {
  processes.dispose();
  rmSync(folder, { recursive: true, force: true });
});

function newPath(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

describe('sqliteStore passes the conformance suite', () => {
  const paths = new WeakMap<Store, string>();

  function open(path: string, clock: Clock): Store {
    const store = sqliteStore({ path, clock, busyTimeoutMs: 20_000 });
    paths.set(store, path);
    return store;
  }

  const pathOf = (store: Store): string => paths.get(store) ?? '';
  const cases = storeConformance(({ clock }) => open(newPath(), clock), {
    open: (of, { clock }) => open(pathOf(of), clock),
    spawn: (of) => processes.spawn(pathOf(of)),
  });

  for (const { name, run } of cases) it(name, async () => expect(await run()).toBeUndefined(), 60_000);
});

describe('sqliteStore: the file', () => {
  it('is made for its owner alone, with its companions', async () => {
    const path = newPath();
    const store = sqliteStore(path);
    await store.put('kind', 'id', 1);
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it('is written through on each commit, in WAL mode, and holds everything when the store is closed', async () => {
    const path = newPath();
    const store = sqliteStore(path);
    await store.put('kind', 'id', 1);
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    await store.close();
    expect(existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0).toBe(0);
    const reader = new Database(path);
    expect(reader.prepare('PRAGMA journal_mode').all()).toEqual([{ journal_mode: 'wal' }]);
    expect(reader.prepare('SELECT id, data FROM portcullis_record').all()).toEqual([{ id: 'id', data: '1' }]);
    reader.close();
  });

  it('keeps the mode and the tables of a file that the host made', async () => {
    const path = newPath();
    writeFileSync(path, '', { mode: 0o640 });
    const host = new Database(path);
    host.exec('CREATE TABLE product (id INTEGER); INSERT INTO product VALUES (7)');
    const store = sqliteStore(path);
    await store.put('kind', 'id', 1);
    expect(host.prepare('SELECT id FROM product').all()).toEqual([{ id: 7 }]);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    host.close();
    await store.close();
  });

  it.each([
    [
      ':memory:',
      'sqliteStore.path must be the path of a file, not a string. For a store in memory use memoryStore().',
    ],
    ['file:app.db?mode=memory', 'sqliteStore.path must be the path of a file, not a URL'],
    ['libsql://example.test', 'sqliteStore.path must be the path of a file, not a URL'],
    ['HTTPS://example.test/app.db', 'sqliteStore.path must be the path of a file, not a URL'],
    ['', 'sqliteStore.path must be a string that is not empty'],
    [join(folder, 'missing', 'app.db'), 'sqliteStore.path must lie in a directory that exists.'],
  ])('refuses the path %j', (path, message) => {
    expect(() => sqliteStore(path)).toThrow(ConfigError);
    expect(() => sqliteStore(path)).toThrow(message);
  });

  it('refuses unknown options and values out of bounds', () => {
    expect(() => sqliteStore({ path: newPath(), busyTimeoutMS: 1 } as never)).toThrow(
      'did you mean "busyTimeoutMs"?',
    );
    expect(() => sqliteStore({ path: newPath(), busyTimeoutMs: -1 })).toThrow(ConfigError);
    expect(() => sqliteStore({ path: newPath(), migrate: 'auto' as never })).toThrow(ConfigError);
  });

  it('refuses a file that is no database, as an outage', () => {
    const path = newPath();
    writeFileSync(path, 'a text that is not a database, and is longer than the header of one '.repeat(20));
    expect(() => sqliteStore(path)).toThrow(StoreError);
    expect(readFileSync(path, 'utf8')).toMatch(/^a text/);
  });
});
