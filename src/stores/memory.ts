import { type Clock, systemClock } from '../core/clock.ts';
import { implementing, optional, parseOptions } from '../core/options.ts';
import type { Store } from '../core/store.ts';
import { requireInteger } from './input.ts';
import { createFamilies } from './memory/families.ts';
import { createFeed } from './memory/feed.ts';
import { createRecords } from './memory/records.ts';
import { storeOf } from './stepwise.ts';

export interface MemoryStoreOptions {
  /** Tells the time (default: the machine's clock). */
  readonly clock?: Clock | undefined;
}

/**
 * Keeps everything in this process, for tests and for a single process that may forget on restart. It gives back the
 * space of what has expired when it is swept (`portcullis/stores/sweeper`).
 *
 * @throws {@link ConfigError} `option_unknown`, `option_invalid`.
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  const { clock } = parseOptions('memoryStore', options, {
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
  });
  const feed = createFeed(clock);
  const records = createRecords(clock);
  const families = createFamilies(clock, feed.append);

  return storeOf('memory', {
    ...records,
    ...families,
    feedAppend: feed.append,
    feedRead: feed.read,
    feedWatch: feed.watch,
    sweep(limit) {
      let left = requireInteger(limit, 'limit', 1);
      for (const part of [records, families, feed]) left -= part.sweep(left);
      return limit - left;
    },
    ping: () => ({ serverNow: clock.now() }),
    close() {
      feed.clear();
      records.clear();
      families.clear();
    },
  });
}
