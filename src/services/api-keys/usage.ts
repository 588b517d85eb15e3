import type { Clock } from '../../core/clock.ts';
import { StoreError } from '../../core/errors.ts';
import type { Json, RecordStore } from '../../core/store.ts';

/** Remembers when each secret of a key was last used, without writing on each use. */
export interface UsageLog {
  /** Notes a use now. It never waits and never fails. */
  note(id: string, serial: number): void;
  /**
   * When each secret was last used, by its serial: what all processes have written and what this one knows beyond it.
   *
   * @throws {@link StoreError} When it cannot be read.
   */
  lastUsed(id: string): Promise<ReadonlyMap<number, number>>;
  /** Writes what is left and ends the timer. */
  close(): Promise<void>;
}

interface Noted {
  /** When each secret was last used, as far as it has not been written. */
  readonly unwritten: Map<number, number>;
  /** When this process last tried to write it, with or without success; `null` for never. */
  triedAt: number | null;
  writing: boolean;
}

/**
 * A process writes the uses of one key at most once in this time. The first use after a quiet time is written at once,
 * so that a new key can be seen to work; those that follow are written together, by the next use or by a timer.
 */
const WRITE_EVERY_MS = 60_000;

/** The kind of the records: one for each key, apart from the key's own, so that a use changes no version of it. */
const USAGE_KIND = 'apikey.usage';

const MOST_ATTEMPTS = 5;

export function usageLog(store: RecordStore, clock: Clock): UsageLog {
  const noted = new Map<string, Noted>();
  const writes = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function isDue({ triedAt, writing }: Noted, now: number): boolean {
    if (writing) return false;
    return triedAt === null || now - triedAt >= WRITE_EVERY_MS || now < triedAt;
  }

  async function write(id: string, entry: Noted): Promise<void> {
    const batch = [...entry.unwritten];
    entry.writing = true;
    entry.triedAt = clock.now();
    try {
      await merge(store, id, batch);
      for (const [serial, at] of batch) {
        if (entry.unwritten.get(serial) === at) entry.unwritten.delete(serial);
      }
    } catch {
      // Uses are no reason to refuse anybody: they stay in memory, and the next attempt comes after the usual time.
    } finally {
      entry.writing = false;
    }
  }

  /** Starts a write that nobody waits for but `close`. */
  function writeSoon(id: string, entry: Noted): void {
    const writing = write(id, entry).finally(() => writes.delete(writing));
    writes.add(writing);
  }

  /** One after the other, so that many keys are not many writes in one moment. */
  async function writeDue(): Promise<void> {
    for (const [id, entry] of noted) {
      if (!isDue(entry, clock.now())) continue;
      if (entry.unwritten.size === 0) noted.delete(id);
      else await write(id, entry);
    }
    if (noted.size > 0) arm();
  }

  function arm(): void {
    if (timer !== undefined || closed) return;
    timer = setTimeout(() => {
      timer = undefined;
      const writing = writeDue().finally(() => writes.delete(writing));
      writes.add(writing);
    }, WRITE_EVERY_MS);
    timer.unref();
  }

  return {
    note(id, serial) {
      const now = clock.now();
      let entry = noted.get(id);
      if (entry === undefined) {
        entry = { unwritten: new Map(), triedAt: null, writing: false };
        noted.set(id, entry);
      }
      entry.unwritten.set(serial, now);
      if (isDue(entry, now)) writeSoon(id, entry);
      arm();
    },
    async lastUsed(id) {
      const used = readUsage((await store.get(USAGE_KIND, id))?.data);
      return latest(used, noted.get(id)?.unwritten ?? []);
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await Promise.all(writes);
      for (const [id, entry] of noted) if (entry.unwritten.size > 0) await write(id, entry);
    },
  };
}

/** Writes the latest of what is there and what is new; several processes note the uses of one key. */
async function merge(
  store: RecordStore,
  id: string,
  batch: Iterable<readonly [number, number]>,
): Promise<void> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const record = await store.get(USAGE_KIND, id);
    const used = latest(readUsage(record?.data), batch);
    const written = await store.put(USAGE_KIND, id, Object.fromEntries(used), {
      expect: record?.version ?? 'absent',
    });
    if (written !== null) return;
  }
  throw new StoreError('the last use of an API key is being written by too many at the same time');
}

function readUsage(data: Json | undefined): ReadonlyMap<number, number> {
  const entries = Object.entries((data ?? {}) as Record<string, number>);
  return new Map(entries.map(([serial, at]) => [Number(serial), at]));
}

function latest(
  used: ReadonlyMap<number, number>,
  more: Iterable<readonly [number, number]>,
): ReadonlyMap<number, number> {
  const merged = new Map(used);
  for (const [serial, at] of more) merged.set(serial, Math.max(at, merged.get(serial) ?? 0));
  return merged;
}
