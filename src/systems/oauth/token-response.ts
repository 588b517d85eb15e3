import { jsonReply, NO_STORE, type Reply } from '../../core/reply.ts';
import { sameScopes } from '../../core/scopes.ts';
import type { Family } from '../../core/store.ts';
import type { IssuedAccess } from './access-tokens.ts';
import type { OAuthConfig } from './options.ts';
import type { OAuthParts } from './parts.ts';
import { grantDataOf } from './refresh-tokens.ts';

export interface TokenAnswer {
  readonly access: IssuedAccess;
  readonly refreshToken: string | null;
  readonly granted: readonly string[];
  /** What was asked for; `null` when the request named no scope and the answer has to say what there is. */
  readonly requested: readonly string[] | null;
}

/** The answer with tokens (RFC 6749 section 5.1); `scope` only where it is other than what was asked for. */
export function tokenResponse({ tokenTypeCase }: OAuthConfig, answer: TokenAnswer): Reply {
  const { access, refreshToken, granted, requested } = answer;
  const body = {
    token_type: tokenTypeCase,
    expires_in: access.expiresInSeconds,
    access_token: access.token,
    ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
    ...(requested !== null && sameScopes(granted, requested) ? {} : { scope: granted.join(' ') }),
  };
  return jsonReply(200, body, NO_STORE);
}

/** Issues the tokens of a session's current generation, and answers with them. */
export async function respondFor(
  parts: OAuthParts,
  family: Family,
  {
    requested,
    endedAt,
    refreshable,
  }: {
    readonly requested: readonly string[] | null;
    readonly endedAt: number | null;
    readonly refreshable: boolean;
  },
): Promise<Reply> {
  const { clientId, subjectKind, subjectId, accessScopes, team } = grantDataOf(family);
  const access = await parts.access.issue({
    subject: { kind: subjectKind, id: subjectId },
    clientId,
    scopes: accessScopes,
    team,
    sessionId: family.id,
    generation: family.generation,
    absoluteAt: family.absoluteAt,
    endedAt,
  });
  return tokenResponse(parts.config, {
    access,
    refreshToken: refreshable ? parts.refresh.textOf(family) : null,
    granted: accessScopes,
    requested,
  });
}
