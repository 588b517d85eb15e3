import type { Clock } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import { sha256 } from '../core/secrets.ts';
import type { RecordStore } from '../core/store.ts';
import { COUNTER_KIND } from '../stores/kinds.ts';

/** How often something happened in a window that began with the first time. */
export interface Count {
  readonly count: number;
  /** When the window ends, in milliseconds since the Unix epoch. */
  readonly endsAt: number;
}

/** Counters in the store, so that all processes count together. Their names are kept as hashes. */
export interface Counters {
  /** Counts once more; the first time opens a window of this length. */
  add(name: string, windowMs: number): Promise<Count>;
  /** What has been counted; `null` when no window is open. */
  read(name: string): Promise<Count | null>;
  /** Forgets what has been counted. */
  reset(name: string): Promise<void>;
}

/** Counters over the one atomic step that every engine has for it: the use of a record that expires with its window. */
export function counters(store: RecordStore, clock: Clock): Counters {
  async function use(id: string): Promise<Count | null> {
    const record = await store.use(COUNTER_KIND, id);
    return record === null ? null : { count: record.uses, endsAt: record.expiresAt ?? 0 };
  }

  return {
    async add(name, windowMs) {
      const id = sha256(name);
      for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        const counted = await use(id);
        if (counted !== null) return counted;
        // Somebody else may open the window at the same moment; whoever does, it is used next.
        await store.put(COUNTER_KIND, id, null, { expect: 'absent', expiresAt: clock.now() + windowMs });
      }
      // Letting it pass as the first of its window would be a way around the limit.
      throw new StoreError('a counter could not be kept');
    },
    async read(name) {
      const record = await store.get(COUNTER_KIND, sha256(name));
      return record === null ? null : { count: record.uses, endsAt: record.expiresAt ?? 0 };
    },
    async reset(name) {
      await store.delete(COUNTER_KIND, sha256(name));
    },
  };
}

/** A window that ends between two steps is opened again; that it does so more often than this cannot be. */
const MOST_ATTEMPTS = 5;
