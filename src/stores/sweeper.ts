import { callback, implementing, integer, optional, parseOptions } from '../core/options.ts';
import type { Store } from '../core/store.ts';

export interface SweeperOptions {
  /** The usual time between two sweeps, in milliseconds (default 600,000, ten minutes). */
  readonly intervalMs?: number | undefined;
  /**
   * By how many percent of it each interval is shortened or prolonged at random, so that nodes that started together do
   * not sweep together (default 50).
   */
  readonly jitterPercent?: number | undefined;
  /** The most rows deleted in one step (default 1,000). As long as steps are full, the next follows soon. */
  readonly limit?: number | undefined;
  /** Is told why a sweep failed; the next one is tried at its usual time. Without it failures are dropped. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** A number from 0 to less than 1 (default `Math.random`). */
  readonly random?: (() => number) | undefined;
}

/**
 * Deletes expired rows from time to time. It is safe on every node of a store at once. No sweep begins before the last
 * one has ended, and the timer does not keep the process alive.
 *
 * @returns Stops the sweeper, and waits for a sweep that is under way.
 * @throws {@link ConfigError} `option_unknown`, `option_invalid`.
 */
export function startSweeper(store: Pick<Store, 'sweep'>, options: SweeperOptions = {}): () => Promise<void> {
  const { intervalMs, jitterPercent, limit, onError, random } = parseOptions('startSweeper', options, {
    intervalMs: optional(integer(1_000, MAX_INTERVAL_MS), 600_000),
    jitterPercent: optional(integer(0, 90), 50),
    limit: optional(integer(1, 100_000), 1_000),
    onError: optional(callback<(error: unknown) => void>()),
    random: optional(callback<() => number>(), Math.random),
  });
  const target = implementing<Pick<Store, 'sweep'>>('a store', 'sweep')(store, 'startSweeper.store');
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> = Promise.resolve();
  let stopped = false;

  function interval(): number {
    return intervalMs * (1 + (random() * 2 - 1) * (jitterPercent / 100));
  }

  function schedule(delayMs: number): void {
    if (stopped) return;
    timer = setTimeout(() => {
      sweeping = sweep();
    }, delayMs);
    timer.unref();
  }

  async function sweep(): Promise<void> {
    let delayMs = interval();
    try {
      const deleted = await target.sweep(limit);
      if (deleted >= limit) delayMs = Math.min(BACKLOG_PAUSE_MS, delayMs);
    } catch (error) {
      onError?.(error);
    } finally {
      schedule(delayMs);
    }
  }

  schedule(interval());
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await sweeping;
  };
}

/** Leaves the process to its requests between two full steps; a synchronous engine would keep it from them. */
const BACKLOG_PAUSE_MS = 100;

/** With the jitter still below what a timer can wait. */
const MAX_INTERVAL_MS = 86_400_000;
