import { authError } from '../../core/errors.ts';
import type { Claims, Principal } from '../../core/principal.ts';
import { actingOfClaims } from '../../services/pair-claims.ts';
import type { PairSubject } from '../../services/token-pairs.ts';
import type { PairNaming } from '../pair-parts.ts';
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
export const B2B_NAMING: PairNaming<B2bUser, B2bPrincipal> = {
  format: { kindClaim: 'typ', subjectClaim: 'sub' },
  ownerOf: (claims) => String(claims['sub']),
  userIdOf,
  workspaceOf: () => null,
  judgeUser: (user, claims) => (signsInFor(user, claims) ? null : SUBJECT_INACTIVE),
  principalOf,
};

const SUBJECT_INACTIVE = authError('subject_inactive');

/** Whether the user still signs in for the client of a token; one that was given another leaves its tokens behind. */
export function signsInFor(user: B2bUser, claims: Claims): boolean {
  return String(user.clientId) === claims['sub'];
}

/**
 * Whom a pair of tokens is for. The user is named only where the client id does not name it already.
 *
 * @throws TypeError for a user that no token can name: it would come back as another one, or as nobody.
 */
export function subjectOf(user: B2bUser): PairSubject {
  if (!Number.isSafeInteger(user.clientId) || typeof user.id !== 'string' || user.id === '') {
    throw new TypeError(
      'b2bSystem.directory: a user has an id, which is text, and a clientId, which is an integer.',
    );
  }
  const client = String(user.clientId);
  const claims = { sub: client, client_id: user.clientId, ...(user.id === client ? {} : { uid: user.id }) };
  return { owner: client, workspace: null, claims };
}

/** The user behind a token. */
export function userIdOf(claims: Claims): string {
  const { uid, sub } = claims as { uid?: unknown; sub?: unknown };
  return typeof uid === 'string' ? uid : String(sub);
}

function principalOf(claims: Claims): B2bPrincipal | null {
  const { sub, client_id: clientId, sid } = claims as { sub: string; client_id?: unknown; sid: string };
  if (!Number.isSafeInteger(clientId) || String(clientId) !== sub) return null;
  return {
    kind: 'client',
    id: sub,
    clientId: clientId as number,
    userId: userIdOf(claims),
    sessionId: sid,
    ...actingOfClaims(claims),
    claims,
  };
}
