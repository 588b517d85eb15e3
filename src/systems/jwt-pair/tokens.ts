import { authError } from '../../core/errors.ts';
import type { Claims, Principal } from '../../core/principal.ts';
import { actingOfClaims } from '../../services/pair-claims.ts';
import type { PairSubject } from '../../services/token-pairs.ts';
import type { PairNaming } from '../pair-parts.ts';
import type { JwtPairUser } from './options.ts';

/** A user of the JWT pair API, as its access token names it. */
export interface JwtPairPrincipal extends Principal {
  readonly kind: 'user';
  readonly workspace: string | null;
  readonly sessionId: string;
}

/** `token_type` tells access from refresh tokens, `user_id` is the user's id as text. */
export const JWT_PAIR_NAMING: PairNaming<JwtPairUser, JwtPairPrincipal> = {
  format: { kindClaim: 'token_type', subjectClaim: 'user_id' },
  exactSchemeCase: true,
  ownerOf: userIdOf,
  userIdOf,
  workspaceOf,
  // A token follows the membership that its user has now; one of another workspace is no token any more.
  judgeUser: (user, claims) =>
    (user.workspace ?? null) === workspaceOf(claims)
      ? null
      : authError('token_claim_invalid', { claim: 'ws' }),
  principalOf,
};

/** Who the claims of a verified token of either kind say. */
export function principalOf(claims: Claims): JwtPairPrincipal {
  return {
    kind: 'user',
    id: userIdOf(claims),
    workspace: workspaceOf(claims),
    sessionId: String(claims['sid']),
    ...actingOfClaims(claims),
    claims,
  };
}

/** Whom a pair of tokens is for; the workspace is the one that the user belongs to now. */
export function subjectOf(user: JwtPairUser): PairSubject {
  const workspace = user.workspace ?? null;
  return { owner: user.id, workspace, claims: { user_id: user.id, ws: workspace } };
}

/** The user behind a token. */
export function userIdOf(claims: Claims): string {
  return String(claims['user_id']);
}

function workspaceOf(claims: Claims): string | null {
  const { ws } = claims as { ws?: unknown };
  return typeof ws === 'string' ? ws : null;
}
