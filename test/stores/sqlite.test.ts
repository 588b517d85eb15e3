import { createHash } from 'node:crypto';
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

  for (const { name, run } of cases) it(name, run, 60_000);
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

describe('sqliteStore: the schema', () => {
  it('is made once when eight processes open a new file at the same moment', async () => {
    const path = newPath();
    const openAt = Date.now() + 1_500;
    const opened = await Promise.all(Array.from({ length: 8 }, () => processes.spawn(path, openAt)));
    const versions = await Promise.all(
      opened.map(({ store }, index) => store.put('kind', `id${index}`, index)),
    );
    expect(versions.toSorted((one, other) => (one ?? 0) - (other ?? 0))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await Promise.all(opened.map((each) => each.kill()));
    const reader = new Database(path);
    expect(reader.prepare('SELECT id FROM portcullis_migration ORDER BY id').all()).toEqual([
      { id: '0001-records' },
      { id: '0002-families' },
      { id: '0003-feed' },
    ]);
    reader.close();
  }, 60_000);

  it('is only looked at with migrate: "check", which makes no file', async () => {
    const path = newPath();
    expect(() => sqliteStore({ path, migrate: 'check' })).toThrow(
      'sqliteStore: there is no database at this path; run once with migrate: "apply", which makes it.',
    );
    expect(existsSync(path)).toBe(false);
    const host = new Database(path);
    host.exec('CREATE TABLE product (id INTEGER)');
    expect(() => sqliteStore({ path, migrate: 'check' })).toThrow(
      'sqliteStore: the database lacks 0001-records; start once with migrate: "apply".',
    );
    await sqliteStore(path).close();
    const store = sqliteStore({ path, migrate: 'check' });
    expect(await store.put('kind', 'id', 1)).toBe(1);
    await store.close();
    host.close();
  });

  it('refuses a database whose step was applied with another text', async () => {
    const path = newPath();
    await sqliteStore(path).close();
    const host = new Database(path);
    host.exec(
      `UPDATE portcullis_migration SET checksum = '${createHash('sha256').digest('hex')}' WHERE id = '0003-feed'`,
    );
    for (const migrate of ['apply', 'check'] as const) {
      expect(() => sqliteStore({ path, migrate })).toThrow(
        'sqliteStore: 0003-feed was applied with another text',
      );
    }
    host.close();
  });

  it('works on a database that a later release has added to', async () => {
    const path = newPath();
    await sqliteStore(path).close();
    const host = new Database(path);
    host.exec(`ALTER TABLE portcullis_record ADD COLUMN later TEXT;
      INSERT INTO portcullis_migration VALUES ('9999-later', 'sum', 1)`);
    const store = sqliteStore({ path, migrate: 'check' });
    await store.put('kind', 'id', 1);
    expect((await store.get('kind', 'id'))?.data).toBe(1);
    await store.close();
    host.close();
  });
});

describe('sqliteStore: outages', () => {
  it('answers with a StoreError while another process holds the lock, and works again after it', async () => {
    const path = newPath();
    const store = sqliteStore({ path, busyTimeoutMs: 50 });
    const policy = { idleMs: 1_000_000, graceMs: 1_000 };
    await store.put('kind', 'before', 1);
    await store.familyCreate({
      id: 'f1',
      owner: 'u1',
      data: 1,
      idleMs: 1_000_000,
      absoluteAt: null,
      feedMs: 1_000,
    });
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    const calls = [
      () => store.put('kind', 'the-id', 'the-data'),
      () => store.use('kind', 'before'),
      () => store.delete('kind', 'before'),
      () => store.deleteBy('kind', 0, 'x'),
      () => store.familyRotate('f1', 1, policy),
      () => store.familyRevoke('f1'),
      () => store.feedAppend([{ key: 'acc:1', value: 1, expiresAt: Date.now() + 10_000 }]),
      () => store.sweep(10),
    ];
    for (const call of calls) {
      const error = await call().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(StoreError);
      expect((error as StoreError).message).toBe(
        'The SQLite store failed with SQLITE_BUSY: another process held the write lock for longer than busyTimeoutMs.',
      );
      expect((error as StoreError).cause).toMatchObject({ code: 'SQLITE_BUSY' });
    }
    // Readers do not wait for a writer.
    expect((await store.get('kind', 'before'))?.data).toBe(1);
    other.exec('COMMIT');
    for (const call of calls) await call();
    expect((await store.get('kind', 'the-id'))?.data).toBe('the-data');
    expect(await store.get('kind', 'before')).toBeNull();
    expect(await store.familyGet('f1')).toBeNull();
    other.close();
    await store.close();
  });

  it('names neither the row nor the data when the engine refuses a write', async () => {
    const path = newPath();
    const store = sqliteStore(path);
    const host = new Database(path);
    host.exec(`CREATE TRIGGER refuse BEFORE INSERT ON portcullis_record WHEN new.id = 'secret-id'
      BEGIN SELECT RAISE(ABORT, 'refused'); END`);
    const error = await store.put('kind', 'secret-id', 'secret-data').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect(`${(error as Error).message} ${String((error as Error).cause)}`).not.toMatch(/secret/);
    // The values of a call that failed must not come back in the next one.
    expect(await store.put('kind', 'next-id', 'next-data')).toBe(1);
    expect((await store.get('kind', 'next-id'))?.data).toBe('next-data');
    expect(await store.get('kind', 'secret-id')).toBeNull();
    host.close();
    await store.close();
  });

  it('undoes all of a step that fails in its middle', async () => {
    const path = newPath();
    const store = sqliteStore(path);
    await store.familyCreate({
      id: 'f1',
      owner: 'u1',
      data: 1,
      idleMs: 1_000_000,
      absoluteAt: null,
      feedMs: 1_000,
    });
    const before = await store.familyGet('f1');
    const host = new Database(path);
    host.exec(
      `CREATE TRIGGER refuse BEFORE INSERT ON portcullis_feed BEGIN SELECT RAISE(ABORT, 'refused'); END`,
    );
    const policy = { idleMs: 1_000_000, graceMs: 0, feedGeneration: true, handles: ['h2'] };
    await expect(store.familyRotate('f1', 1, policy)).rejects.toBeInstanceOf(StoreError);
    await expect(store.familyRevoke('f1')).rejects.toBeInstanceOf(StoreError);
    await expect(store.familyRevokeAll('u1')).rejects.toBeInstanceOf(StoreError);
    expect(await store.familyGet('f1')).toEqual(before);
    expect(await store.familyByHandle('h2')).toBeNull();
    host.exec('DROP TRIGGER refuse');
    expect((await store.familyRotate('f1', 1, policy)).outcome).toBe('rotated');
    host.close();
    await store.close();
  });
});

describe('sqliteStore: sweeping', () => {
  it('deletes records and lines when they expire, families and handles after the day of their expiry', async () => {
    const path = newPath();
    const day = 86_400_000;
    let now = 20_000 * day + day / 2;
    const store = sqliteStore({ path, clock: { now: () => now } });
    await store.put('kind', 'id', 1, { expiresAt: now + 10 });
    await store.put('kind', 'forever', 1);
    await store.feedAppend([{ key: 'acc:1', value: 1, expiresAt: now + 10 }]);
    for (const id of ['f1', 'f2']) {
      const handles = [`${id}-a`, `${id}-b`];
      await store.familyCreate({
        id,
        owner: 'u1',
        data: 1,
        idleMs: 10,
        absoluteAt: null,
        feedMs: 10,
        handles,
      });
    }
    expect(await store.sweep(100)).toBe(0);
    now += 10;
    expect(await store.sweep(100)).toBe(2);
    expect(await store.sweep(100)).toBe(0);
    now += day / 2;
    expect([await store.sweep(3), await store.sweep(2), await store.sweep(2)]).toEqual([3, 2, 1]);
    const reader = new Database(path);
    for (const table of ['family', 'handle', 'feed']) {
      expect(reader.prepare(`SELECT count(*) AS rows FROM portcullis_${table}`).all()).toEqual([{ rows: 0 }]);
    }
    reader.close();
    await store.close();
  });

  it.each([
    [
      'records',
      'DELETE FROM portcullis_record WHERE rowid IN (SELECT rowid FROM portcullis_record WHERE expires_at <= 1 LIMIT 1)',
      'portcullis_record_expiry',
    ],
    [
      'families',
      'SELECT id FROM portcullis_family WHERE expires_day < 1 LIMIT 1',
      'portcullis_family_expiry',
    ],
    [
      'an owner',
      "SELECT id FROM portcullis_family WHERE owner = 'u' AND expires_at > 1",
      'portcullis_family_owner',
    ],
    ['children', "SELECT id FROM portcullis_family WHERE parent = 'p'", 'portcullis_family_parent'],
    [
      'a slot',
      "SELECT id FROM portcullis_record WHERE kind = 'k' AND lookup1 = 'x' AND id > 'a' ORDER BY id LIMIT 1",
      'portcullis_record_lookup1',
    ],
  ])('finds %s by an index', async (_what, sql, index) => {
    const path = newPath();
    const store = sqliteStore(path);
    const reader = new Database(path);
    const plan = (reader.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]).map(
      ({ detail }) => detail,
    );
    expect(plan.join('\n')).toContain(index);
    expect(plan.join('\n')).not.toContain('TEMP B-TREE');
    reader.close();
    await store.close();
  });
});
