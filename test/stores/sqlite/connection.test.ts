import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, StoreError } from '../../../src/core/errors.ts';
import { type Connection, makeDurable, openConnection } from '../../../src/stores/sqlite/connection.ts';
import { loadDriver } from '../../../src/stores/sqlite/driver.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-connection-'));
let files = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function open(): Connection {
  files += 1;
  const connection = openConnection(join(folder, `${files}.db`), { busyTimeoutMs: 50, create: true });
  makeDurable(connection, 50);
  connection.exec('CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER) STRICT');
  return connection;
}

describe('openConnection', () => {
  it('waits for the disk on each commit, and for the lock no longer than it is told', () => {
    const connection = open();
    const FULL = 2;
    expect(connection.rows('PRAGMA synchronous', [])).toEqual([{ synchronous: FULL }]);
    expect(connection.rows('PRAGMA journal_mode', [])).toEqual([{ journal_mode: 'wal' }]);
    expect(connection.rows('PRAGMA busy_timeout', [])).toEqual([{ timeout: 50 }]);
    connection.close();
  });

  it('never runs a statement with the values of an earlier call that failed', () => {
    const connection = open();
    const insert = 'INSERT INTO t (id, n) VALUES (?, ?) RETURNING id';
    expect(connection.rows(insert, ['a', 1])).toEqual([{ id: 'a' }]);
    expect(() => connection.rows(insert, ['a', 2])).toThrow(StoreError);
    expect(connection.rows(insert, ['b', 3])).toEqual([{ id: 'b' }]);
    expect(connection.run('UPDATE t SET n = ? WHERE id = ?', [9, 'b'])).toBe(1);
    expect(() => connection.run('UPDATE t SET n = ? WHERE id = ?', ['text', 'b'])).toThrow(StoreError);
    expect(connection.run('UPDATE t SET n = ? WHERE id = ?', [8, 'a'])).toBe(1);
    expect(connection.rows('SELECT id, n FROM t ORDER BY id', [])).toEqual([
      { id: 'a', n: 8 },
      { id: 'b', n: 9 },
    ]);
    connection.close();
  });

  it('writes again after a wait for the lock that was in vain', () => {
    const one = open();
    const other = openConnection(join(folder, `${files}.db`), { busyTimeoutMs: 10, create: true });
    const insert = (id: string): number =>
      other.write(() => other.run('INSERT INTO t (id, n) VALUES (?, 1)', [id]));
    one.exec('BEGIN IMMEDIATE');
    for (let attempt = 0; attempt < 3; attempt++) expect(() => insert('x')).toThrow('SQLITE_BUSY');
    one.exec('COMMIT');
    expect(insert('y')).toBe(1);
    expect(one.rows('SELECT id FROM t', [])).toEqual([{ id: 'y' }]);
    one.close();
    other.close();
  });

  it('undoes a transaction whose work throws, and hands on what was thrown', () => {
    const connection = open();
    const failure = new RangeError('of the work');
    const work = (): never => {
      connection.run('INSERT INTO t (id, n) VALUES (?, ?)', ['a', 1]);
      throw failure;
    };
    expect(() => connection.write(work)).toThrow(failure);
    expect(connection.rows('SELECT id FROM t', [])).toEqual([]);
    expect(connection.write(() => connection.run('INSERT INTO t (id, n) VALUES (?, ?)', ['b', 1]))).toBe(1);
    connection.close();
  });

  it('answers a full disk as an outage, loses no earlier row and goes on when there is room', () => {
    const connection = open();
    const insert = (id: string): number =>
      connection.write(() => connection.run('INSERT INTO t (id, n) VALUES (?, 1)', [id]));
    insert('first');
    connection.exec('PRAGMA max_page_count = 8');
    const failure = (() => {
      for (let index = 0; index < 1_000; index++) {
        try {
          insert(`${'long '.repeat(100)}${index}`);
        } catch (error) {
          return error;
        }
      }
      return undefined;
    })();
    expect(failure).toBeInstanceOf(StoreError);
    expect((failure as StoreError).message).toBe('The SQLite store failed with SQLITE_FULL: see the cause.');
    expect(connection.rows("SELECT id FROM t WHERE id = 'first'", [])).toEqual([{ id: 'first' }]);
    connection.exec('PRAGMA max_page_count = 1000');
    expect(insert('last')).toBe(1);
    connection.close();
  });

  it('refuses a directory in the place of the file as an outage', () => {
    expect(() => openConnection(folder, { busyTimeoutMs: 0, create: true })).toThrow(StoreError);
  });

  it('refuses what lies below a file as an outage', () => {
    const file = join(folder, 'plain');
    writeFileSync(file, '');
    expect(() => openConnection(join(file, 'app.db'), { busyTimeoutMs: 0, create: true })).toThrow(
      'The database file cannot be opened (ENOTDIR).',
    );
  });
});

describe('loadDriver', () => {
  it('says how to mend it when libsql is not installed', () => {
    const missing = (): never => {
      throw Object.assign(new Error("Cannot find module 'libsql'\nRequire stack:\n- x"), {
        code: 'MODULE_NOT_FOUND',
      });
    };
    expect(() => loadDriver(missing)).toThrow(ConfigError);
    expect(() => loadDriver(missing)).toThrow(
      'sqliteStore needs the package "libsql": install it beside this package: npm install libsql.',
    );
  });

  it('says how to mend it when libsql has no binary for this machine', () => {
    const unloadable = (): never => {
      throw new Error("Cannot find module '@libsql/linux-x64-musl'");
    };
    expect(() => loadDriver(unloadable)).toThrow(
      `its binary for ${process.platform} ${process.arch} cannot be loaded; install it again on this machine, with optional dependencies.`,
    );
  });
});
