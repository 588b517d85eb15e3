import type { Clock } from '../core/clock.ts';
import { authError, isAuthError, type AuthError } from '../core/errors.ts';
import { chain, type MaybePromise } from '../core/maybe-promise.ts';
import type { Actor, Claims } from '../core/principal.ts';
import { randomToken, sha256 } from '../core/secrets.ts';
import type { Family } from '../core/store.ts';
import type { ClaimsProfile } from '../tokens/claims.ts';
import { issuerOnlyRing, jwtSigner } from '../tokens/jwt-signer.ts';
import { jwtVerifier } from '../tokens/jwt-verifier.ts';
import type { KeyRing } from '../tokens/key-ring.ts';
import type { Revocations } from '../tokens/revocations.ts';
import { sessionDataOf } from './session-data.ts';
import type { Sessions } from './sessions.ts';

/** How a system's tokens are written: which claims tell the kind and the party, and what else they say. */
export interface PairFormat {
  /** The claim that holds `access` or `refresh`. */
  readonly kindClaim: string;
  readonly subjectClaim: string;
}

/** For whom a pair is issued; `claims` go into both tokens as they stand and hold the subject claim. */
export interface PairSubject {
  /** The owner of the session. */
  readonly owner: string;
  readonly workspace: string | null;
  readonly claims: Claims;
}

export interface TokenPair {
  readonly access: string;
  readonly refresh: string;
  /** Seconds since the Unix epoch, as in the tokens. */
  readonly accessExpiresAt: number;
  readonly refreshExpiresAt: number;
  readonly sessionId: string;
}

/** A refresh token whose signature, kind and expiry have been checked; whether it was used is for the store to say. */
export interface RefreshToken {
  readonly sessionId: string;
  readonly generation: number;
  readonly claims: Claims;
}

/** Issues pairs of an access and a refresh JWT. */
export interface TokenPairs {
  /** The pair of a session's current generation. The refresh token is the same text each time it is issued. */
  issue(family: Family, subject: PairSubject): TokenPair;
  /** Another access token of the session's current generation. */
  issueAccess(family: Family, subject: PairSubject): string;
  /** Reads a refresh token without touching the store. */
  readRefresh(token: string): MaybePromise<RefreshToken | AuthError>;
  /** Reads a token of either kind, or of another issuer under the same key, for whoever only asks whether it is valid. */
  inspect(token: string): MaybePromise<Claims | AuthError>;
  /** Exchanges it: atomic, with one successor. */
  refresh(token: RefreshToken, subject: PairSubject): Promise<TokenPair | AuthError>;
}

export interface TokenPairsOptions {
  readonly ring: KeyRing;
  readonly format: PairFormat;
  readonly sessions: Sessions;
  readonly revocations: Revocations;
  readonly accessSeconds: number;
  readonly clock: Clock;
}

export function tokenPairs(options: TokenPairsOptions): TokenPairs {
  const { ring, format, sessions, revocations, accessSeconds, clock } = options;
  const refreshRing = issuerOnlyRing(ring);
  const signAccess = jwtSigner(ring);
  const signRefresh = jwtSigner(refreshRing);
  const refreshVerifier = jwtVerifier<Claims>({
    keys: refreshRing,
    typ: 'JWT',
    profile: profileOf(format, 'refresh'),
    clock,
    cacheSize: 0,
    shape: (claims) => claims,
  });

  const inspectors = [ring, refreshRing].map((keys) =>
    jwtVerifier<Claims>({
      keys,
      typ: 'JWT',
      profile: { ...profileOf(format, 'access'), subjectClaim: null, tokenType: 'any', required: ['jti'] },
      clock,
      cacheSize: 0,
      shape: (claims) => claims,
    }),
  );

  function sharedClaims(family: Family, subject: PairSubject): Claims {
    return { ...subject.claims, ...actClaims(family), sid: family.id, gen: family.generation };
  }

  function issueAccess(
    family: Family,
    subject: PairSubject,
  ): { readonly token: string; readonly expiresAt: number } {
    const now = clock.now();
    const issuedAt = Math.floor(now / 1000);
    const expiresAt = Math.min(issuedAt + accessSeconds, absoluteEndSeconds(family));
    const revokedVersion = revocations.revokedVersion(sessions.ownerKey(subject.owner), subject.workspace);
    const token = signAccess({
      ...sharedClaims(family, subject),
      [format.kindClaim]: 'access',
      jti: randomHex(),
      // Later than any version that this process knows to be revoked, so that no token is born dead.
      av: Math.max(now, revokedVersion + 1),
      iat: issuedAt,
      exp: expiresAt,
    });
    return { token, expiresAt };
  }

  function issue(family: Family, subject: PairSubject): TokenPair {
    const access = issueAccess(family, subject);
    const refreshExpiresAt = Math.floor(family.expiresAt / 1000);
    return {
      access: access.token,
      // Made of the family's row alone, and signed by the key of that moment, so that a repeat gives the same text byte
      // for byte.
      refresh: signRefresh(
        {
          ...sharedClaims(family, subject),
          [format.kindClaim]: 'refresh',
          jti: refreshId(family),
          av: family.rotatedAt,
          iat: Math.floor(family.rotatedAt / 1000),
          exp: refreshExpiresAt,
        },
        family.rotatedAt,
      ),
      accessExpiresAt: access.expiresAt,
      refreshExpiresAt,
      sessionId: family.id,
    };
  }

  return {
    issue,
    issueAccess: (family, subject) => issueAccess(family, subject).token,
    readRefresh: (token) =>
      chain(refreshVerifier.verify(token), (claims) =>
        isAuthError(claims) ? claims : toRefreshToken(claims),
      ),
    async inspect(token) {
      let answer: Claims | AuthError = authError('token_malformed');
      for (const inspector of inspectors) {
        answer = await inspector.verify(token);
        if (!isAuthError(answer) || !OTHER_KEY.has(answer.code)) return answer;
      }
      return answer;
    },
    async refresh(token, subject) {
      const issued = await sessions.rotate(token.sessionId, token.generation);
      return isAuthError(issued) ? issued : issue(issued.family, subject);
    },
  };
}

