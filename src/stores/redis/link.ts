import { StoreError } from '../../core/errors.ts';
import { inTime } from '../deadline.ts';
import type { MakeWire } from './client.ts';
import { type Command, type Connection, connectionOver, LOST } from './connection.ts';
import { failureOf, RedisError } from './failure.ts';

/** A connection to Redis that mends itself when it is used. */
export interface Link {
  /**
   * Sends one command and waits for its answer, at most until the deadline. A command whose answer did not come may have
   * been carried out; it is never sent again.
   */
  send(command: Command, waitMs?: number): Promise<unknown>;
  /** Rejects what waits for an answer, and closes the connection. */
  close(): void;
}

export interface LinkOptions {
  readonly makeWire: MakeWire;
  /** How long a call waits for its answer, and at first for the connection. */
  readonly timeoutMs: number;
  /** Looks at the server before the connection is used, and throws when it must not be. */
  readonly greet: (send: (args: readonly string[]) => Promise<unknown>) => Promise<void>;
}

/**
 * A connection that has failed is thrown away and the next call makes a new one, after pauses that grow; until then calls
 * fail at once. So nothing is kept that would be sent late, and no timer runs while nobody calls. A connection that stays
 * silent for a whole deadline counts as failed too: a server that hangs, or a network that swallows packets, closes none.
 */
export function createLink({ makeWire, timeoutMs, greet }: LinkOptions): Link {
  const connectMs = Math.max(LEAST_CONNECT_MS, 4 * timeoutMs);
  let live: Connection | null = null;
  let opening: Promise<Connection> | null = null;
  let pending: Connection | null = null;
  let failures = 0;
  let retryAt = 0;
  let lastFailure = LOST;
  let closed = false;

  function failed(failure: RedisError): void {
    lastFailure = failure;
    failures += 1;
    const pauseMs = Math.min(MOST_PAUSE_MS, LEAST_PAUSE_MS * 2 ** (failures - 1));
    // Nodes that lost the server together do not come back together.
    retryAt = performance.now() + pauseMs * (0.5 + Math.random() / 2);
  }

  async function establish(): Promise<Connection> {
    const connection = connectionOver(makeWire, { connectMs, timeoutMs }, () => {
      if (live === connection) live = null;
    });
    pending = connection;
    try {
      await inTime(connection.open(greet), connectMs);
      const lost = connection.dropped();
      if (lost !== null) throw lost;
      failures = 0;
      live = connection;
      return connection;
    } catch (thrown) {
      // What ended the connection tells more than what became of the attempt to use it.
      const failure = connection.dropped() ?? failureOf(thrown);
      connection.drop(failure);
      failed(failure);
      throw failure;
    } finally {
      pending = null;
    }
  }

  function connect(): Promise<Connection> {
    if (opening === null) {
      if (performance.now() < retryAt) return Promise.reject(lastFailure);
      opening = establish().finally(() => {
        opening = null;
      });
      // Those who wait for it may all have gone by then.
      opening.catch(() => undefined);
    }
    return opening;
  }

  async function connected(waitMs: number): Promise<Connection> {
    try {
      return await inTime(connect(), waitMs);
    } catch (thrown) {
      throw failureOf(thrown);
    }
  }

  async function connectAndSend(command: Command, waitMs: number): Promise<unknown> {
    const startedAt = performance.now();
    const connection = await connected(waitMs);
    return connection.send(command, Math.max(1, waitMs - (performance.now() - startedAt)));
  }

  return {
    send(command, waitMs = timeoutMs) {
      if (closed) return Promise.reject(new StoreError('The Redis store is closed.'));
      return live === null ? connectAndSend(command, waitMs) : live.send(command, waitMs);
    },
    close() {
      closed = true;
      const end = new RedisError('CLOSED', 'the store was closed');
      live?.drop(end);
      pending?.drop(end);
      live = null;
    },
  };
}

const LEAST_CONNECT_MS = 2_000;
const LEAST_PAUSE_MS = 25;
const MOST_PAUSE_MS = 1_000;
