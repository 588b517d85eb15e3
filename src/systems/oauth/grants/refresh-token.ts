import { authError, concerning, isAuthError, type AuthError } from '../../../core/errors.ts';
import { missing } from '../parameters.ts';
import type { GrantData } from '../refresh-tokens.ts';
import { readScope, scopesOf } from '../scopes.ts';
import { respondFor } from '../token-response.ts';
import type { Grant } from './grant.ts';
import { checkGround } from './ground.ts';

/**
 * Exchanges a refresh token (RFC 6749 section 6). Scopes and the party are judged first, since a request that is refused
 * for them leaves the old pair alive; then one atomic step ends it and gives the one successor.
 */
export const refreshTokenGrant: Grant = async (parts, { parameters, client }) => {
  const text = parameters.get('refresh_token');
  if (text === undefined) return missing('refresh_token');
  const presented = await parts.refresh.find(text);
  if (isAuthError(presented)) return concerning('refresh', presented);
  const { family, grant } = presented;
  if (grant.clientId !== client.clientId) return authError('code_mismatch');
  const standing = await checkGround(parts, client, grant, family.createdAt);
  if (isAuthError(standing)) return standing;
  const asked = readScope(parameters.get('scope'), grant.scopes);
  if (isAuthError(asked)) return asked;
  const scopes = stillAllowed(asked ?? grant.scopes, grant, scopesOf(client, parts.config));
  if (isAuthError(scopes)) return scopes;
  await parts.ring?.fresh?.();

  const rotated = await parts.refresh.rotate(presented, scopes);
  if (isAuthError(rotated)) return concerning('refresh', rotated);
  return respondFor(parts, rotated, {
    requested: asked ?? grant.scopes,
    endedAt: standing.endedAt,
    refreshable: true,
  });
};

/** What is left of the scopes after some were withdrawn from the application; a grant that had any keeps at least one. */
function stillAllowed(
  wanted: readonly string[],
  { scopes }: GrantData,
  enabled: readonly string[],
): readonly string[] | AuthError {
  const left = wanted.filter((scope) => enabled.includes(scope));
  return left.length === 0 && scopes.length > 0 ? authError('scope_refused') : left;
}
