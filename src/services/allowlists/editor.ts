import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { StoreError } from '../../core/errors.ts';
import { publishEvent } from '../../core/event-publishing.ts';
import type { AllowlistEvent, EventSink } from '../../core/events.ts';
import type { FeedStore, Json, RecordStore } from '../../core/store.ts';
import type { FeedReader } from '../../tokens/feed-reader.ts';
import { lookupsOf } from './catalogue.ts';
import { ALLOWLIST_KIND, readAllowlist, type Allowlist } from './document.ts';
import type { Edited } from './edits.ts';
import { refusalOfChange, type LockOutGuard } from './lock-out.ts';
import { MAX_AGE_MS, type ListCache } from './list-cache.ts';
import type { EditRefusal } from './refusal.ts';
import { requireSubject } from './subjects.ts';

/** What an event tells of one change. */
export type Change = Pick<AllowlistEvent, 'action' | 'network' | 'author' | 'reason' | 'until'>;

export interface EditorParts {
  readonly store: RecordStore & FeedStore;
  readonly feed: FeedReader;
  readonly cache: ListCache;
  readonly clock: Clock;
  readonly onEvent: EventSink<AllowlistEvent> | undefined;
}

/**
 * Makes one edit of a list.
 *
 * @param change Says what the list comes to; called again when somebody else's edit came first.
 * @param guard What the list must not become by it.
 * @param changesOf What the events tell, once the edit is in the store.
 */
export type Edit = <R>(
  subject: string,
  change: (list: Allowlist) => Edited<R> | EditRefusal,
  guard: LockOutGuard,
  changesOf: (result: R) => readonly Change[],
) => Promise<R | EditRefusal>;

/** Edits by comparing versions, so that edits which are made at the same time all count, in whichever process. */
export function listEditor({ store, feed, cache, clock, onEvent }: EditorParts): Edit {
  async function announce(subject: string, version: number): Promise<void> {
    cache.outdate(subject, version);
    await store.feedAppend([
      { key: FEED_PREFIX + subject, value: version, expiresAt: clock.now() + FEED_MS },
    ]);
    await feed.poll();
  }

  return async function edit(subject, change, guard, changesOf) {
    requireSubject(subject);
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      const record = await store.get(ALLOWLIST_KIND, subject);
      const before = readAllowlist(subject, record);
      const edited = change(before);
      if (!edited.ok || edited.list === null) {
        // An edit that is repeated because its announcement failed finds nothing to change, and announces it again.
        await announce(subject, record?.version ?? 0);
        return edited.ok ? edited.result : edited;
      }
      const refusal = refusalOfChange(before, edited.list, guard, clock.now());
      if (refusal !== null) return refusal;
      const expect = record?.version ?? 'absent';
      const lookups = lookupsOf(edited.list);
      const data = edited.list as Allowlist & Json;
      const version = await store.put(ALLOWLIST_KIND, subject, data, { expect, lookups });
      if (version !== null) {
        for (const told of changesOf(edited.result)) {
          publishEvent({ type: 'allowlist', ...told, list: subject, at: clock.now() }, onEvent);
        }
        await announce(subject, version);
        return edited.result;
      }
      // Others who failed in the same moment must not all come back in the same moment.
      await pause(Math.random() * Math.min(2 ** attempt, LONGEST_PAUSE_MS));
    }
    throw new StoreError('an allowlist is being edited by too many at the same time');
  };
}

/** The lines that say that a list has changed; their value is the version from which on it has. */
export const FEED_PREFIX = `inv:${ALLOWLIST_KIND}:`;

/** Longer than any process believes a list without the feed, and then some for clocks that are apart. */
const FEED_MS = 10 * MAX_AGE_MS;

const MOST_ATTEMPTS = 25;
const LONGEST_PAUSE_MS = 128;
