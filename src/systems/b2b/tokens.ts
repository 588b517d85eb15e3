import { authError, type AuthError } from '../../core/errors.ts';
import { chain, type MaybePromise } from '../../core/maybe-promise.ts';
import type { Claims, Principal } from '../../core/principal.ts';
import type { AccountCheck } from '../../services/account-check.ts';
import { generationOf, type PairFormat, type PairSubject } from '../../services/token-pairs.ts';
import type { Sessions } from '../../services/sessions.ts';
import type { Revocations } from '../../tokens/revocations.ts';
import type { B2bUser } from './options.ts';

/** A client of the B2B API, as its access token names it. */
export interface B2bPrincipal extends Principal {
  readonly kind: 'client';
  /** The client id as text. */
  readonly id: string;
  readonly clientId: number;
  /** The user that signed in for the client. */
  readonly userId: string;
  readonly sessionId: string;
}

/** `typ` tells access from refresh tokens, `sub` is the client id as text. */
export const B2B_FORMAT: PairFormat = { kindClaim: 'typ', subjectClaim: 'sub' };

/** Whom a pair of tokens is for. The user is named only where the client id does not name it already. */
export function subjectOf(user: B2bUser): PairSubject {
  const client = String(user.clientId);
  const claims = { sub: client, client_id: user.clientId, ...(user.id === client ? {} : { uid: user.id }) };
  return { owner: client, workspace: null, claims };
}

/** The user behind a token. */
export function userIdOf(claims: Claims): string {
  const { uid, sub } = claims as { uid?: unknown; sub?: unknown };
  return typeof uid === 'string' ? uid : String(sub);
}

/** The principal of verified claims; `null` when they are of no token that this system issues. */
export function principalOf(claims: Claims): B2bPrincipal | null {
  const { sub, client_id: clientId, sid } = claims as { sub: string; client_id?: unknown; sid: string };
  if (!Number.isSafeInteger(clientId) || String(clientId) !== sub) return null;
  return {
    kind: 'client',
    id: sub,
    clientId: clientId as number,
    userId: userIdOf(claims),
    sessionId: sid,
    claims,
  };
}

/** Says on each request whether a token was revoked, or its user is gone: from memory while that is fresh. */
export function revocationCheck(
  revocations: Revocations,
  accounts: AccountCheck,
  sessions: Sessions,
): (claims: Claims) => MaybePromise<AuthError | null> {
  return function checkRevoked(claims) {
    const generation = generationOf(claims);
    const { av } = claims as { av?: unknown };
    if (generation === null || typeof av !== 'number') return authError('token_claim_invalid');
    const revoked = revocations.check({
      sessionId: String(claims['sid']),
      generation,
      owner: sessions.ownerKey(String(claims['sub'])),
      workspace: null,
      authVersion: av,
    });
    return chain(revoked, (refusal) => refusal ?? accounts.check(userIdOf(claims)));
  };
}
