import type { Clock } from '../../core/clock.ts';
import type { RecordStore } from '../../core/store.ts';
import type { Address } from '../../network/address.ts';
import { networkAround } from '../../network/network.ts';
import { routeOf, type ObservedRequest } from './route.ts';
import { addToStored, openSheet, type OpenSheet, type TallySheet } from './tally.ts';

/** Counts what lists would have refused, without a write on any request. */
export interface Observations {
  /**
   * Counts one request. It never waits and never fails.
   *
   * @param since The list's `observedSince`.
   */
  note(subject: string, since: number, address: Address | null, request: ObservedRequest | undefined): void;
  /** What has been counted here and is not in the store yet. */
  unwritten(subject: string): TallySheet | null;
  /** Writes now what is not in the store. A store that is down leaves it for the next time. */
  flush(): Promise<void>;
  /** Writes what is left and ends the timer. */
  close(): Promise<void>;
}

/** What is counted is written together, so often. */
const WRITE_EVERY_MS = 2_000;

/** The most lists that are counted for between two writings; somebody configured each of them. */
const MOST_LISTS = 200;

/** The networks that a report tells apart: what one provider gives to one place. */
const REPORTED_PREFIX = { 4: 24, 6: 64 } as const;

export function observations(store: Pick<RecordStore, 'get' | 'put'>, clock: Clock): Observations {
  const sheets = new Map<string, OpenSheet>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | null = null;
  let closed = false;

  function sheetOf(subject: string, since: number): OpenSheet | null {
    const present = sheets.get(subject);
    if (present !== undefined && present.since >= since) return present.since === since ? present : null;
    if (present === undefined && sheets.size >= MOST_LISTS) return null;
    const sheet = openSheet(since);
    sheets.set(subject, sheet);
    return sheet;
  }

  /** One list after the other, so that many are not many writes in one moment. */
  async function writeAll(): Promise<void> {
    for (const subject of Array.from(sheets.keys())) {
      const sheet = sheets.get(subject) as OpenSheet;
      // Taken off first, so that what is counted while it is being written stands on the next sheet.
      const batch = sheet.copy();
      sheets.delete(subject);
      try {
        await addToStored(store, subject, batch, clock.now());
      } catch {
        // A report is no reason to refuse anybody: it stays in memory, and the next attempt comes after the usual time.
        sheetOf(subject, batch.since)?.addAll(batch);
        break;
      }
    }
  }

  function flush(): Promise<void> {
    writing ??= writeAll().finally(() => {
      writing = null;
      if (sheets.size > 0) arm();
    });
    return writing;
  }

  function arm(): void {
    if (timer !== undefined || closed) return;
    timer = setTimeout(() => {
      timer = undefined;
      void flush();
    }, WRITE_EVERY_MS);
    timer.unref();
  }

  return {
    note(subject, since, address, request) {
      const sheet = sheetOf(subject, since);
      if (sheet === null) return;
      const network = address === null ? null : networkAround(address, REPORTED_PREFIX[address.family]).text;
      const now = clock.now();
      const route = request === undefined ? '-' : routeOf(request);
      sheet.add(network, route, { count: 1, firstAt: now, lastAt: now });
      arm();
    },
    unwritten: (subject) => sheets.get(subject)?.copy() ?? null,
    flush,
    async close() {
      closed = true;
      clearTimeout(timer);
      await writing;
      await flush();
    },
  };
}
