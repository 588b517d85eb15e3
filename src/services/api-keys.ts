import { systemClock, type Clock } from '../core/clock.ts';
import { authError, type AuthError } from '../core/errors.ts';
import type { ApiKeyEvent, EventSink } from '../core/events.ts';
import { chain, type MaybePromise } from '../core/maybe-promise.ts';
import { callback, implementing, integer, oneOf, optional, parseOptions } from '../core/options.ts';
import type { FeedStore, RecordStore } from '../core/store.ts';
import { apiKeyTexts, productPrefixOption, type ApiKeyFormat } from '../tokens/api-key-format.ts';
import { apiKeyHasher, peppersOption } from '../tokens/api-key-hash.ts';
import { feedReader, type FeedReader } from '../tokens/feed-reader.ts';
import type { KeyInput } from '../tokens/key-material.ts';
import { administration } from './api-keys/administration.ts';
import type { ApiKeyAdministration } from './api-keys/contract.ts';
import { FEED_PREFIX, keyEditor } from './api-keys/editor.ts';
import { keyCache } from './api-keys/key-cache.ts';
import type { KeyUses, VerifiedApiKey } from './api-keys/known-key.ts';
import { rehasher } from './api-keys/rehash.ts';
import { usageLog } from './api-keys/usage.ts';
import { keyVerifier } from './api-keys/verifier.ts';
import { requestLimits, type RequestLimiter } from './request-limits.ts';
import { secondsToWait } from './seconds-to-wait.ts';

export type {
  ApiKeyPage,
  EditOptions,
  FinishOptions,
  IssuedApiKey,
  RotateOptions,
} from './api-keys/contract.ts';
export type { ApiKeyPrincipal, ApiKeyRateLimit, ApiKeyRecord, ApiKeySecret } from './api-keys/document.ts';
export type { VerifiedApiKey } from './api-keys/known-key.ts';
export type { ApiKeyChanges, NewApiKey } from './api-keys/new-key.ts';
export type { ApiKeySecretUsage, ApiKeyUsage, FinishedRotation } from './api-keys/usage-report.ts';
export { apiKeyPattern, findApiKeys, type ApiKeyFormat } from '../tokens/api-key-format.ts';

export interface ApiKeysOptions {
  /** Where keys are kept as hashes, and through whose feed edits reach every process. */
  readonly store: RecordStore & FeedStore;
  /** The reader of the store's feed, shared with whatever else reads it; by default one of its own is made. */
  readonly feed?: FeedReader | undefined;
  /**
   * What checksummed keys begin with, so that people and scanners see whose they are: at most 32 characters in lower
   * case, as in `acme` or `acme_live`. Keys with another prefix are refused.
   */
  readonly productPrefix: string;
  /** The format of new keys; default `checksummed`. Keys of both formats are accepted, whichever it is. */
  readonly keyFormat?: ApiKeyFormat | undefined;
  /**
   * A secret of the application, of at least 32 bytes, that is mixed into the hashes of checksummed keys; none by
   * default, which is plain SHA-256. Of several the first is the current one: a key that is hashed in another way is
   * hashed anew when it is used. Leave out an earlier one only when no key is hashed with it any more.
   */
  readonly pepper?: PepperOption | readonly PepperOption[] | undefined;
  /** Counts the requests of keys that have a limit, in place of the store. */
  readonly limiter?: RequestLimiter | undefined;
  /** The most keys that are remembered; default 10,000. */
  readonly cacheSize?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Is told of every edit, once it is in the store; what it throws changes nothing. */
  readonly onEvent?: EventSink<ApiKeyEvent> | undefined;
}

/** A pepper by its name, so that keys tell which one they were hashed with. */
export interface PepperOption {
  /** Stands beside each hash: 1 to 32 letters, digits, `_` and `-`. */
  readonly id: string;
  readonly secret: KeyInput;
}

/** The API keys of an application: their administration, and the look at those that requests bring. */
export interface ApiKeys extends ApiKeyAdministration {
  /**
   * Looks at a key as it was presented: at once when the key is in memory and what is known is fresh. Whoever calls it
   * holds the request to the key's networks and to its limit, by `networks` and `admit` of the answer, as
   * `ApiKeyStrategy` does.
   *
   * @returns Who it stands for, or the refusal `key_malformed`, `key_unknown`, `key_secret_invalid`, `key_expired` or
   *   `key_revoked`, of which the caller only learns that it is refused.
   * @throws {@link StoreError} When that cannot be known.
   */
  verify(presented: string): MaybePromise<VerifiedApiKey | AuthError>;
  /** Writes which keys were used, and ends the timers; the feed's reader too, when it was made here. */
  close(): Promise<void>;
}

/**
 * Builds the service over a store. Keys are kept as digests only, and read once: edits reach every process through the
 * store's feed.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `option_conflict`, `key_weak`,
 *   `key_invalid`.
 */
export function apiKeys(options: ApiKeysOptions): ApiKeys {
  const { store, clock, onEvent, keyFormat, ...parsed } = parseOptions('apiKeys', options, {
    store: implementing<RecordStore & FeedStore>(
      'a store, such as memoryStore()',
      'get',
      'put',
      'list',
      'use',
      'feedAppend',
    ),
    feed: optional(implementing<FeedReader>('a feed reader', 'fresh', 'poll', 'subscribe')),
    productPrefix: productPrefixOption,
    keyFormat: optional(oneOf('checksummed', 'prefix-secret'), 'checksummed'),
    pepper: optional(peppersOption, []),
    limiter: optional(implementing<RequestLimiter>('a limiter', 'take')),
    cacheSize: optional(integer(1, 10_000_000), 10_000),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
    onEvent: optional(callback<EventSink<ApiKeyEvent>>()),
  });
  const feed = parsed.feed ?? feedReader({ store, clock });
  const texts = apiKeyTexts(parsed.productPrefix);
  const hasher = apiKeyHasher(parsed.pepper);
  const usage = usageLog(store, clock);
  const limiter = parsed.limiter ?? requestLimits({ store, clock });
  const uses: KeyUses = {
    admit: (id, rate) =>
      chain(limiter.take({ name: `api_key ${id}`, ...rate }), (answer) => {
        const retryAfterSeconds = secondsToWait(answer, 'apiKeys.limiter.take');
        return retryAfterSeconds === null ? null : authError('rate_limited', { retryAfterSeconds });
      }),
    seenFrom: (id, serial, address) => usage.note(id, serial, address),
  };
  const cache = keyCache({ store, hasher, uses, clock, size: parsed.cacheSize });
  const editor = keyEditor({ store, feed, cache, clock, onEvent });
  const rehashing = rehasher(editor, hasher, clock);
  feed.subscribe(({ key, value }) => {
    if (key.startsWith(FEED_PREFIX)) cache.outdate(key.slice(FEED_PREFIX.length), value);
  });

  return {
    ...administration({ store, editor, texts, hasher, usage, keyFormat, clock }),
    verify: keyVerifier({ texts, hasher, cache, feed, usage, rehashing, clock }),
    async close() {
      await rehashing.close();
      await usage.close();
      if (parsed.feed === undefined) await feed.close();
    },
  };
}
