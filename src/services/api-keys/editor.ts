import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { StoreError } from '../../core/errors.ts';
import { publishEvent } from '../../core/event-publishing.ts';
import type { ApiKeyEvent, EventSink } from '../../core/events.ts';
import type { FeedStore, Json, RecordStore } from '../../core/store.ts';
import { newApiKeyId } from '../../tokens/api-key-format.ts';
import type { FeedReader } from '../../tokens/feed-reader.ts';
import { API_KEY_KIND, documentOf, type ApiKeyDocument } from './document.ts';
import { MAX_AGE_MS, type KeyCache } from './key-cache.ts';

export interface KeyEditorParts {
  readonly store: RecordStore & FeedStore;
  readonly feed: FeedReader;
  readonly cache: KeyCache;
  readonly clock: Clock;
  readonly onEvent: EventSink<ApiKeyEvent> | undefined;
}

/** What an event tells of an edit. */
export interface Deed {
  readonly action: ApiKeyEvent['action'];
  readonly author: string | undefined;
}

/** What became of an edit: the key as it now is, and whether this edit changed it. */
export interface Edited {
  readonly document: ApiKeyDocument;
  readonly changed: boolean;
}

/** Writes keys by comparing versions, so that edits which are made at the same time all count, in whichever process. */
export interface KeyEditor {
  /**
   * Keeps a new key under an id that no other has.
   *
   * @param document Makes what is kept under an id; called again when the id was taken.
   */
  create(
    document: (id: string) => ApiKeyDocument,
    deed: Deed,
  ): Promise<{ readonly id: string; readonly document: ApiKeyDocument }>;
  /**
   * Changes a key. When it resolves, the change is in force in this process, and in others as soon as they read the feed.
   *
   * @param change Says what the key comes to: the same document when there is nothing to change, `null` when it is not
   *   to be changed; called again when somebody else's edit came first.
   * @param deed What the event tells; `null` for a change that is nobody's business.
   * @returns `null` when there is no such key, or `change` said so.
   */
  edit(
    id: string,
    change: (document: ApiKeyDocument) => ApiKeyDocument | null,
    deed: Deed | null,
  ): Promise<Edited | null>;
}

export function keyEditor({ store, feed, cache, clock, onEvent }: KeyEditorParts): KeyEditor {
  function tell(keyId: string, { workspace }: ApiKeyDocument, deed: Deed | null): void {
    if (deed === null) return;
    publishEvent({ type: 'api_key', ...deed, keyId, workspace, at: clock.now() }, onEvent);
  }

  async function announce(id: string, version: number): Promise<void> {
    cache.outdate(id, version);
    await store.feedAppend([{ key: FEED_PREFIX + id, value: version, expiresAt: clock.now() + FEED_MS }]);
    await feed.poll();
  }

  async function put(
    id: string,
    document: ApiKeyDocument,
    expect: number | 'absent',
  ): Promise<number | null> {
    const data = document as ApiKeyDocument & Json;
    return store.put(API_KEY_KIND, id, data, { expect, lookups: [document.workspace] });
  }

  return {
    async create(documentOfId, deed) {
      for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        const id = newApiKeyId();
        const document = documentOfId(id);
        const version = await put(id, document, 'absent');
        if (version === null) continue;
        tell(id, document, deed);
        // Nobody else can have asked for a key that did not exist; this process may still remember that it did not.
        cache.outdate(id, version);
        return { id, document };
      }
      throw new StoreError('no id for a new API key was free');
    },

    async edit(id, change, deed) {
      for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
        const record = await store.get(API_KEY_KIND, id);
        if (record === null) return null;
        const before = documentOf(record);
        const after = change(before);
        if (after === null) return null;
        if (after === before) {
          // An edit that is repeated because its announcement failed finds nothing to change, and announces it again.
          await announce(id, record.version);
          return { document: before, changed: false };
        }
        const version = await put(id, after, record.version);
        if (version !== null) {
          tell(id, after, deed);
          await announce(id, version);
          return { document: after, changed: true };
        }
        // Others who failed in the same moment must not all come back in the same moment.
        await pause(Math.random() * Math.min(2 ** attempt, LONGEST_PAUSE_MS));
      }
      throw new StoreError('an API key is being edited by too many at the same time');
    },
  };
}

/** The lines that say that a key has changed; their value is the version from which on it has. */
export const FEED_PREFIX = `inv:${API_KEY_KIND}:`;

/** Longer than any process believes a key without the feed, and then some for clocks that are apart. */
const FEED_MS = 10 * MAX_AGE_MS;

const MOST_ATTEMPTS = 25;
const LONGEST_PAUSE_MS = 128;
