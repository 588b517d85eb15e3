import { authError, isAuthError } from '../../../core/errors.ts';
import { randomToken } from '../../../core/secrets.ts';
import { readTeamScope, scopesOf } from '../scopes.ts';
import { tokenResponse } from '../token-response.ts';
import type { Grant } from './grant.ts';

/**
 * A token for the application itself, for one of its teams or for none (RFC 6749 section 4.4). There is no session behind
 * it and so nothing to refresh; it is revoked by an id of its own.
 */
export const clientCredentialsGrant: Grant = async (parts, { parameters, client }) => {
  const asked = readTeamScope(parameters.get('scope'), scopesOf(client, parts.config), client.teams);
  if (isAuthError(asked)) return asked;
  const { scopes, team } = asked;
  const { directory } = parts.config;
  if (team !== null && directory.findTeam !== undefined) {
    const found = (await directory.findTeam(team)) ?? null;
    if (found?.active !== true) return authError('scope_refused');
  }
  const access = await parts.access.issue({
    subject: { kind: 'client', id: client.clientId },
    clientId: client.clientId,
    scopes,
    team,
    sessionId: randomToken(128),
    generation: 1,
    absoluteAt: null,
    endedAt: client.endedAt,
  });
  return tokenResponse(parts.config, { access, refreshToken: null, granted: scopes, requested: scopes });
};
