import { authError, isAuthError, type AuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { Principal } from '../../core/principal.ts';
import type { Reply } from '../../core/reply.ts';
import type { Endpoint, Identify, PathSegments } from '../endpoints.ts';
import type { ConnectionsParts } from './parts.ts';

export type Member = Principal & { readonly workspace: string };

/** A request of a member of a workspace. */
export interface MemberRequest {
  readonly parts: ConnectionsParts;
  readonly member: Member;
  readonly exchange: Exchange;
  readonly segments: PathSegments;
}

/** Answers members only; whoever is none is refused, and nothing else happens. */
export function forMembers(
  parts: ConnectionsParts,
  purpose: 'reading' | 'changing',
  answer: (request: MemberRequest) => Promise<Reply | AuthError>,
): Endpoint['handle'] {
  return async (exchange, identify, segments) => {
    const member = await enter(parts, exchange, identify, purpose);
    return isAuthError(member) ? member : answer({ parts, member, exchange, segments });
  };
}

/**
 * Who asks, in which workspace. Whoever changes something is a user, and not one who may only read, although one of these
 * requests is a GET.
 */
async function enter(
  { entry }: ConnectionsParts,
  exchange: Exchange,
  identify: Identify,
  purpose: 'reading' | 'changing',
): Promise<Member | AuthError> {
  const decision = await entry.enterChain(exchange);
  if (decision.kind === 'deny') return decision.error;
  const { principal } = decision;
  identify(principal);
  if (purpose === 'changing' && principal.kind !== 'user') return authError('permission_denied');
  if (purpose === 'changing' && principal.readOnly === true) return authError('read_only');
  const { workspace } = principal;
  if (typeof workspace !== 'string' || workspace === '') return authError('workspace_missing');
  return { ...principal, workspace };
}
