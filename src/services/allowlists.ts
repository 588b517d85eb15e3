import { systemClock, type Clock } from '../core/clock.ts';
import type { AuthError } from '../core/errors.ts';
import type { AllowlistEvent, EventSink } from '../core/events.ts';
import { isPromise, type MaybePromise } from '../core/maybe-promise.ts';
import { callback, implementing, optional, parseOptions } from '../core/options.ts';
import type { FeedStore, RecordStore } from '../core/store.ts';
import type { Address } from '../network/address.ts';
import type { NetworkWarning } from '../network/network.ts';
import { feedReader, type FeedReader } from '../tokens/feed-reader.ts';
import { ALLOWLIST_KIND, readAllowlist, type Allowlist, type AllowlistEntry } from './allowlists/document.ts';
import { FEED_PREFIX, listEditor } from './allowlists/editor.ts';
import { addTo, clearOf, removeFrom, type Added, type Removed } from './allowlists/edits.ts';
import { listCache } from './allowlists/list-cache.ts';
import { isLine, MUST_BE_LINE, readEntry, type NewEntry } from './allowlists/new-entry.ts';
import { refused, refusedAtLine, type EditRefusal } from './allowlists/refusal.ts';
import { requireSubject } from './allowlists/subjects.ts';

export type { Allowlist, AllowlistEntry, AllowlistMode } from './allowlists/document.ts';
export type { Added, Removed } from './allowlists/edits.ts';
export type { NewEntry } from './allowlists/new-entry.ts';
export type { EditRefusal, EditRefusalCode } from './allowlists/refusal.ts';
export { subjectKey, subjectsOf, type SubjectKind } from './allowlists/subjects.ts';

export interface AllowlistsOptions {
  readonly store: RecordStore & FeedStore;
  /** The reader of the store's feed, shared with whatever else reads it; by default one of its own is made. */
  readonly feed?: FeedReader | undefined;
  readonly clock?: Clock | undefined;
  /** Is told of every edit, once it is in the store; what it throws changes nothing. */
  readonly onEvent?: EventSink<AllowlistEvent> | undefined;
}

/** Networks that requests of a client, a key or a workspace must come from: kept in the store, in force at once. */
export interface Allowlists {
  /**
   * Whether a request from this address may pass: every one of the lists that is configured must contain it. At once
   * while the lists are in memory and what is known is fresh.
   *
   * @param subjects The lists that apply, as in `client:123456`; none of them means that everyone may pass.
   * @param address `null` when it cannot be known; a configured list then refuses it.
   * @returns `null`, or the refusal `ip_denied` or `ip_unknown`.
   * @throws {@link StoreError} When a list, or the feed, cannot be read. TypeError when a subject is none.
   */
  check(subjects: string | readonly string[], address: Address | null): MaybePromise<AuthError | null>;
  /** The list as it is in the store. */
  list(subject: string): Promise<Allowlist>;
  /**
   * Adds a network. The first one makes the list configured, so that everyone else is refused from then on.
   *
   * An edit is in force in this process when it resolves, and in others as soon as they read the feed. When it rejects
   * with `StoreError` it may have been made or not: repeat it, since an edit that is repeated changes nothing more.
   */
  add(subject: string, entry: NewEntry): Promise<AddResult>;
  /** Adds several in one step: all of them, or none when one of them is refused. */
  addMany(subject: string, entries: readonly NewEntry[]): Promise<AddResult>;
  /**
   * Removes one entry. A list without any entry stays configured, and lets nobody in.
   *
   * @param idOrNetwork The entry's id, or its network in any spelling.
   */
  remove(subject: string, idOrNetwork: string, options?: EditOptions): Promise<RemoveResult>;
  /** Removes all entries and makes the list one that was never configured: everyone may pass. */
  clear(subject: string, options?: EditOptions): Promise<RemoveResult>;
  /** Ends the reader of the feed, when it was made here. */
  close(): Promise<void>;
}

export interface EditOptions {
  /** Who does it, for the event: at most 100 characters on one line. */
  readonly author?: string | undefined;
}

export type AddResult = (Added & { readonly warnings: readonly AddWarning[] }) | EditRefusal;
export type RemoveResult = Removed | EditRefusal;

/** What was added, and may not be what was meant. */
export interface AddWarning {
  /** Which of the entries, counted from 1. */
  readonly line: number;
  readonly warning: NetworkWarning;
  /** The network that was added. */
  readonly network: string;
}

