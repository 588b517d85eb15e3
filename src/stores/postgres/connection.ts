import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ConfigError } from '../../core/errors.ts';
import { inTime, Overdue } from '../deadline.ts';
import { breaksConnection, crowded, isContention, outageOf } from './failures.ts';
import type { PostgresClient, PostgresPool, PostgresStatement, SqlRow, SqlValue } from './pool.ts';

/** Runs statements on connections of the host's pool, each within a deadline. */
export interface Connection {
  /**
   * Runs one statement, which is a transaction of its own.
   *
   * @param timeoutMs The deadline of the whole call (default: the store's).
   * @throws {@link StoreError} for whatever goes wrong.
   */
  readonly rows: (sql: string, values: readonly SqlValue[], timeoutMs?: number) => Promise<readonly SqlRow[]>;
  /** Runs the work in one transaction on one connection; whatever it throws undoes it. */
  readonly transaction: <T>(work: (rows: Rows) => Promise<T>, timeoutMs: number) => Promise<T>;
}

export type Rows = (sql: string, values?: readonly SqlValue[]) => Promise<readonly SqlRow[]>;

export interface ConnectionOptions {
  /** How long a call may take in all. */
  readonly timeoutMs: number;
  /** How long a call may wait for a connection. */
  readonly acquireTimeoutMs: number;
  /** Whether connections keep the statements prepared, under names. */
  readonly prepare: boolean;
}

export function openConnection(pool: PostgresPool, options: ConnectionOptions): Connection {
  let acquiring = 0;

  async function acquire(until: number): Promise<PostgresClient> {
    if (acquiring >= MAX_ACQUIRING) throw crowded();
    acquiring += 1;
    const asked = new Promise<PostgresClient>((resolve) => resolve(pool.connect()));
    const settled = (): void => {
      acquiring -= 1;
    };
    asked.then(settled, settled);
    try {
      return await inTime(asked, Math.min(options.acquireTimeoutMs, until - performance.now()));
    } catch (error) {
      // A pool cannot be told that nobody waits any more, so what comes late goes back at once.
      if (error instanceof Overdue) asked.then((client) => client.release()).catch(() => undefined);
      throw error;
    }
  }

  /** Lends a connection to the work, and closes it when it may still be busy with what nobody waits for. */
  async function lend<T>(
    work: (client: PostgresClient) => Promise<T>,
    until: number,
    isSpoiled: (error: unknown) => boolean,
  ): Promise<T> {
    const client = await acquire(until);
    let broken: Error | undefined;
    // The pool listens only to clients that are idle, and an unheard `error` would end the process.
    const onError = (error: Error): void => {
      broken = error;
    };
    client.on('error', onError);
    try {
      return await inTime(work(client), until - performance.now());
    } catch (error) {
      if (isSpoiled(error)) broken = error as Error;
      throw error;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  async function run(
    client: PostgresClient,
    sql: string,
    values: readonly SqlValue[],
  ): Promise<readonly SqlRow[]> {
    return (await client.query(statementOf(sql, values, options.prepare))).rows as readonly SqlRow[];
  }

  return {
    async rows(sql, values, timeoutMs = options.timeoutMs) {
      const until = performance.now() + timeoutMs;
      for (let attempt = 1; ; attempt++) {
        try {
          return await lend((client) => run(client, sql, values), until, breaksConnection);
        } catch (error) {
          const pauseMs = Math.random() * 2 ** attempt * RETRY_PAUSE_MS;
          const isLast = attempt >= MAX_ATTEMPTS || performance.now() + pauseMs >= until;
          if (isLast || !isContention(error)) throw outageOf(error);
          await pause(pauseMs);
        }
      }
    },
    async transaction(work, timeoutMs) {
      const inTransaction = async (client: PostgresClient): Promise<Awaited<ReturnType<typeof work>>> => {
        await run(client, 'BEGIN', []);
        const result = await work((sql, values = []) => run(client, sql, values));
        await run(client, 'COMMIT', []);
        return result;
      };
      try {
        // Closing the connection undoes what a failure left behind, in every case.
        return await lend(inTransaction, performance.now() + timeoutMs, () => true);
      } catch (error) {
        throw error instanceof ConfigError ? error : outageOf(error);
      }
    },
  };
}

/** What waits for a pool that gives nothing would otherwise pile up for as long as an outage lasts. */
const MAX_ACQUIRING = 1_000;

/** A statement that was undone because of others runs this often in all, with growing pauses of random length. */
const MAX_ATTEMPTS = 5;
const RETRY_PAUSE_MS = 5;

/** Whatever parsers the host gave to `pg`: here each value is the text that PostgreSQL sent. */
const AS_TEXT = { getTypeParser: () => (text: string) => text };

/** A statement without values that is never prepared. */
export function plainStatement(sql: string): PostgresStatement {
  return statementOf(sql, [], false);
}

const names = new Map<string, string>();

function statementOf(sql: string, values: readonly SqlValue[], prepare: boolean): PostgresStatement {
  const statement = { text: sql, values: [...values], types: AS_TEXT };
  return prepare ? { ...statement, name: nameOf(sql) } : statement;
}

/** A name that another text never has: connections of one pool may serve the stores of several schemas. */
function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) {
    name = `portcullis_${createHash('sha256').update(sql).digest('hex').slice(0, 32)}`;
    names.set(sql, name);
  }
  return name;
}
