import type { KeyObject } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import type { Clock } from '../core/clock.ts';
import { authError, isAuthError, type AuthError } from '../core/errors.ts';
import { chain, type MaybePromise } from '../core/maybe-promise.ts';
import type { Claims } from '../core/principal.ts';
import { RecentMap } from '../core/recent-map.ts';
import { sha256Name } from '../core/secrets.ts';
import type { JwtAlgorithm } from './algorithms.ts';
import { checkClaims, isExpired, type ClaimsProfile } from './claims.ts';
import { jwtGate } from './jwt-gate.ts';
import type { KeySource } from './key-ring.ts';

/** Checks a signature and nothing else: the payload when it matches, `null` when it does not. */
export type SignatureCheck = (token: string, key: KeyObject, algorithm: JwtAlgorithm) => unknown;

export interface JwtVerifierOptions<T> {
  readonly keys: KeySource;
  readonly typ: string;
  readonly profile: ClaimsProfile;
  readonly clock: Clock;
  /** The most verified tokens that are remembered; 0 for none. */
  readonly cacheSize: number;
  /** What is made of the claims, once for each token and then remembered with it; the claims are frozen. */
  readonly shape: (claims: Claims) => T;
  readonly checkSignature?: SignatureCheck | undefined;
}

/** Verifies tokens of one kind: gate, key, signature, then claims. */
export interface JwtVerifier<T> {
  /** @param nowMs The moment it is judged at; by default what the clock says. */
  verify(token: string, nowMs?: number): MaybePromise<T | AuthError>;
}

/** What is remembered of a token: what it came to, and the times that every use is held to, in seconds. */
interface Verified<T> {
  readonly result: T;
  readonly exp: number;
  readonly notBefore: number;
}

/**
 * Builds a verifier. A token that was verified is remembered under the SHA-256 of its whole text and is not verified
 * again; its times are checked on every use, and a change of the keys forgets all. Refusals are never remembered.
 */
export function jwtVerifier<T>(options: JwtVerifierOptions<T>): JwtVerifier<T> {
  const { keys, profile, clock, shape, cacheSize } = options;
  let passGate = jwtGate({ algorithms: keys.algorithms, typ: options.typ });
  const checkSignature = options.checkSignature ?? verifySignature;
  const cache = cacheSize === 0 ? null : new RecentMap<Verified<T>>(cacheSize);
  let revision = keys.revision;

  function verifyWith(
    token: string,
    candidates: readonly KeyObject[],
    algorithm: JwtAlgorithm,
    digest: string,
    asked: number,
    now: number,
  ): T | AuthError {
    if (candidates.length === 0) return authError('token_key_unknown');
    for (const key of candidates) {
      const payload = checkSignature(token, key, algorithm);
      if (payload === null) continue;
      const refusal = checkClaims(payload, profile, now);
      if (refusal !== null) return refusal;
      const claims = deepFreeze(payload as Record<string, unknown>);
      const result = shape(claims);
      // A key may have been withdrawn while it was looked for; what it verified is then not remembered.
      if (keys.revision === asked) cache?.set(digest, remembered(result, claims));
      return result;
    }
    return authError('token_signature_invalid');
  }

  return {
    verify(token, nowMs = clock.now()) {
      const now = Math.floor(nowMs / 1000);
      if (keys.revision !== revision) {
        cache?.clear();
        passGate = jwtGate({ algorithms: keys.algorithms, typ: options.typ });
        revision = keys.revision;
      }
      const digest = cache === null ? '' : sha256Name(token);
      const known = cache?.get(digest);
      if (known !== undefined) {
        const refusal = recheckTimes(known, profile, now);
        if (refusal === null) return known.result;
        cache?.delete(digest);
        return refusal;
      }
      const header = passGate(token);
      if (isAuthError(header)) return header;
      const asked = revision;
      return chain(keys.candidates(header.algorithm, header.kid), (found) =>
        verifyWith(token, found, header.algorithm, digest, asked, now),
      );
    },
  };
}

/** Their types have been checked with the claims. */
function remembered<T>(result: T, claims: Claims): Verified<T> {
  const { exp, nbf = 0, iat = 0 } = claims as { exp: number; nbf?: number; iat?: number };
  return { result, exp, notBefore: Math.max(nbf, iat) };
}

/** The times of a remembered token; its beginning as well, since a clock may have been set back. */
function recheckTimes(known: Verified<unknown>, profile: ClaimsProfile, now: number): AuthError | null {
  if (isExpired(known.exp, profile, now)) return authError('token_expired');
  return known.notBefore > now + profile.clockSkewSeconds ? authError('token_not_yet_valid') : null;
}

/**
 * Verifies the signature with jsonwebtoken, pinned to one algorithm. Its own checks of the times are off because
 * {@link checkClaims} makes them, more strictly and by the injected clock.
 */
const verifySignature: SignatureCheck = (token, key, algorithm) => {
  try {
    return jsonwebtoken.verify(token, key, { algorithms: [algorithm], ...SIGNATURE_ONLY });
  } catch {
    return null;
  }
};

/** The options of jsonwebtoken that leave it with nothing but the signature. */
export const SIGNATURE_ONLY = { ignoreExpiration: true, ignoreNotBefore: true } as const;

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member as object);
  }
  return Object.freeze(value);
}