/** What an inspector says of a token that the other one's keys may have signed. */
const OTHER_KEY: ReadonlySet<string> = new Set([
  'token_algorithm_refused',
  'token_key_unknown',
  'token_signature_invalid',
]);

/** What a token of a pair must say besides the claims of its system. Pairs name no issuer and no audience. */
function profileOf(format: PairFormat, kind: 'access' | 'refresh'): ClaimsProfile {
  return {
    issuers: null,
    audiences: null,
    subjectClaim: format.subjectClaim,
    tokenType: { claim: format.kindClaim, value: kind },
    required: PAIR_CLAIMS,
    expiryLeewaySeconds: 0,
    clockSkewSeconds: 60,
  };
}

/** The claims that every token of a pair has, by which it can be revoked. */
export const PAIR_CLAIMS: readonly string[] = ['jti', 'sid'];

/** Reads the generation of a token; a token without one is no token of a pair. */
export function generationOf(claims: Claims): number | null {
  const { gen } = claims as { gen?: unknown };
  return Number.isSafeInteger(gen) && (gen as number) >= 1 ? (gen as number) : null;
}

function toRefreshToken(claims: Claims): RefreshToken | AuthError {
  const generation = generationOf(claims);
  if (generation === null) return authError('token_claim_invalid', { claim: 'gen' });
  return { sessionId: String(claims['sid']), generation, claims };
}

/** Who acts as the subject: the `act` claim of RFC 8693 section 4.1, and whether only to read. */
function actClaims(family: Family): Claims {
  const { actor } = sessionDataOf(family);
  if (actor === null) return {};
  return { act: { sub: actor.id, sid: actor.sessionId }, ...(actor.readOnly ? { read_only: true } : {}) };
}

/** Whether a token names nobody who acts as its subject, or does so as {@link actClaims} writes it. */
export function hasPlainActor({ act }: Claims): boolean {
  if (act === undefined) return true;
  if (typeof act !== 'object' || act === null) return false;
  const { sub, sid } = act as { sub?: unknown; sid?: unknown };
  return typeof sub === 'string' && sub !== '' && typeof sid === 'string' && sid !== '';
}

/** What a principal says of whoever acts as it, from the claims of its token. */
export function actingOfClaims(claims: Claims): { readonly actor?: Actor; readonly readOnly?: boolean } {
  const { act, read_only: readOnly } = claims as { act?: { sub: string; sid: string }; read_only?: unknown };
  if (act === undefined) return {};
  return { actor: { kind: 'user', id: act.sub, sessionId: act.sid }, readOnly: readOnly === true };
}

/** No token outlives its session, however late in it it is issued. */
function absoluteEndSeconds(family: Family): number {
  return family.absoluteAt === null ? Infinity : Math.floor(family.absoluteAt / 1000);
}

function refreshId(family: Family): string {
  return toHex(sha256(`refresh ${family.id} ${family.generation}`));
}

function randomHex(): string {
  return toHex(randomToken(128));
}

/** The first 128 bits as 32 hexadecimal characters. */
function toHex(base64url: string): string {
  return Buffer.from(base64url, 'base64url').toString('hex').slice(0, 32);
}