/**
 * Builds the service. A list is read once and kept compiled; edits reach every process through the store's feed.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`.
 */
export function allowlists(options: AllowlistsOptions): Allowlists {
  const { store, clock, onEvent, ...parsed } = parseOptions('allowlists', options, {
    store: implementing<RecordStore & FeedStore>(
      'a store, such as memoryStore()',
      'get',
      'put',
      'feedAppend',
    ),
    feed: optional(implementing<FeedReader>('a feed reader', 'fresh', 'poll', 'subscribe')),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
    onEvent: optional(callback<EventSink<AllowlistEvent>>()),
  });
  const feed = parsed.feed ?? feedReader({ store, clock, pollMs: POLL_MS, maxStaleMs: MAX_STALE_MS });
  const cache = listCache(store, clock);
  const edit = listEditor({ store, feed, cache, clock, onEvent });
  feed.subscribe(({ key, value }) => {
    if (key.startsWith(FEED_PREFIX)) cache.outdate(key.slice(FEED_PREFIX.length), value);
  });

  /** The first refusal of lists that are in memory; `undefined` when one of them is not. */
  function refuseFromMemory(
    subjects: readonly string[],
    address: Address | null,
  ): AuthError | null | undefined {
    for (const subject of subjects) {
      const list = cache.known(subject);
      if (list === undefined) return undefined;
      const refusal = list.refuse(address, clock.now());
      if (refusal !== null) return refusal;
    }
    return null;
  }

  function checkFresh(subjects: readonly string[], address: Address | null): MaybePromise<AuthError | null> {
    const refusal = refuseFromMemory(subjects, address);
    return refusal === undefined ? checkReading(subjects, address) : refusal;
  }

  async function checkReading(
    subjects: readonly string[],
    address: Address | null,
  ): Promise<AuthError | null> {
    const lists = await Promise.all(subjects.map((subject) => cache.read(subject)));
    const now = clock.now();
    for (const list of lists) {
      const refusal = list.refuse(address, now);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  async function add(
    subject: string,
    entries: readonly NewEntry[],
    atLine: (refusal: EditRefusal, line: number) => EditRefusal,
  ): Promise<AddResult> {
    const now = clock.now();
    if (entries.length === 0) return refused('entries_missing', 'There is nothing to add.');
    const read: AllowlistEntry[] = [];
    const warnings: AddWarning[] = [];
    for (const [index, value] of entries.entries()) {
      const reading = readEntry(value, now);
      if (!reading.ok) return atLine(reading, index + 1);
      read.push(reading.entry);
      for (const warning of reading.warnings) {
        warnings.push({ line: index + 1, warning, network: reading.entry.network });
      }
    }
    const result = await edit(
      subject,
      (list) => addTo(list, read, now),
      ({ added }) => added.map(({ network, author }) => ({ action: 'added', network, author })),
    );
    return result.ok ? { ...result, warnings } : result;
  }

  return {
    check(subjects, address) {
      const asked = typeof subjects === 'string' ? [subjects] : subjects;
      // Whatever else a callback returned, such as nothing or a promise, must not look like no lists at all.
      if (!Array.isArray(asked))
        throw new TypeError('allowlists: the subjects of a request are text or a list of texts.');
      const fresh = feed.fresh();
      return isPromise(fresh) ? fresh.then(() => checkFresh(asked, address)) : checkFresh(asked, address);
    },
    list: async (subject) => readAllowlist(subject, await store.get(ALLOWLIST_KIND, requireSubject(subject))),
    add: (subject, entry) => add(subject, [entry], (refusal) => refusal),
    addMany: (subject, entries) => add(subject, entries, refusedAtLine),
    async remove(subject, idOrNetwork, { author } = {}) {
      if (author !== undefined && !isLine(author)) return AUTHOR_INVALID;
      return edit(
        subject,
        (list) => removeFrom(list, idOrNetwork),
        ({ removed }) => removed.map(({ network }) => ({ action: 'removed', network, author })),
      );
    },
    async clear(subject, { author } = {}) {
      if (author !== undefined && !isLine(author)) return AUTHOR_INVALID;
      return edit(subject, clearOf, () => [{ action: 'cleared', author }]);
    },
    async close() {
      if (parsed.feed === undefined) await feed.close();
    },
  };
}

const AUTHOR_INVALID = refused('author_invalid', `The author ${MUST_BE_LINE}`);

/** How often the feed is read when nothing wakes the reader, and how old what is known may be. */
const POLL_MS = 1_000;
const MAX_STALE_MS = 10_000;
