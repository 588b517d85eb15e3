import { inTime } from '../deadline.ts';
import type { Watchers } from '../watchers.ts';
import { plainStatement } from './connection.ts';
import type { PostgresClient, PostgresPool } from './pool.ts';

/** Keeps one connection that hears when some process has appended to the feed. */
export interface Listener {
  /** Begins to listen, unless it does already, and waits for its first attempt. */
  start(): Promise<void>;
  close(): void;
}

/**
 * What it hears is only a hint: readers poll as well, so it may be deaf for a while. A connection that breaks, or that
 * does not answer when it is asked from time to time, is replaced; whoever watches is woken then, since something may
 * have been missed.
 *
 * @param channel Text that is safe inside a quoted identifier.
 */
export function createListener(
  pool: PostgresPool,
  channel: string,
  watchers: Watchers,
  timeoutMs: number,
): Listener {
  let starting: Promise<void> | null = null;
  let letGo: (() => boolean) | null = null;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let closed = false;

  async function borrow(): Promise<PostgresClient> {
    const asked = pool.connect();
    try {
      return await inTime(asked, timeoutMs);
    } catch (error) {
      asked.then((late) => late.release()).catch(() => undefined);
      throw error;
    }
  }

  /** @returns Closes the connection; whether this call did. */
  function hold(client: PostgresClient): () => boolean {
    let isHeld = true;
    function release(): boolean {
      if (!isHeld) return false;
      isHeld = false;
      client.off('notification', watchers.notify);
      client.off('end', lost);
      // Closed, never given back: whoever borrowed it next would go on hearing.
      client.release(true);
      client.off('error', lost);
      return true;
    }
    function lost(): void {
      if (release()) again();
    }
    client.on('notification', watchers.notify);
    client.on('end', lost);
    client.on('error', lost);
    return release;
  }

  async function attempt(): Promise<void> {
    let release: (() => boolean) | undefined;
    try {
      const client = await borrow();
      const held = hold(client);
      release = held;
      letGo = held;
      await inTime(client.query(plainStatement(`LISTEN "${channel}"`)), timeoutMs);
      client.unref?.();
      if (closed) held();
      // Not at the start: whoever begins to watch reads the feed anyway.
      if (failures > 0) watchers.notify();
      failures = 0;
      schedule(HEARTBEAT_MS, () => beat(client, held));
    } catch {
      // When the connection was lost meanwhile, that has asked for the next attempt already.
      if (release === undefined || release()) again();
    }
  }

  /** Finds out about a connection whose other end is gone without a word. */
  async function beat(client: PostgresClient, release: () => boolean): Promise<void> {
    try {
      await inTime(client.query(plainStatement('SELECT 1')), timeoutMs);
      schedule(HEARTBEAT_MS, () => beat(client, release));
    } catch {
      if (release()) again();
    }
  }

  function again(): void {
    failures += 1;
    schedule(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures), attempt);
  }

  function schedule(delayMs: number, act: () => Promise<void>): void {
    clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(() => void act(), delayMs);
    timer.unref();
  }

  return {
    start() {
      starting ??= attempt();
      return starting;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      letGo?.();
    },
  };
}

const HEARTBEAT_MS = 10_000;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 5_000;
