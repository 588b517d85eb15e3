import type { Clock } from '../../core/clock.ts';
import type { FeedEvent } from '../../core/store.ts';
import { feedLines } from '../input.ts';
import { createWatchers } from '../watchers.ts';

export interface MemoryFeed {
  readonly append: (events: readonly FeedEvent[]) => void;
  readonly read: (cursor: string | null) => {
    readonly events: readonly FeedEvent[];
    readonly cursor: string;
  };
  readonly watch: (wake: () => void) => () => Promise<void>;
  readonly sweep: (limit: number) => number;
  readonly clear: () => void;
}

interface Line extends FeedEvent {
  readonly position: number;
}

/** The feed as one list in the order of appending; the cursor is the position of the last line that was read. */
export function createFeed(clock: Clock): MemoryFeed {
  const watchers = createWatchers();
  let lines: Line[] = [];
  let last = 0;

  return {
    append(events) {
      for (const line of feedLines(events)) lines.push({ ...line, position: ++last });
      if (events.length > 0) watchers.notify();
    },
    read(cursor) {
      const now = clock.now();
      const events = lines
        .slice(firstAfter(lines, positionOf(cursor, last)))
        .filter((line) => line.expiresAt > now)
        .map(({ key, value, expiresAt }) => ({ key, value, expiresAt }));
      return { events, cursor: String(last) };
    },
    watch: watchers.add,
    sweep(limit) {
      const now = clock.now();
      let left = limit;
      lines = lines.filter((line) => line.expiresAt > now || left-- <= 0);
      return limit - Math.max(0, left);
    },
    clear() {
      lines = [];
      watchers.clear();
    },
  };
}

/** A cursor that this feed never gave out counts as none, so that its reader misses nothing. */
function positionOf(cursor: string | null, last: number): number {
  if (cursor === null || !/^\d{1,15}$/.test(cursor)) return 0;
  const position = Number(cursor);
  return position > last ? 0 : position;
}

/** The index of the first line after a position, by halving: a reader that is up to date costs a few steps. */
function firstAfter(lines: readonly Line[], position: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((lines[middle] as Line).position > position) high = middle;
    else low = middle + 1;
  }
  return low;
}
