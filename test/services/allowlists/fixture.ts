import { StoreError } from '../../../src/core/errors.ts';
import type { AllowlistEvent } from '../../../src/core/events.ts';
import type { Store } from '../../../src/core/store.ts';
import { parseAddress, type Address } from '../../../src/network/address.ts';
import { allowlists, type Allowlists } from '../../../src/services/allowlists.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { feedReader, type FeedReader } from '../../../src/tokens/feed-reader.ts';
import { movableClock, type MovableClock } from '../../support/movable-clock.ts';

/** A store whose every method can be counted, broken or held up. */
export interface WatchedStore extends Store {
  /** How often each method was called. */
  readonly calls: Record<'get' | 'put' | 'feedAppend' | 'feedRead', number>;
  /** Methods that fail as an engine does that is down. */
  readonly down: Set<keyof Store>;
  /** Readings of records wait for what this returns, after the record was taken from the engine. */
  hold: (() => Promise<void>) | undefined;
  /** How many watch the feed. */
  watchers: number;
}

export function watchedStore(
  store: Store,
  { wakes = true }: { readonly wakes?: boolean } = {},
): WatchedStore {
  function gate(method: keyof Store): void {
    if (method in watched.calls) watched.calls[method as 'get'] += 1;
    if (watched.down.has(method)) throw new StoreError(`the test has taken ${method} down`);
  }
  const watched: WatchedStore = {
    ...store,
    calls: { get: 0, put: 0, feedAppend: 0, feedRead: 0 },
    down: new Set(),
    hold: undefined,
    watchers: 0,
    async get(...args) {
      gate('get');
      const record = await store.get(...args);
      await watched.hold?.();
      return record as never;
    },
    async put(...args) {
      gate('put');
      return store.put(...args);
    },
    async feedAppend(...args) {
      gate('feedAppend');
      return store.feedAppend(...args);
    },
    async feedRead(...args) {
      gate('feedRead');
      return store.feedRead(...args);
    },
    async feedWatch(wake) {
      gate('feedWatch');
      const stop = wakes ? await store.feedWatch(wake) : async () => undefined;
      watched.watchers += 1;
      return async () => {
        watched.watchers -= 1;
        await stop();
      };
    },
  };
  return watched;
}

/** One process: its own view of a store, its own feed reader and service. */
export interface TestNode {
  readonly store: WatchedStore;
  readonly feed: FeedReader;
  readonly lists: Allowlists;
  readonly events: AllowlistEvent[];
}

/** How old the knowledge of a node may be, in seconds. */
export const MAX_STALE_SECONDS = 5;

/**
 * Processes over one store. A node reads the feed when it edits, when its knowledge is too old, and when a test says
 * so; with `wakes` also when the store says so.
 */
export function nodes(
  count: number,
  { wakes = false, clock = movableClock() }: { readonly wakes?: boolean; readonly clock?: MovableClock } = {},
): { readonly clock: MovableClock; readonly engine: Store; readonly nodes: readonly TestNode[] } {
  const engine = memoryStore({ clock });
  const made = Array.from({ length: count }, () => {
    const store = watchedStore(engine, { wakes });
    const feed = feedReader({ store, clock, pollMs: 60_000, maxStaleMs: MAX_STALE_SECONDS * 1000 });
    const events: AllowlistEvent[] = [];
    return {
      store,
      feed,
      lists: allowlists({ store, feed, clock, onEvent: (event) => events.push(event) }),
      events,
    };
  });
  return { clock, engine, nodes: made };
}

/** One process alone. */
export function oneNode(): TestNode & { readonly clock: MovableClock; readonly engine: Store } {
  const { clock, engine, nodes: made } = nodes(1);
  return { ...(made[0] as TestNode), clock, engine };
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === null) throw new Error(`${text} is no address`);
  return parsed;
}

/** The reason code of the refusal, or `null`. */
export async function verdict(
  lists: Pick<Allowlists, 'check'>,
  subjects: string | readonly string[],
  from: string | null,
): Promise<string | null> {
  const refusal = await lists.check(subjects, from === null ? null : address(from));
  return refusal?.code ?? null;
}
