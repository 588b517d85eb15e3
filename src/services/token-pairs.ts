import type { Clock } from '../core/clock.ts';
import { authError, isAuthError, type AuthError } from '../core/errors.ts';
import { chain, type MaybePromise } from '../core/maybe-promise.ts';
import type { Claims } from '../core/principal.ts';
import { randomToken, sha256 } from '../core/secrets.ts';
import type { Family } from '../core/store.ts';
import { issuerOnlyRing, jwtSigner } from '../tokens/jwt-signer.ts';
import { jwtVerifier } from '../tokens/jwt-verifier.ts';
import type { KeyRing } from '../tokens/key-ring.ts';
import type { Revocations } from '../tokens/revocations.ts';
import { actClaims, generationOf, pairProfile, type PairFormat } from './pair-claims.ts';
import type { Sessions } from './sessions/contract.ts';

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
    profile: pairProfile(format, 'refresh'),
    clock,
    cacheSize: 0,
    shape: (claims) => claims,
  });

  const inspectors = [ring, refreshRing].map((keys) =>
    jwtVerifier<Claims>({
      keys,
      typ: 'JWT',
      profile: { ...pairProfile(format, 'access'), subjectClaim: null, tokenType: 'any', required: ['jti'] },
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

function toRefreshToken(claims: Claims): RefreshToken | AuthError {
  const generation = generationOf(claims);
  if (generation === null) return authError('token_claim_invalid', { claim: 'gen' });
  return { sessionId: String(claims['sid']), generation, claims };
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
