import type { Clock } from '../../core/clock.ts';
import { StoreError } from '../../core/errors.ts';
import type { Json, RecordStore } from '../../core/store.ts';

/** Remembers when each secret of a key was last used, without writing on each use. */
export interface UsageLog {
  /**
   * Notes a use now. It never waits and never fails.
   *
   * @param from The address that it came from; `null` when it is not known.
   * @param nowMs The moment of the use; by default what the clock says.
   */
  note(id: string, serial: number, from: string | null, nowMs?: number): void;
  /**
   * When each secret was last used, by its serial: what all processes have written and what this one knows beyond it.
   *
   * @throws {@link StoreError} When it cannot be read.
   */
  lastUsed(id: string): Promise<ReadonlyMap<number, LastUse>>;
  /** Writes what is left and ends the timer. */
  close(): Promise<void>;
}

/** The last use of one secret. */
export interface LastUse {
  readonly at: number;
  /** The last address that is known: only secrets that were replaced are watched for where they are used from. */
  readonly from: string | null;
}

interface Noted {
  /** When each secret was last used, as far as it has not been written. */
  readonly unwritten: Map<number, LastUse>;
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
    let batch: readonly (readonly [number, LastUse])[] = [];
    entry.writing = true;
    entry.triedAt = clock.now();
    try {
      // A turn later, so that the address of a use, which is told right after it, is written with it.
      await new Promise((resolve) => setImmediate(resolve));
      batch = [...entry.unwritten];
      await merge(store, id, batch);
      for (const [serial, use] of batch) {
        if (entry.unwritten.get(serial) === use) entry.unwritten.delete(serial);
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
    note(id, serial, from, now = clock.now()) {
      let entry = noted.get(id);
      if (entry === undefined) {
        entry = { unwritten: new Map(), triedAt: null, writing: false };
        noted.set(id, entry);
      }
      entry.unwritten.set(serial, { at: now, from: from ?? entry.unwritten.get(serial)?.from ?? null });
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
  batch: Iterable<readonly [number, LastUse]>,
): Promise<void> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const record = await store.get(USAGE_KIND, id);
    const used = latest(readUsage(record?.data), batch);
    const written = await store.put(USAGE_KIND, id, toData(used), {
      expect: record?.version ?? 'absent',
    });
    if (written !== null) return;
  }
  throw new StoreError('the last use of an API key is being written by too many at the same time');
}

/** By serial the time, or the time and the address where one is known. */
type UsageData = Record<string, number | [at: number, from: string]>;

function toData(used: ReadonlyMap<number, LastUse>): UsageData {
  return Object.fromEntries(
    [...used].map(([serial, { at, from }]) => [serial, from === null ? at : [at, from]]),
  );
}

function readUsage(data: Json | undefined): ReadonlyMap<number, LastUse> {
  const entries = Object.entries((data ?? {}) as UsageData);
  return new Map(
    entries.map(([serial, use]) => {
      const [at, from] = typeof use === 'number' ? [use, null] : use;
      return [Number(serial), { at, from }];
    }),
  );
}

function latest(
  used: ReadonlyMap<number, LastUse>,
  more: Iterable<readonly [number, LastUse]>,
): ReadonlyMap<number, LastUse> {
  const merged = new Map(used);
  for (const [serial, use] of more) {
    const known = merged.get(serial);
    const [earlier, later] = known === undefined || use.at >= known.at ? [known, use] : [use, known];
    merged.set(serial, { at: later.at, from: later.from ?? earlier?.from ?? null });
  }
  return merged;
}
