import { closeSync, openSync, statSync } from 'node:fs';
import { ConfigError, StoreError } from '../../core/errors.ts';
import { type Driver, type DriverStatement, loadDriver, type SqlRow, type SqlValue } from './driver.ts';

/** One open database file. All calls are synchronous, so that no other caller of this process can come in between. */
export interface Connection {
  rows(sql: string, values: readonly SqlValue[]): readonly SqlRow[];
  /** @returns How many rows were changed. */
  run(sql: string, values: readonly SqlValue[]): number;
  /** Runs statements that take no values and give no rows. */
  exec(sql: string): void;
  /** Runs the work in one transaction that holds the write lock from its start; whatever it throws undoes it. */
  write<T>(work: () => T): T;
  close(): void;
}

export interface ConnectionOptions {
  /** How long a call waits for another process's write lock, with this process standing still. */
  readonly busyTimeoutMs: number;
  /** Whether to make the file when there is none. */
  readonly create: boolean;
}

/**
 * Opens a database file, and changes nothing in one that is there.
 *
 * @throws {@link ConfigError} `dependency_missing`, `option_invalid`, `schema_outdated`.
 * @throws {@link StoreError} when the file cannot be opened or is no database.
 */
export function openConnection(path: string, options: ConnectionOptions, driver?: Driver): Connection {
  const Database = driver ?? loadDriver();
  prepareFile(path, options.create);
  const database = guarded(() => new Database(path, { timeout: options.busyTimeoutMs }));
  const statements = new Map<string, DriverStatement>();

  /**
   * A statement of this text, kept for the next time. It is only ever used through `all` and `run`: after `get` has
   * failed once, this driver runs the statement again with the values of the failed call.
   */
  function statement(sql: string): DriverStatement {
    let prepared = statements.get(sql);
    if (prepared === undefined) {
      prepared = database.prepare(sql);
      statements.set(sql, prepared);
    }
    return prepared;
  }

  function undo(): void {
    try {
      if (database.inTransaction) database.exec('ROLLBACK');
    } catch {
      // The first failure is the one to tell; a transaction left open makes the next one fail as well.
    }
  }

  /** Leaves everything in the one file, unless another process is at work on it, which is then left to do so. */
  function emptyLog(): void {
    try {
      database.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // What was committed is safe in the log as well.
    }
  }

  const connection: Connection = {
    rows: (sql, values) => guarded(() => statement(sql).all(values)),
    run: (sql, values) => guarded(() => statement(sql).run(values).changes),
    exec: (sql) => guarded(() => database.exec(sql)),
    write(work) {
      // Not a prepared statement: one that fails for want of the lock would stay in progress and fail later commits.
      connection.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        connection.exec('COMMIT');
        return result;
      } catch (error) {
        undo();
        throw error;
      }
    },
    close() {
      emptyLog();
      // The driver closes the file when the last statement has been collected.
      statements.clear();
      guarded(() => database.close());
    },
  };

  return connection;
}

/**
 * Turns on the write-ahead log, with which readers and the one writer do not wait for each other, and has each commit on
 * the disk before it is acknowledged. While another process writes in the journal mode that the file had until now,
 * SQLite refuses this at once instead of waiting for the busy timeout, so it is tried again here.
 *
 * @throws {@link StoreError} when the file stays locked, or lies where no log can be kept.
 */
export function makeDurable(connection: Connection, busyTimeoutMs: number): void {
  const until = performance.now() + busyTimeoutMs;
  connection.exec('PRAGMA synchronous = FULL');
  for (;;) {
    try {
      const [row] = connection.rows('PRAGMA journal_mode = WAL', []);
      if (row?.['journal_mode'] === 'wal') return;
      throw new StoreError('The file system of the database cannot hold a write-ahead log.');
    } catch (error) {
      if (!isBusy(error) || performance.now() >= until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

/**
 * Makes the file, readable by its owner alone; SQLite gives its companions the same mode. A file that is there is left
 * alone: opening and closing it here would drop the locks that another connection of this process holds on it.
 */
function prepareFile(path: string, create: boolean): void {
  try {
    if (create) closeSync(openSync(path, 'wx', 0o600));
    else statSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (create && code === 'EEXIST') return;
    if (create && code === 'ENOENT') {
      throw new ConfigError('option_invalid', 'sqliteStore.path must lie in a directory that exists.', {
        cause,
      });
    }
    if (code === 'ENOENT') {
      const mend = 'run once with migrate: "apply", which makes it';
      throw new ConfigError('schema_outdated', `sqliteStore: there is no database at this path; ${mend}.`, {
        cause,
      });
    }
    throw new StoreError(`The database file cannot be opened (${code ?? 'unknown'}).`, { cause });
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof StoreError && codeOf(error.cause).startsWith('SQLITE_BUSY');
}

/** Turns what the driver throws into an outage. The driver's messages name tables and columns, and never values. */
function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    const code = codeOf(cause);
    const why = code.startsWith('SQLITE_BUSY')
      ? 'another process held the write lock for longer than busyTimeoutMs'
      : 'see the cause';
    throw new StoreError(`The SQLite store failed with ${code}: ${why}.`, { cause });
  }
}

function codeOf(cause: unknown): string {
  const code = (cause as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : 'an unknown error';
}
