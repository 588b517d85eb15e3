import { resolve } from 'node:path';
import { type Clock, systemClock } from '../core/clock.ts';
import {
  implementing,
  integer,
  oneOf,
  optional,
  parseOptions,
  type Reader,
  text,
  wrong,
} from '../core/options.ts';
import type { FeedEvent, Store } from '../core/store.ts';
import { requireInteger } from './input.ts';
import { makeDurable, openConnection } from './sqlite/connection.ts';
import { createFamilies } from './sqlite/families.ts';
import { createFeed } from './sqlite/feed.ts';
import { applyMigrations, checkMigrations } from './sqlite/migrations.ts';
import { createRecords } from './sqlite/records.ts';
import { storeOf } from './stepwise.ts';
import { createWatchers } from './watchers.ts';

export interface SqliteStoreOptions {
  /** The database file. It is made, for its owner alone, when it is not there; its directory must be. */
  readonly path: string;
  /** Tells the time (default: the machine's clock). Processes that share a file need clocks that agree. */
  readonly clock?: Clock | undefined;
  /**
   * `'apply'` (default) brings the schema up to date; `'check'` refuses to start on a database that is not, for hosts
   * whose processes may not change schemas.
   */
  readonly migrate?: 'apply' | 'check' | undefined;
  /**
   * How long a call waits for the write lock of another process, in milliseconds (default 2,000). This process stands
   * still meanwhile.
   */
  readonly busyTimeoutMs?: number | undefined;
}

/**
 * Keeps everything in one SQLite file, which several processes of one machine may share. What was acknowledged is on the
 * disk. It needs the package `libsql`, an optional peer dependency. Its tables begin with `portcullis_`, so that the file
 * may hold the host's own as well.
 *
 * A feed line that another process appends wakes nobody here; readers find it at their next poll.
 *
 * @param target The path of the file, or options.
 * @throws {@link ConfigError} `dependency_missing`, `schema_outdated`, `option_invalid` and the other codes of options.
 * @throws {@link StoreError} when the file cannot be opened, is no database, or stays locked.
 * @example
 * const store = sqliteStore('app.db');
 */
export function sqliteStore(target: string | SqliteStoreOptions): Store {
  const options = parseOptions('sqliteStore', typeof target === 'string' ? { path: target } : target, {
    path: filePath,
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
    migrate: optional(oneOf('apply', 'check'), 'apply'),
    busyTimeoutMs: optional(integer(0, 60_000), 2_000),
  });
  const { clock, busyTimeoutMs } = options;
  const create = options.migrate === 'apply';
  const connection = openConnection(options.path, { busyTimeoutMs, create });
  try {
    if (!create) checkMigrations(connection);
    makeDurable(connection, busyTimeoutMs);
    if (create) applyMigrations(connection, clock.now());
  } catch (error) {
    connection.close();
    throw error;
  }

  const watchers = createWatchers();
  const feed = createFeed(connection, clock);
  const records = createRecords(connection, clock);
  const families = createFamilies(connection, clock, append);

  function append(events: readonly FeedEvent[]): void {
    feed.append(events);
    // Watchers run after the current step, so after its commit.
    if (events.length > 0) watchers.notify();
  }

  return storeOf('SQLite', {
    ...records,
    ...families,
    feedAppend: (events) => connection.write(() => append(events)),
    feedRead: feed.read,
    feedWatch: watchers.add,
    sweep(limit) {
      requireInteger(limit, 'limit', 1);
      return connection.write(() => {
        let left = limit;
        for (const part of [records, families, feed]) left -= part.sweep(left);
        return limit - left;
      });
    },
    ping() {
      connection.rows('SELECT 1', []);
      return { serverNow: clock.now() };
    },
    close() {
      watchers.clear();
      connection.close();
    },
  });
}

/** A path in the file system; the driver would take a URL for a remote database, and keep `:memory:` nowhere. */
const filePath: Reader<string> = (value, path) => {
  const file = text(value, path);
  if (file === ':memory:')
    throw wrong(path, 'the path of a file', value, ' For a store in memory use memoryStore().');
  if (/^file:|^[a-z][a-z0-9+.-]*:\/\//i.test(file)) throw wrong(path, 'the path of a file, not a URL', value);
  return resolve(file);
};
