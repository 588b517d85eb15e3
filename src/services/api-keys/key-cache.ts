import type { Clock } from '../../core/clock.ts';
import { StoreError } from '../../core/errors.ts';
import { RecentMap } from '../../core/recent-map.ts';
import type { RecordStore } from '../../core/store.ts';
import type { ApiKeyHasher } from '../../tokens/api-key-hash.ts';
import { API_KEY_KIND } from './document.ts';
import { toKnownKey, type KeyUses, type KnownKey } from './known-key.ts';

/** The keys that this process has read lately, and the ids under which it found none. */
export interface KeyCache {
  /** The key from memory, `null` when there is none; `undefined` when the store must be asked. */
  known(id: string, nowMs: number): KnownKey | null | undefined;
  /**
   * Asks the store; those who ask at the same time share one reading.
   *
   * @throws {@link StoreError} When it cannot be read.
   */
  read(id: string): Promise<KnownKey | null>;
  /**
   * Asks the store again about a key that is in memory; `null` when it was read just now.
   *
   * @throws {@link StoreError} When it cannot be read.
   */
  readAgain(id: string): Promise<KnownKey | null> | null;
  /** Forgets what is older than a version; a reading that is under way must find at least this version. */
  outdate(id: string, version: number): void;
}

export interface KeyCacheParts {
  readonly store: RecordStore;
  readonly hasher: ApiKeyHasher;
  readonly uses: KeyUses;
  readonly clock: Clock;
  /** The most keys in memory, of roughly a kilobyte each. */
  readonly size: number;
}

/**
 * How long a key is believed without a word from the feed. A process that dies after it wrote a change and before it fed
 * it leaves the others with the old key for at most so long.
 */
export const MAX_AGE_MS = 60_000;

/** Wrong secrets of one key cost one reading in this time, however many they are. */
const AGAIN_MS = 250;

/** An id that is asked for again and again costs one reading in this time. */
const ABSENT_MS = 2_000;
/** Ids without a key, of roughly a hundred bytes each; a flood of invented ids pushes out only its own. */
const MOST_ABSENT = 10_000;

/** A key that changes under more readings than this in a row is being edited faster than it can be read. */
const MOST_READINGS = 5;

interface Reading {
  readonly key: Promise<KnownKey | null>;
  atLeast: number;
}

export function keyCache({ store, hasher, uses, clock, size }: KeyCacheParts): KeyCache {
  const present = new RecentMap<{ readonly key: KnownKey; readonly readAt: number }>(size);
  const absent = new RecentMap<number>(MOST_ABSENT);
  const readings = new Map<string, Reading>();

  async function readKey(id: string): Promise<KnownKey | null> {
    try {
      for (let count = 0; count < MOST_READINGS; count++) {
        const readAt = clock.now();
        const record = await store.get(API_KEY_KIND, id);
        // An edit has overtaken this reading: whoever asked after the edit must not be answered from before it.
        if ((record?.version ?? 0) < (readings.get(id)?.atLeast ?? 0)) continue;
        if (record === null) {
          present.delete(id);
          absent.set(id, readAt);
          return null;
        }
        const key = toKnownKey(record, hasher, uses);
        present.set(id, { key, readAt });
        absent.delete(id);
        return key;
      }
      throw new StoreError('an API key is being edited faster than it can be read');
    } finally {
      // In this very step, so that nobody can join a reading that has ended and miss an edit in between.
      readings.delete(id);
    }
  }

  function isYounger(readAt: number, maxAgeMs: number, now: number): boolean {
    const age = now - readAt;
    return age >= 0 && age < maxAgeMs;
  }

  function read(id: string): Promise<KnownKey | null> {
    const shared = readings.get(id);
    if (shared !== undefined) return shared.key;
    // The reading is noted before it begins, since an edit may be announced as soon as it does.
    const key = Promise.resolve(id).then(readKey);
    readings.set(id, { key, atLeast: 0 });
    return key;
  }

  return {
    known(id, now) {
      const found = present.get(id);
      if (found !== undefined) return isYounger(found.readAt, MAX_AGE_MS, now) ? found.key : undefined;
      const askedAt = absent.get(id);
      return askedAt !== undefined && isYounger(askedAt, ABSENT_MS, now) ? null : undefined;
    },
    read,
    readAgain(id) {
      const found = present.get(id);
      return found !== undefined && isYounger(found.readAt, AGAIN_MS, clock.now()) ? null : read(id);
    },
    outdate(id, version) {
      const found = present.get(id);
      if (found !== undefined && found.key.version < version) present.delete(id);
      absent.delete(id);
      const reading = readings.get(id);
      if (reading !== undefined) reading.atLeast = Math.max(reading.atLeast, version);
    },
  };
}
