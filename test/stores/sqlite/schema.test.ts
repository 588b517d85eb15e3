import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import { sqliteStore } from '../../../src/stores/sqlite.ts';
import { type Connection, openConnection } from '../../../src/stores/sqlite/connection.ts';
import { applyMigrations, MIGRATIONS } from '../../../src/stores/sqlite/migrations.ts';
import { type SqliteProcesses, sqliteProcesses } from '../../support/sqlite-processes.ts';

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

describe('the schema of sqliteStore', () => {
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

  it('is left alone when another process makes it between the look and the lock', async () => {
    const path = newPath();
    const late = openConnection(path, { busyTimeoutMs: 1_000, create: true });
    const early = openConnection(path, { busyTimeoutMs: 1_000, create: true });
    const overtaken: Connection = {
      ...late,
      write(work) {
        applyMigrations(early, 1);
        return late.write(work);
      },
    };
    applyMigrations(overtaken, 2);
    expect(late.rows('SELECT DISTINCT applied_at FROM portcullis_migration', [])).toEqual([
      { applied_at: 1 },
    ]);
    late.close();
    early.close();
  });

  it('is undone when one of its steps fails, and made the next time', async () => {
    const path = newPath();
    const connection = openConnection(path, { busyTimeoutMs: 1_000, create: true });
    const broken = [
      ...MIGRATIONS,
      { id: '9999-broken', sql: ['CREATE TABLE later (id TEXT)', 'NO SUCH WORDS'] },
    ];
    expect(() => applyMigrations(connection, 1, broken)).toThrow(StoreError);
    expect(connection.rows('SELECT name FROM sqlite_schema', [])).toEqual([]);
    connection.close();
    const store = sqliteStore(path);
    expect(await store.put('kind', 'id', 1)).toBe(1);
    await store.close();
  });

  it('is only looked at with migrate: "check", which makes no file', async () => {
    const path = newPath();
    expect(() => sqliteStore({ path, migrate: 'check' })).toThrow(
      'sqliteStore: there is no database at this path; run once with migrate: "apply", which makes it.',
    );
    expect(existsSync(path)).toBe(false);
    const host = new Database(path);
    host.exec('CREATE TABLE product (id INTEGER)');
    const before = readFileSync(path);
    expect(() => sqliteStore({ path, migrate: 'check' })).toThrow(
      'sqliteStore: the database lacks 0001-records; start once with migrate: "apply".',
    );
    expect(readFileSync(path)).toEqual(before);
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
