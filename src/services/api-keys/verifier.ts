import type { Clock } from '../../core/clock.ts';
import { authError, StoreError, type AuthError } from '../../core/errors.ts';
import { isPromise, type MaybePromise } from '../../core/maybe-promise.ts';
import type { ApiKeyText, ApiKeyTexts } from '../../tokens/api-key-format.ts';
import type { ApiKeyHasher } from '../../tokens/api-key-hash.ts';
import type { FeedReader } from '../../tokens/feed-reader.ts';
import { isOver } from './document.ts';
import type { KeyCache } from './key-cache.ts';
import type { KnownKey, KnownSecret, VerifiedApiKey } from './known-key.ts';
import type { Rehasher } from './rehash.ts';
import type { UsageLog } from './usage.ts';

export interface KeyVerifierParts {
  readonly texts: ApiKeyTexts;
  readonly hasher: ApiKeyHasher;
  readonly cache: KeyCache;
  readonly feed: FeedReader;
  readonly usage: UsageLog;
  readonly rehashing: Rehasher;
  readonly clock: Clock;
}

/** Looks at a key as it was presented: at once when the key is in memory. */
export type KeyVerifier = (presented: string) => MaybePromise<VerifiedApiKey | AuthError>;

export function keyVerifier(parts: KeyVerifierParts): KeyVerifier {
  const { texts, hasher, cache, feed, usage, rehashing, clock } = parts;

  /**
   * Finds the secret that was presented. Every one of the key is compared, so that the time does not tell which it was, and
   * where there is no key the same work is done.
   */
  function findSecret(
    key: KnownKey | null | undefined,
    presented: string,
    { format }: ApiKeyText,
  ): KnownSecret | undefined {
    if (key === null || key === undefined) {
      hasher.matchNobody(presented, format);
      return undefined;
    }
    let found: KnownSecret | undefined;
    for (const secret of key.secrets) {
      if (secret.hash.algorithm !== null && hasher.matches(presented, secret.hash)) found = secret;
    }
    return found;
  }

  function judge(
    key: KnownKey | null,
    secret: KnownSecret | undefined,
    presented: string,
    now: number,
  ): VerifiedApiKey | AuthError {
    if (key === null) return UNKNOWN;
    if (secret === undefined) return judgeUnmatched(key, now);
    if (key.revokedAt !== null) return REVOKED;
    if (isOver(key.expiresAt, now) || isOver(secret.endsAt, now)) return EXPIRED;
    usage.note(key.id, secret.serial, null, now);
    if (secret.hash.algorithm !== null && hasher.isOutdated(secret.hash)) {
      rehashing.rehash(key.id, presented);
    }
    return secret.verified;
  }

  function compare(key: KnownKey | null, presented: string, text: ApiKeyText): VerifiedApiKey | AuthError {
    return judge(key, findSecret(key, presented, text), presented, clock.now());
  }

  /** What a verdict by memory comes to, where `undefined` says that memory has none. */
  function orRead(
    verdict: VerifiedApiKey | AuthError | undefined,
    presented: string,
    text: ApiKeyText,
  ): MaybePromise<VerifiedApiKey | AuthError> {
    if (verdict === undefined) return cache.read(text.id).then((key) => compare(key, presented, text));
    if (verdict !== SECRET_INVALID) return verdict;
    // Another process may have given the key this secret a moment ago, and whoever made it may use it at once.
    return cache.readAgain(text.id)?.then((key) => compare(key, presented, text)) ?? verdict;
  }

  return function verify(presented) {
    const text = typeof presented === 'string' ? texts.outline(presented) : null;
    if (text === null) return MALFORMED;
    const now = clock.now();
    const known = cache.known(text.id, now);
    const secret = findSecret(known, presented, text);
    // A digest that matches is one of the whole text, so that its characters and its checksum are right as well.
    if (secret === undefined && texts.read(presented) === null) return MALFORMED;
    const fresh = feed.fresh(now);
    if (isPromise(fresh)) {
      return fresh.then(() => {
        const later = cache.known(text.id, clock.now());
        return orRead(later === undefined ? later : compare(later, presented, text), presented, text);
      });
    }
    return orRead(known === undefined ? known : judge(known, secret, presented, now), presented, text);
  };
}

const MALFORMED = authError('key_malformed');
const UNKNOWN = authError('key_unknown');
const SECRET_INVALID = authError('key_secret_invalid');
const EXPIRED = authError('key_expired');
const REVOKED = authError('key_revoked');

/** A secret that could not be compared may be the right one; unless the key is of no use anyway, that is an outage. */
function judgeUnmatched(key: KnownKey, now: number): AuthError {
  for (const { hash, endsAt } of key.secrets) {
    if (hash.algorithm !== null || isOver(endsAt, now)) continue;
    if (key.revokedAt !== null) return REVOKED;
    if (isOver(key.expiresAt, now)) return EXPIRED;
    throw new StoreError(hash.problem);
  }
  return SECRET_INVALID;
}
