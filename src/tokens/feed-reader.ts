import type { Clock } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import type { FeedEvent, FeedStore } from '../core/store.ts';

export interface FeedReaderOptions {
  readonly store: FeedStore;
  readonly clock: Clock;
  /** How often the feed is read when nothing wakes the reader earlier; default 1,000. */
  readonly pollMs?: number | undefined;
  /** How old the knowledge of this process may be; beyond it nobody is told that all is well. Default 10,000. */
  readonly maxStaleMs?: number | undefined;
}

/** Tails the store's feed and keeps what it says, so that a request asks memory and not the store. */
export interface FeedReader {
  /**
   * Makes sure that what is known is fresh enough: at once when it is, otherwise after reading the feed.
   *
   * @param nowMs The moment it is judged at; by default what the clock says.
   * @throws {@link StoreError} When the feed cannot be read and what is known is too old.
   */
  fresh(nowMs?: number): MaybePromise<void>;
  /** Reads the feed to its end now, so that what this process has just written is known to it. */
  poll(): Promise<void>;
  /** Calls `listener` for every line; it may see a line more than once. */
  subscribe(listener: (event: FeedEvent) => void): void;
  /** Ends polling and watching. */
  close(): Promise<void>;
}

export const FEED_POLL_MS = 1_000;
export const FEED_MAX_STALE_MS = 10_000;

/** Builds a reader. It does nothing until it is first asked, and its timer keeps no process alive. */
export function feedReader({
  store,
  clock,
  pollMs = FEED_POLL_MS,
  maxStaleMs = FEED_MAX_STALE_MS,
}: FeedReaderOptions): FeedReader {
  const listeners: ((event: FeedEvent) => void)[] = [];
  let cursor: string | null = null;
  let syncedAt: number | null = null;
  let reading: Promise<void> | null = null;
  let readingSince = 0;
  let following: Promise<void> | null = null;
  let watching: Promise<(() => Promise<void>) | null> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function readToEnd(): Promise<void> {
    // What counts is when the reading began: a line written while it ran may be missing from it.
    const startedAt = clock.now();
    readingSince = startedAt;
    const page = await store.feedRead(cursor);
    for (const event of page.events) for (const listener of listeners) listener(event);
    // Last, so that lines which a listener failed to take are read again.
    cursor = page.cursor;
    syncedAt = startedAt;
  }

  /** Joins the reading that is under way, or begins one. */
  function read(): Promise<void> {
    reading ??= readToEnd().finally(() => {
      reading = null;
    });
    return reading;
  }

  /** A reading that begins after this call, so that it finds what was written before: one under way may have missed it. */
  function readAnew(): Promise<void> {
    if (reading === null) return read();
    following ??= reading.catch(leaveStale).then(() => {
      following = null;
      return read();
    });
    return following;
  }

  function tick(): void {
    watch();
    read().catch(leaveStale);
  }

  function wake(): void {
    if (!closed) readAnew().catch(leaveStale);
  }

  /** A watch that cannot be had is tried again with each tick. */
  function watch(): void {
    watching ??= store.feedWatch(wake).catch(() => {
      watching = null;
      return null;
    });
  }

  function start(): void {
    if (timer !== undefined || closed) return;
    timer = setInterval(tick, pollMs);
    timer.unref();
    watch();
  }

  return {
    fresh(now = clock.now()) {
      const age = syncedAt === null ? Infinity : now - syncedAt;
      if (age >= 0 && age <= maxStaleMs) return undefined;
      start();
      // A reading that has been under way for too long says nothing fresh, however soon it ends.
      const mayJoin = reading === null || now - readingSince <= maxStaleMs;
      return (mayJoin ? read() : readAnew()).catch((cause: unknown) => {
        throw new StoreError('the revocation feed cannot be read, so no token can be trusted', { cause });
      });
    },
    poll() {
      start();
      return readAnew();
    },
    subscribe(listener) {
      listeners.push(listener);
    },
    async close() {
      closed = true;
      clearInterval(timer);
      const stop = await watching;
      await stop?.();
    },
  };
}

/** A reading in the background that fails leaves the knowledge as old as it is; `fresh` then refuses by its age. */
function leaveStale(): void {}
