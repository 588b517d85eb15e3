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

  /** Every secret is compared, so that the time does not tell which one it was. */
  function findSecret(key: KnownKey, presented: string): KnownSecret | undefined {
    let found: KnownSecret | undefined;
    for (const secret of key.secrets) {
      if (secret.hash.algorithm !== null && hasher.matches(presented, secret.hash)) found = secret;
    }
    return found;
  }

  function judge(
    key: KnownKey | null,
    presented: string,
    { format }: ApiKeyText,
  ): VerifiedApiKey | AuthError {
    if (key === null) {
      hasher.matchNobody(presented, format);
      return UNKNOWN;
    }
    const secret = findSecret(key, presented);
    const now = clock.now();
    if (secret === undefined) return judgeUnmatched(key, now);
    if (key.revokedAt !== null) return REVOKED;
    if (isOver(key.expiresAt, now) || isOver(secret.endsAt, now)) return EXPIRED;
    usage.note(key.id, secret.serial);
    if (secret.hash.algorithm !== null && hasher.isOutdated(secret.hash)) {
      rehashing.rehash(key.id, presented);
    }
    return secret.verified;
  }

  function lookUp(text: ApiKeyText, presented: string): MaybePromise<VerifiedApiKey | AuthError> {
    const known = cache.known(text.id);
    if (known === undefined) return cache.read(text.id).then((key) => judge(key, presented, text));
    const verdict = judge(known, presented, text);
    if (verdict !== SECRET_INVALID) return verdict;
    // Another process may have given the key this secret a moment ago, and whoever made it may use it at once.
    return cache.readAgain(text.id)?.then((key) => judge(key, presented, text)) ?? verdict;
  }

  return function verify(presented) {
    const text = typeof presented === 'string' ? texts.read(presented) : null;
    if (text === null) return MALFORMED;
    const fresh = feed.fresh();
    return isPromise(fresh) ? fresh.then(() => lookUp(text, presented)) : lookUp(text, presented);
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
