import { StoreError } from '../../core/errors.ts';
import { inTime } from '../deadline.ts';
import type { MakeWire, Wire } from './client.ts';
import { failureOf, RedisError } from './failure.ts';

/** A connection to Redis that mends itself when it is used. */
export interface Link {
  /**
   * Sends one command and waits for its answer, at most until the deadline. A command whose answer did not come may have
   * been carried out, or may yet be; it is never sent again.
   */
  send(args: readonly string[], waitMs?: number): Promise<unknown>;
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
      await inTime(
        connection.open().then(() => greet((args) => connection.send(args, connectMs))),
        connectMs,
      );
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

  return {
    async send(args, waitMs = timeoutMs) {
      if (closed) throw new StoreError('The Redis store is closed.');
      const startedAt = performance.now();
      const connection = live ?? (await connected(waitMs));
      return connection.send(args, Math.max(1, waitMs - (performance.now() - startedAt)));
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

interface Connection {
  open(): Promise<unknown>;
  send(args: readonly string[], waitMs: number): Promise<unknown>;
  /** Rejects whatever waits, and closes the connection. */
  drop(failure: RedisError): void;
  /** Why it was dropped; `null` while it is not. */
  dropped(): RedisError | null;
}

function connectionOver(
  makeWire: MakeWire,
  { connectMs, timeoutMs }: { readonly connectMs: number; readonly timeoutMs: number },
  onDrop: () => void,
): Connection {
  const waiting = new Set<(failure: RedisError) => void>();
  /** Commands that the client still holds, also those whose callers have gone. */
  let unanswered = 0;
  let heardAt = 0;
  let dropped: RedisError | null = null;
  const wire: Wire = makeWire(connectMs, (error) => drop(failureOf(error ?? LOST)));

  function drop(failure: RedisError): void {
    if (dropped !== null) return;
    dropped = failure;
    onDrop();
    for (const reject of waiting) reject(failure);
    waiting.clear();
    wire.destroy();
  }

  return {
    open: () => wire.open(),
    drop,
    dropped: () => dropped,
    send(args, waitMs) {
      if (dropped !== null) return Promise.reject(dropped);
      if (unanswered >= MOST_UNANSWERED) {
        return Promise.reject(new RedisError('CROWDED', 'too many commands wait for their answers'));
      }
      return new Promise((resolve, reject) => {
        const sentAt = performance.now();
        const timer = setTimeout(() => setImmediate(expire), waitMs);
        waiting.add(fail);
        unanswered += 1;
        void carry();

        async function carry(): Promise<void> {
          try {
            const reply = await wire.send(args);
            heardAt = performance.now();
            if (settle()) resolve(reply);
          } catch (thrown) {
            const failure = failureOf(thrown);
            if (failure.isReply) heardAt = performance.now();
            if (settle()) reject(failure);
            // A replica is what is left of a primary that another has taken over from.
            if (!failure.isReply || failure.code === 'READONLY') drop(failure);
          } finally {
            unanswered -= 1;
          }
        }

        function settle(): boolean {
          clearTimeout(timer);
          return waiting.delete(fail);
        }

        function fail(failure: RedisError): void {
          clearTimeout(timer);
          reject(failure);
        }

        /** Runs after answers that came while this process was held up have been read. */
        function expire(): void {
          if (!waiting.has(fail)) return;
          settle();
          const late = new RedisError('DEADLINE', `no answer came within ${Math.round(waitMs)} ms`);
          reject(late);
          // Those who had less time left, for want of a connection or because this process was held up, prove nothing.
          const silentMs = performance.now() - Math.max(sentAt, heardAt);
          if (silentMs >= Math.max(waitMs, timeoutMs) - TIMER_SLACK_MS) drop(late);
        }
      });
    },
  };
}

const LOST = new RedisError('DISCONNECTED', 'the connection was lost');
const LEAST_CONNECT_MS = 2_000;
const LEAST_PAUSE_MS = 25;
const MOST_PAUSE_MS = 1_000;
/** Timers may run a moment early. */
const TIMER_SLACK_MS = 5;
/** Bounds the memory that a server which is slower than its callers can cost. */
const MOST_UNANSWERED = 10_000;
