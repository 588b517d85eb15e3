import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { authError, type AuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import type { CredentialStrategy } from '../../core/strategy.ts';
import type { Revocations } from '../../tokens/revocations.ts';
import type { AccessClaims, OAuthPrincipal, Subject } from './principal.ts';
import type { Standing } from './standing.ts';

/** What an access token is issued for. */
export interface AccessGrant {
  readonly subject: Subject;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly team: string | null;
  readonly sessionId: string;
  readonly generation: number;
  /** The end of the grant that no refresh moves, in milliseconds; `null` for none. */
  readonly absoluteAt: number | null;
  /** What was issued until then is over, so that a new token must be later; `null` when nothing is. */
  readonly endedAt: number | null;
}

export interface IssuedAccess {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** A kind of access token: how its claims are handed out, and how they are found again. */
export interface AccessTokenKind {
  write(claims: AccessClaims): MaybePromise<string>;
  readonly strategy: CredentialStrategy<OAuthPrincipal>;
}

/** Issues access tokens, and says what they stand for. */
export interface AccessTokens {
  issue(grant: AccessGrant): Promise<IssuedAccess>;
  /** Whom a token stands for, all checks of a request included. */
  recognise(token: string, exchange: Exchange): Promise<OAuthPrincipal | AuthError>;
  readonly strategy: CredentialStrategy<OAuthPrincipal>;
}

export interface AccessTokensParts {
  readonly kind: AccessTokenKind;
  readonly issuer: string;
  readonly accessSeconds: number;
  readonly revocations: Revocations;
  readonly standing: Standing;
  readonly clock: Clock;
}

export function accessTokens(parts: AccessTokensParts): AccessTokens {
  const { kind, issuer, accessSeconds, revocations, standing, clock } = parts;
  return {
    strategy: kind.strategy,

    async issue({ subject, clientId, scopes, team, sessionId, generation, absoluteAt, endedAt }) {
      const now = clock.now();
      const issuedAt = Math.floor(now / 1000);
      // No token outlives its grant, however late in it it is issued.
      const end = absoluteAt === null ? Infinity : Math.floor(absoluteAt / 1000);
      const expiresAt = Math.min(issuedAt + accessSeconds, end);
      const revokedVersion = revocations.revokedVersion(standing.ownerKey(subject), team);
      const claims: AccessClaims = {
        iss: issuer,
        aud: clientId,
        client_id: clientId,
        sub: subject.id,
        sub_kind: subject.kind,
        jti: randomBytes(16).toString('hex'),
        iat: issuedAt,
        nbf: issuedAt,
        exp: expiresAt,
        scopes,
        ...(team === null ? {} : { ws: team }),
        sid: sessionId,
        gen: generation,
        // Later than anything that is known to be over, so that no token is born dead.
        av: Math.max(now, revokedVersion + 1, (endedAt ?? 0) + 1),
      };
      return { token: await kind.write(claims), expiresInSeconds: expiresAt - issuedAt };
    },

    async recognise(token, exchange) {
      const credential = { header: 'authorization', scheme: 'bearer', value: token };
      const recognition = await kind.strategy.recognise(credential, exchange);
      if (recognition.kind === 'authenticated') return recognition.principal;
      return recognition.kind === 'rejected' ? recognition.error : authError('token_malformed');
    },
  };
}
