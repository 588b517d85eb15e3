import { LRUCache } from 'lru-cache';
import { systemClock, type Clock } from '../core/clock.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import { implementing, integer, optional, parseOptions } from '../core/options.ts';
import type { RecordStore } from '../core/store.ts';
import { counters } from './counters.ts';
import { wholeSecondsUntil } from './seconds-to-wait.ts';

/** How many requests there may be in a window, which begins with the first of them. */
export interface RequestRate {
  readonly limit: number;
  readonly windowSeconds: number;
}

/** A request that is to be counted. */
export interface CountedRequest extends RequestRate {
  /** What it is counted under: requests of one name share a count. It names a party or an address, and no secret. */
  readonly name: string;
}

/** Counts requests. A host may hand in its own in place of the one over the store. */
export interface RequestLimiter {
  /**
   * Counts one request.
   *
   * @returns The seconds to wait, or `null` to go on.
   */
  take(request: CountedRequest): MaybePromise<number | null>;
}

export interface RequestLimitsOptions {
  readonly store: RecordStore;
  /** The most names that are remembered as having no more room; default 10,000. */
  readonly cacheSize?: number | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Counts requests in the store that all processes share, under the hashes of their names: one atomic step for each
 * request, until the window has no more room. From then on this process refuses from memory, so that a flood costs the
 * store nothing. While the store is down nobody can be counted, and nobody passes.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`.
 */
export function requestLimits(options: RequestLimitsOptions): RequestLimiter {
  const { store, cacheSize, clock } = parseOptions('requestLimits', options, {
    store: implementing<RecordStore>('a store, such as memoryStore()', 'use', 'put', 'get'),
    cacheSize: optional(integer(1, 10_000_000), 10_000),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
  });
  const counted = counters(store, clock);
  /** When the windows end that have no more room. */
  const full = new LRUCache<string, number>({ max: cacheSize });

  return {
    take({ name, limit, windowSeconds }) {
      // A limit that was changed counts anew, so that the change is in force at once.
      const key = JSON.stringify(['request', name, limit, windowSeconds]);
      const endsAt = full.get(key);
      if (endsAt !== undefined) {
        const now = clock.now();
        if (now < endsAt && endsAt - now <= windowSeconds * 1000) return wholeSecondsUntil(endsAt, now);
        full.delete(key);
      }
      return take(key, limit, windowSeconds * 1000);
    },
  };

  async function take(key: string, limit: number, windowMs: number): Promise<number | null> {
    const count = await counted.add(key, windowMs);
    if (count.count < limit) return null;
    // The last one that there is room for passes; what comes after it in this window need not ask.
    full.set(key, count.endsAt);
    return count.count === limit ? null : wholeSecondsUntil(count.endsAt, clock.now());
  }
}
