import type { Claims, Principal } from '../../core/principal.ts';
import type { PairFormat, PairSubject } from '../../services/token-pairs.ts';
import type { JwtPairUser } from './options.ts';

/** A user of the JWT pair API, as its access token and the directory name it. */
export interface JwtPairPrincipal extends Principal {
  readonly kind: 'user';
  readonly workspace: string | null;
  readonly sessionId: string;
}

/** `token_type` tells access from refresh tokens, `user_id` is the user's id as text. */
export const JWT_PAIR_FORMAT: PairFormat = { kindClaim: 'token_type', subjectClaim: 'user_id' };

/** Whom a pair of tokens is for; the workspace is the one that the user belongs to now. */
export function subjectOf(user: JwtPairUser): PairSubject {
  const workspace = user.workspace ?? null;
  return { owner: user.id, workspace, claims: { user_id: user.id, ws: workspace } };
}

/** The user behind a token. */
export function userIdOf(claims: Claims): string {
  return String(claims[JWT_PAIR_FORMAT.subjectClaim]);
}

/** The workspace that a token was issued in; `null` when its user had none. */
export function workspaceOf(claims: Claims): string | null {
  const { ws } = claims as { ws?: unknown };
  return typeof ws === 'string' ? ws : null;
}
