import type { Clock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import {
  flag,
  implementing,
  integer,
  nullable,
  oneOf,
  optional,
  parseOptions,
  type Reader,
  text,
  wrong,
} from '../core/options.ts';
import type { Store } from '../core/store.ts';
import { requireInteger } from './input.ts';
import { openConnection } from './postgres/connection.ts';
import { createFamilies } from './postgres/families.ts';
import { createFeed } from './postgres/feed.ts';
import { createListener } from './postgres/listener.ts';
import {
  applyMigrations,
  channelOf,
  checkMigrations,
  migrationScript,
  quoted,
  SCHEMA_NAME,
} from './postgres/migrations.ts';
import type { PostgresPool } from './postgres/pool.ts';
import { createRecords } from './postgres/records.ts';
import { checkServer } from './postgres/server-check.ts';
import { integerOf } from './postgres/values.ts';
import { storeOf } from './stepwise.ts';
import { createWatchers } from './watchers.ts';

export type { PostgresClient, PostgresPool, PostgresStatement } from './postgres/pool.ts';

export interface PostgresStoreOptions {
  /** The host's `pg` pool, which stays the host's to end, after the store was closed. Give it `connectionTimeoutMillis`. */
  readonly pool: PostgresPool;
  /**
   * The schema that holds everything (default `portcullis`), so that several stores can share a database: lower-case
   * letters, digits and `_`, at most 48.
   */
  readonly schema?: string | undefined;
  /**
   * `'apply'` (default) brings the schema up to date; `'check'` refuses to start on one that is not, for hosts whose
   * role may not change it. {@link postgresMigrationSql} writes what an administrator is to run.
   */
  readonly migrate?: 'apply' | 'check' | undefined;
  /** Tells the time in tests; by default the server does, so that all nodes agree. */
  readonly clock?: Clock | undefined;
  /**
   * How long a call may take in all, in milliseconds (default 1,000). Then it rejects, whatever the server does; what the
   * server finishes later it undoes.
   */
  readonly timeoutMs?: number | undefined;
  /** How long of that a call may wait for a connection (default 500); what is left is for the statement. */
  readonly acquireTimeoutMs?: number | undefined;
  /**
   * Keeps statements prepared on each connection, which spares the server their parsing (default `true`). Behind a
   * proxy that gives each transaction another connection, such as PgBouncer in transaction mode, set it to `false`.
   */
  readonly prepare?: boolean | undefined;
  /**
   * Where the one connection comes from that hears of revocations of other processes at once (default: `pool`). Give a
   * pool that reaches the server directly when `pool` leads through a proxy, or `null` to go without: readers then find
   * out at their next poll.
   */
  readonly listenPool?: PostgresPool | null | undefined;
}

/**
 * Keeps everything in a schema of a PostgreSQL database (13 or later), which any number of nodes may share. It takes
 * the pool of the host's own `pg`, and holds one of its connections to listen on once the feed is watched.
 *
 * @throws {@link ConfigError} `schema_outdated`, `option_invalid` and the other codes of options.
 * @throws {@link StoreError} when the database cannot be reached, or is a standby.
 * @example
 * const pool = new pg.Pool({ connectionString, connectionTimeoutMillis: 1_000 });
 * const store = await postgresStore({ pool });
 */
export async function postgresStore(options: PostgresStoreOptions): Promise<Store> {
  const parsed = parseOptions('postgresStore', options, {
    pool: poolOf,
    schema: optional(schemaName, 'portcullis'),
    migrate: optional(oneOf('apply', 'check'), 'apply'),
    clock: optional(implementing<Clock>('a clock', 'now')),
    timeoutMs: optional(integer(10, 60_000), 1_000),
    acquireTimeoutMs: optional(integer(10, 60_000), 500),
    prepare: optional(flag, true),
    listenPool: optional(nullable(poolOf)),
  });
  const { pool, schema, timeoutMs, acquireTimeoutMs } = parsed;
  if (acquireTimeoutMs >= timeoutMs) {
    throw new ConfigError('option_conflict', 'postgresStore.acquireTimeoutMs must be less than timeoutMs.');
  }
  // What is left of a call when it got its connection at the last moment.
  const stepMs = timeoutMs - acquireTimeoutMs;
  const clock = parsed.clock ?? null;
  const s = quoted(schema);
  const listenPool = parsed.listenPool === undefined ? pool : parsed.listenPool;

  const connection = openConnection(pool, parsed);
  for (const each of [pool, listenPool]) if (each !== null) hear(each);
  await checkServer(connection);
  await (parsed.migrate === 'apply'
    ? applyMigrations(connection, schema)
    : checkMigrations(connection, schema));

  const watchers = createWatchers();
  const listener =
    listenPool === null ? null : createListener(listenPool, channelOf(schema), watchers, timeoutMs);
  const feed = createFeed(connection, s, clock, stepMs);

  return storeOf('PostgreSQL', {
    ...createRecords(connection, s, clock, stepMs),
    ...createFamilies(connection, s, clock, stepMs, watchers.notify),
    async feedAppend(events) {
      await feed.append(events);
      if (events.length > 0) watchers.notify();
    },
    feedRead: feed.read,
    async feedWatch(wake) {
      const end = watchers.add(wake);
      await listener?.start();
      return end;
    },
    async sweep(limit) {
      requireInteger(limit, 'limit', 1);
      const sql = `SELECT ${s}.sweep($1, $2, $3) AS deleted`;
      const values = [limit, clock?.now() ?? null, SWEEP_MS];
      const [row] = await connection.rows(sql, values, SWEEP_MS + acquireTimeoutMs);
      return integerOf(row?.['deleted']);
    },
    async ping() {
      const [row] = await connection.rows(`SELECT ${s}.moment($1) AS now`, [clock?.now() ?? null]);
      return { serverNow: integerOf(row?.['now']) };
    },
    close() {
      watchers.clear();
      listener?.close();
    },
  });
}

export interface PostgresMigrationSqlOptions {
  /** As in `postgresStore` (default `portcullis`). */
  readonly schema?: string | undefined;
  /** The last step that the database has already; without it the script makes everything. */
  readonly after?: string | undefined;
}

/**
 * The SQL that brings a database up to date, as one transaction, for an administrator to read and to run with `psql`.
 * Afterwards `migrate: 'check'` is content.
 *
 * @throws {@link ConfigError} `option_invalid`, `option_unknown`.
 */
export function postgresMigrationSql(options: PostgresMigrationSqlOptions = {}): string {
  const { schema, after } = parseOptions('postgresMigrationSql', options, {
    schema: optional(schemaName, 'portcullis'),
    after: optional(text),
  });
  return migrationScript(schema, after);
}

const poolOf: Reader<PostgresPool> = implementing<PostgresPool>('a pool of pg', 'connect', 'on');

const schemaName: Reader<string> = (value, path) => {
  const name = text(value, path);
  if (SCHEMA_NAME.test(name)) return name;
  throw wrong(
    path,
    'a name of lower-case letters, digits and "_", at most 48, that begins with no digit',
    value,
  );
};

/**
 * A pool tells of an idle connection that broke, and replaces it; unheard, that would end the process. It is heard for as
 * long as the pool lives, since connections break while it ends, too.
 */
function hear(pool: PostgresPool): void {
  if (heard.has(pool)) return;
  heard.add(pool);
  pool.on('error', () => undefined);
}

const heard = new WeakSet<PostgresPool>();

/** A step of sweeping keeps no request waiting. */
const SWEEP_MS = 30_000;
