import type { FeedEvent, FeedStore } from '../../src/core/store.ts';

/** A reading of the feed that the test answers by hand. */
export interface ScriptedReading {
  readonly cursor: string | null;
  answer(events: readonly FeedEvent[], cursor: string): Promise<void>;
  fail(error: Error): Promise<void>;
}

/** A feed whose readings wait until the test answers them, and whose watches the test wakes. */
export interface ScriptedFeed {
  readonly store: FeedStore;
  /** Every reading that was asked for, in order. */
  readonly readings: readonly ScriptedReading[];
  /** The watches that are open. */
  readonly watches: ReadonlySet<() => void>;
  /** Wakes every watch. */
  wake(): void;
  /** What the next watches reject with; `null` for none. */
  watchError: Error | null;
  watchesAsked(): number;
}

export function scriptedFeed(): ScriptedFeed {
  const readings: ScriptedReading[] = [];
  const watches = new Set<() => void>();
  let watchesAsked = 0;
  const feed: ScriptedFeed = {
    readings,
    watches,
    watchError: null,
    watchesAsked: () => watchesAsked,
    wake: () => {
      for (const each of watches) each();
    },
    store: {
      feedAppend: () => Promise.resolve(),
      feedRead: (cursor) =>
        new Promise<{ events: readonly FeedEvent[]; cursor: string }>((resolve, reject) => {
          readings.push({
            cursor,
            answer(events, next) {
              resolve({ events, cursor: next });
              return settled();
            },
            fail(error) {
              reject(error);
              return settled();
            },
          });
        }),
      feedWatch(wake) {
        watchesAsked += 1;
        if (feed.watchError !== null) return Promise.reject(feed.watchError);
        watches.add(wake);
        return Promise.resolve(async () => {
          watches.delete(wake);
        });
      },
    },
  };
  return feed;
}

/** Resolves when everything that waited for settled promises has run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export function line(key: string, value = 0, expiresAt = Number.MAX_SAFE_INTEGER): FeedEvent {
  return { key, value, expiresAt };
}
