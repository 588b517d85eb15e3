import { authError, type AuthError } from '../core/errors.ts';
import type { Claims } from '../core/principal.ts';

/** What the payload of an accepted token says. Everything here is checked; nothing is switched off by being absent. */
export interface ClaimsProfile {
  /** The issuers that are accepted, by exact comparison; `null`: the tokens name none, and one that does is refused. */
  readonly issuers: readonly string[] | null;
  /**
   * The audiences of which a token must name one; `null`: the tokens name none, and one that does is refused. A function
   * gives the one audience that the token must name by what else it says; `null` refuses it.
   */
  readonly audiences: readonly string[] | AudienceOf | null;
  /** The claim that names the party; `null` where a token is only looked at and stands for nobody. */
  readonly subjectClaim: string | null;
  /**
   * The claim that tells the token's kind and the value it must have; `null`: see {@link refuseOtherKinds}; `any` where
   * a token is only looked at.
   */
  readonly tokenType: { readonly claim: string; readonly value: string } | 'any' | null;
  /** Claims that must be there besides `exp`, each a string that is not empty. */
  readonly required: readonly string[];
  /** How long past `exp` a token is still accepted, in seconds. */
  readonly expiryLeewaySeconds: number;
  /** How far in the future `iat` and `nbf` may lie, in seconds, for clocks that are apart. */
  readonly clockSkewSeconds: number;
}

/** The one audience that a token may name, by its other claims. */
export type AudienceOf = (claims: Claims) => string | null;

/**
 * Checks the payload of a token whose signature has been verified.
 *
 * @param now Seconds since the Unix epoch.
 * @returns Why the token is refused, or `null`.
 * @see RFC 7519 section 4.1, RFC 8725 sections 3.8 to 3.12
 */
export function checkClaims(payload: unknown, profile: ClaimsProfile, now: number): AuthError | null {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    return authError('token_malformed');
  const claims = payload as Claims;
  return (
    // First of all: past its end a token is of no kind any more, whatever it was and whoever it was for.
    checkTimes(claims, profile, now) ??
    checkKind(claims, profile) ??
    checkIssuer(claims['iss'], profile.issuers) ??
    checkAudience(claims['aud'], acceptedAudiences(profile.audiences, claims)) ??
    checkStrings(claims, profile.required) ??
    checkStrings(claims, profile.subjectClaim === null ? [] : [profile.subjectClaim])
  );
}

/** Whether a token that passed {@link checkClaims} earlier is past its expiry now. */
export function isExpired(expSeconds: number, profile: ClaimsProfile, now: number): boolean {
  return now >= expSeconds + profile.expiryLeewaySeconds;
}

function checkTimes(claims: Claims, profile: ClaimsProfile, now: number): AuthError | null {
  const { exp, nbf, iat } = claims as { exp?: unknown; nbf?: unknown; iat?: unknown };
  if (exp === undefined) return authError('token_claim_missing', { claim: 'exp' });
  // JSON lets 1e400 through as Infinity, which would never expire.
  if (!Number.isSafeInteger(exp)) return authError('token_claim_invalid', { claim: 'exp' });
  if (isExpired(exp as number, profile, now)) return authError('token_expired');
  for (const [claim, value] of [
    ['nbf', nbf],
    ['iat', iat],
  ] as const) {
    if (value === undefined) continue;
    if (typeof value !== 'number' || !Number.isFinite(value))
      return authError('token_claim_invalid', { claim });
    if (value > now + profile.clockSkewSeconds) return authError('token_not_yet_valid');
  }
  return null;
}

function checkIssuer(iss: unknown, accepted: readonly string[] | null): AuthError | null {
  if (accepted === null) return iss === undefined ? null : authError('token_issuer_refused');
  if (iss === undefined) return authError('token_claim_missing', { claim: 'iss' });
  return accepted.some((issuer) => issuer === iss) ? null : authError('token_issuer_refused');
}

function acceptedAudiences(audiences: ClaimsProfile['audiences'], claims: Claims): readonly string[] | null {
  if (typeof audiences !== 'function') return audiences;
  const audience = audiences(claims);
  return audience === null ? [] : [audience];
}

function checkAudience(aud: unknown, accepted: readonly string[] | null): AuthError | null {
  if (accepted === null) return aud === undefined ? null : authError('token_audience_refused');
  if (aud === undefined) return authError('token_claim_missing', { claim: 'aud' });
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!named.every((each) => typeof each === 'string'))
    return authError('token_claim_invalid', { claim: 'aud' });
  return named.some((each) => accepted.includes(each)) ? null : authError('token_audience_refused');
}

function checkKind(claims: Claims, { tokenType }: ClaimsProfile): AuthError | null {
  if (tokenType === 'any') return null;
  if (tokenType === null) return refuseOtherKinds(claims);
  const value = claims[tokenType.claim];
  if (value === undefined) return authError('token_claim_missing', { claim: tokenType.claim });
  return value === tokenType.value ? null : authError('token_type_refused');
}

/** Without a configured kind, a token that calls itself anything but an access token is still not one. */
function refuseOtherKinds(claims: Claims): AuthError | null {
  const otherwise = KIND_CLAIMS.some((claim) => claims[claim] !== undefined && !ACCESS.has(claims[claim]));
  return otherwise ? authError('token_type_refused') : null;
}

const KIND_CLAIMS = ['typ', 'token_type', 'token_use'];
const ACCESS: ReadonlySet<unknown> = new Set(['access', 'Bearer', 'bearer']);

function checkStrings(claims: Claims, names: readonly string[]): AuthError | null {
  for (const claim of names) {
    const value = claims[claim];
    if (value === undefined) return authError('token_claim_missing', { claim });
    if (typeof value !== 'string' || value === '') return authError('token_claim_invalid', { claim });
  }
  return null;
}
