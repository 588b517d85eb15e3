import { systemClock, type Clock } from '../core/clock.ts';
import type { AllowlistEvent, EventSink } from '../core/events.ts';
import { callback, implementing, optional, parseOptions } from '../core/options.ts';
import type { FeedStore, RecordStore } from '../core/store.ts';
import { feedReader, type FeedReader } from '../tokens/feed-reader.ts';
import { entryAdder, type Naming } from './allowlists/adding.ts';
import { enlist, listAll } from './allowlists/catalogue.ts';
import { listChecker } from './allowlists/checker.ts';
import type { AddResult, Allowlists, EditOptions } from './allowlists/contract.ts';
import { ALLOWLIST_KIND, readAllowlist, type Allowlist } from './allowlists/document.ts';
import { FEED_PREFIX, listEditor, type Change } from './allowlists/editor.ts';
import { clearOf, removeFrom, type Edited } from './allowlists/edits.ts';
import { entryLines } from './allowlists/entry-lines.ts';
import { explain } from './allowlists/explanation.ts';
import { listCache } from './allowlists/list-cache.ts';
import { readLockOutOptions, type LockOutGuard } from './allowlists/lock-out.ts';
import { endOverrideOf, modeOf, overrideOf } from './allowlists/modes.ts';
import { isLine, MUST_BE_LINE } from './allowlists/new-entry.ts';
import { observations } from './allowlists/observations.ts';
import { refused, refusedAtLine, type EditRefusal } from './allowlists/refusal.ts';
import { reportOf } from './allowlists/report.ts';
import { requireSubject } from './allowlists/subjects.ts';
import { warningsOf } from './allowlists/warnings.ts';

export type { AllowlistPage, AllowlistSummary } from './allowlists/catalogue.ts';
export type {
  AddOptions,
  AddResult,
  AddWarning,
  Allowlists,
  ChangeResult,
  EditOptions,
  RemoveResult,
} from './allowlists/contract.ts';
export type { Allowlist, AllowlistEntry, AllowlistMode } from './allowlists/document.ts';
export type { Added, Removed } from './allowlists/edits.ts';
export type { Explanation, NearestMiss } from './allowlists/explanation.ts';
export type { LockOutOptions } from './allowlists/lock-out.ts';
export type { Changed, NewOverride } from './allowlists/modes.ts';
export type { NewEntry } from './allowlists/new-entry.ts';
export type { AllowlistOverride } from './allowlists/override.ts';
export type { EditRefusal, EditRefusalCode } from './allowlists/refusal.ts';
export type { AllowlistReport, AllowlistReportLine } from './allowlists/report.ts';
export type { ObservedRequest } from './allowlists/route.ts';
export { subjectKey, subjectsOf, type SubjectKind } from './allowlists/subjects.ts';
export type { Tally, TallyLine } from './allowlists/tally.ts';
export type { AllowlistWarning, AllowlistWarningCode } from './allowlists/warnings.ts';

export interface AllowlistsOptions {
  /** Where the lists are kept, and through whose feed edits reach every process. */
  readonly store: RecordStore & FeedStore;
  /** The reader of the store's feed, shared with whatever else reads it; by default one of its own is made. */
  readonly feed?: FeedReader | undefined;
  readonly clock?: Clock | undefined;
  /** Is told of every edit, once it is in the store; what it throws changes nothing. */
  readonly onEvent?: EventSink<AllowlistEvent> | undefined;
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
  const feed = parsed.feed ?? feedReader({ store, clock });
  const cache = listCache(store, clock);
  const observed = observations(store, clock);
  const edit = listEditor({ store, feed, cache, clock, onEvent });
  const add = entryAdder(edit, clock);
  feed.subscribe(({ key, value }) => {
    if (key.startsWith(FEED_PREFIX)) cache.outdate(key.slice(FEED_PREFIX.length), value);
  });

  async function read(subject: string): Promise<Allowlist> {
    const record = await store.get(ALLOWLIST_KIND, requireSubject(subject));
    const list = readAllowlist(subject, record);
    if (record !== null) enlist(store, record);
    return list;
  }

  /** An edit that somebody makes, with the options that every such edit has. */
  async function editBy<R extends { readonly ok: true; readonly list: Allowlist }>(
    subject: string,
    { author, ...lockOut }: EditOptions,
    change: (list: Allowlist, guard: LockOutGuard) => Edited<R> | EditRefusal,
    changesOf: (result: R) => readonly Change[],
  ): Promise<R | EditRefusal> {
    if (author !== undefined && !isLine(author))
      return refused('author_invalid', `The author ${MUST_BE_LINE}`);
    const guard = readLockOutOptions(lockOut);
    if ('ok' in guard) return guard;
    const told = (result: R): readonly Change[] => changesOf(result).map((each) => ({ ...each, author }));
    return edit(subject, (list) => change(list, guard), guard, told);
  }

  return {
    ...listChecker({ feed, cache, observed, clock }),
    list: read,
    lists: (page) => listAll(store, clock.now(), page),
    warnings: async (subject) => warningsOf((await read(subject)).entries, clock.now()),
    explain: async (subject, address) => explain(subject, await read(subject), address, clock.now()),
    async report(subject) {
      await observed.flush();
      return reportOf(store, observed, subject, await read(subject), clock.now());
    },
    add: (subject, entry, more = {}) => add(subject, [entry], more, ALONE),
    addMany: (subject, entries, more = {}) => add(subject, entries, more, IN_ORDER),
    async addText(subject, text, common = {}, more = {}): Promise<AddResult> {
      const lines = entryLines(text, common);
      return add(
        subject,
        lines.map(({ entry }) => entry),
        more,
        { ...IN_ORDER, lineOf: (index) => lines[index]?.line ?? 0 },
      );
    },
    remove: (subject, idOrNetwork, more = {}) =>
      editBy(
        subject,
        more,
        (list) => removeFrom(list, idOrNetwork),
        ({ removed }) => removed.map(({ network }) => ({ action: 'removed', network })),
      ),
    clear: (subject, more = {}) =>
      editBy(
        subject,
        more,
        (list) => clearOf(list, clock.now()),
        () => [{ action: 'cleared' }],
      ),
    setMode: (subject, mode, more = {}) =>
      editBy(
        subject,
        more,
        (list, guard) => modeOf(list, mode, guard, clock.now()),
        () => [{ action: ACTIONS[mode] }],
      ),
    override: (subject, wanted) =>
      edit(
        subject,
        (list) => overrideOf(list, wanted, clock.now()),
        UNGUARDED,
        () => [{ action: 'overridden', author: wanted.author, reason: wanted.reason, until: wanted.until }],
      ),
    endOverride: (subject, more = {}) =>
      editBy(
        subject,
        more,
        (list) => endOverrideOf(list, clock.now()),
        () => [{ action: 'override_ended' }],
      ),
    async close() {
      await observed.close();
      if (parsed.feed === undefined) await feed.close();
    },
  };
}

const ALONE: Naming = { lineOf: () => 1, refusal: (refusal) => refusal };
const IN_ORDER: Naming = { lineOf: (index) => index + 1, refusal: refusedAtLine };
const ACTIONS = { off: 'switched_off', observe: 'observed', enforce: 'enforced' } as const;

/** An override opens a list, so that it locks out nobody. */
const UNGUARDED = { from: null, confirmed: false, broadTrust: undefined } as const;
