import { implementing, optional, parseOptions, type Reader } from '../core/options.ts';
import type { FamilyStore, FeedStore, RecordStore, Store } from '../core/store.ts';
import { COUNTER_KIND } from './kinds.ts';
import { storeOf } from './stepwise.ts';

/** Which store keeps what. One store may be given for several parts. */
export interface ComposedStores {
  /** Users' keys, allowlists, clients, grants, connections: what must never be lost, and is read rarely. */
  readonly records: Store;
  /** Families of refresh tokens, which change with each refresh. */
  readonly families: Store;
  /** Where revocations and invalidations are announced; best the store of the families, or one that all nodes are near. */
  readonly feed: Store;
  /** Counters of limits (default: the store of the records). */
  readonly counters?: Store | undefined;
}

/**
 * One store of several: records in PostgreSQL, say, and what changes with each request in Redis.
 *
 * No step spans two engines. A family is revoked in one step with its line in the feed of its own store, whichever store
 * `feed` is; that is why both feeds are read as one when they are two, and what is known of revocations is as old as the one
 * that was read earlier. Everything else is announced in `feed` before it is done, so that what fails in between has
 * been announced for nothing, and not done unannounced.
 *
 * It answers `ping` when all of its stores do, with the clock of the families' store, and closing it closes them all.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`.
 * @example
 * const redis = redisStore({ client });
 * const store = composeStores({ records: await postgresStore({ pool }), families: redis, feed: redis, counters: redis });
 */
export function composeStores(stores: ComposedStores): Store {
  const parts = parseOptions('composeStores', stores, {
    records: aStore,
    families: aStore,
    feed: aStore,
    counters: optional(aStore),
  });
  const { records, families, feed, counters = records } = parts;
  const all = [...new Set([records, families, feed, counters])];

  const recordsOf = (kind: string): Store => (kind === COUNTER_KIND ? counters : records);
  const byKind: RecordStore = {
    get: (kind, id) => recordsOf(kind).get(kind, id),
    put: (kind, id, data, options) => recordsOf(kind).put(kind, id, data, options),
    use: (kind, id) => recordsOf(kind).use(kind, id),
    delete: (kind, id, expectVersion) => recordsOf(kind).delete(kind, id, expectVersion),
    list: (kind, slot, value, options) => recordsOf(kind).list(kind, slot, value, options),
    deleteBy: (kind, slot, value) => recordsOf(kind).deleteBy(kind, slot, value),
  };

  return storeOf('composed', {
    ...byKind,
    ...familiesOf(families),
    ...(feed === families ? feedOf(feed) : feedOfBoth(feed, families)),
    async sweep(limit) {
      let left = limit;
      for (const each of all) {
        left -= await each.sweep(left);
        if (left <= 0) break;
      }
      return limit - left;
    },
    async ping() {
      const [first] = await Promise.all([families, ...all].map((each) => each.ping()));
      return first as { readonly serverNow: number };
    },
    async close() {
      const closings = await Promise.allSettled(all.map((each) => each.close()));
      const failed = closings.find((closing) => closing.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  });
}

const aStore: Reader<Store> = implementing<Store>(
  'a store',
  'get',
  'familyRotate',
  'feedRead',
  'sweep',
  'ping',
);

/** A store's methods as it is asked for them, so that one that keeps them on a prototype works as well. */
function familiesOf(store: Store): FamilyStore {
  return {
    familyCreate: (family) => store.familyCreate(family),
    familyGet: (id) => store.familyGet(id),
    familyByHandle: (handle) => store.familyByHandle(handle),
    familyRotate: (id, generation, policy) => store.familyRotate(id, generation, policy),
    familyRevoke: (id) => store.familyRevoke(id),
    familyList: (owner) => store.familyList(owner),
    familyRevokeAll: (owner, options) => store.familyRevokeAll(owner, options),
  };
}

function feedOf(store: Store): FeedStore {
  return {
    feedAppend: (events) => store.feedAppend(events),
    feedRead: (cursor) => store.feedRead(cursor),
    feedWatch: (wake) => store.feedWatch(wake),
  };
}

/** Two feeds as one; lines are appended to the first. The cursor is the two, as JSON. */
function feedOfBoth(first: Store, second: Store): FeedStore {
  return {
    feedAppend: (events) => first.feedAppend(events),
    async feedRead(cursor) {
      const [one, other] = cursorsIn(cursor);
      const pages = await Promise.all([first.feedRead(one), second.feedRead(other)]);
      return {
        events: pages.flatMap(({ events }) => events),
        cursor: JSON.stringify(pages.map((page) => page.cursor)),
      };
    },
    async feedWatch(wake) {
      const end = await first.feedWatch(wake);
      try {
        const endOther = await second.feedWatch(wake);
        return async () => {
          await Promise.all([end(), endOther()]);
        };
      } catch (error) {
        await end();
        throw error;
      }
    },
  };
}

/** What no composed store has given out reads everything, as the contract wants it. */
function cursorsIn(cursor: string | null): readonly [string | null, string | null] {
  try {
    const parsed: unknown = JSON.parse(cursor ?? 'null');
    if (Array.isArray(parsed) && parsed.length === 2 && parsed.every((each) => typeof each === 'string')) {
      return parsed as [string, string];
    }
  } catch {
    // It is no JSON.
  }
  return [null, null];
}
