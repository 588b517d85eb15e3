import { LRUCache } from 'lru-cache';
import type { Clock } from '../../core/clock.ts';
import { StoreError } from '../../core/errors.ts';
import type { RecordStore } from '../../core/store.ts';
import { enlist } from './catalogue.ts';
import { compileList, type CompiledList } from './compiled-list.ts';
import { ALLOWLIST_KIND } from './document.ts';
import { requireSubject } from './subjects.ts';

/** The compiled lists of this process. */
export interface ListCache {
  /** The list, when it is in memory and may be believed. */
  known(subject: string): CompiledList | undefined;
  /**
   * The list from memory, or else read and compiled; those who ask at the same time share one reading.
   *
   * @throws {@link StoreError} When it cannot be read. TypeError when the subject is none.
   */
  read(subject: string): Promise<CompiledList>;
  /** Forgets what is older than a version; a reading that is under way must find at least this version. */
  outdate(subject: string, version: number): void;
}

/**
 * How long a list is believed without a word from the feed. A process that dies after it wrote an edit and before it
 * fed it leaves the others with the old list for at most so long.
 */
export const MAX_AGE_MS = 60_000;

/** Entries of all lists in memory, of roughly a hundred bytes each. */
const MOST_ENTRIES_IN_MEMORY = 500_000;

/** A list counts for some entries, also when it has none. */
const WEIGHT_OF_A_LIST = 10;

/** A list that changes under more readings than this in a row is being edited faster than it can be read. */
const MOST_READINGS = 5;

interface Kept {
  readonly list: CompiledList;
  readonly readAt: number;
}

interface Reading {
  readonly list: Promise<CompiledList>;
  atLeast: number;
}

/**
 * Makes the memory for lists. What was asked for least lately is forgotten first.
 *
 * @param mostEntries How many entries it holds in all.
 */
export function listCache(
  store: Pick<RecordStore, 'get' | 'put'>,
  clock: Clock,
  mostEntries: number = MOST_ENTRIES_IN_MEMORY,
): ListCache {
  const kept = new LRUCache<string, Kept>({
    maxSize: mostEntries,
    sizeCalculation: ({ list }) => list.size + WEIGHT_OF_A_LIST,
  });
  const readings = new Map<string, Reading>();

  async function readList(subject: string): Promise<CompiledList> {
    try {
      for (let count = 0; count < MOST_READINGS; count++) {
        const readAt = clock.now();
        const record = await store.get(ALLOWLIST_KIND, subject);
        const version = record?.version ?? 0;
        // An edit has overtaken this reading: whoever asked after the edit must not be answered from before it.
        if (version < (readings.get(subject)?.atLeast ?? 0)) continue;
        const before = kept.peek(subject)?.list;
        const list = before?.version === version ? before : compileList(subject, record);
        kept.set(subject, { list, readAt });
        if (record !== null) enlist(store, record);
        return list;
      }
      throw new StoreError('an allowlist is being edited faster than it can be read');
    } finally {
      // In this very step, so that nobody can join a reading that has ended and miss an edit in between.
      readings.delete(subject);
    }
  }

  function known(subject: string): CompiledList | undefined {
    const found = kept.get(subject);
    if (found === undefined) return undefined;
    const age = clock.now() - found.readAt;
    return age >= 0 && age < MAX_AGE_MS ? found.list : undefined;
  }

  return {
    known,
    async read(subject) {
      const remembered = known(requireSubject(subject));
      if (remembered !== undefined) return remembered;
      const shared = readings.get(subject);
      if (shared !== undefined) return shared.list;
      // The reading is noted before it begins, since an edit may be announced as soon as it does.
      const list = Promise.resolve(subject).then(readList);
      readings.set(subject, { list, atLeast: 0 });
      return list;
    },
    outdate(subject, version) {
      const found = kept.peek(subject);
      if (found !== undefined && found.list.version < version) kept.delete(subject);
      const reading = readings.get(subject);
      if (reading !== undefined) reading.atLeast = Math.max(reading.atLeast, version);
    },
  };
}
