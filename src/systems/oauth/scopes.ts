import { authError, isAuthError, type AuthError } from '../../core/errors.ts';
import { areWithin, parseScope } from '../../core/scopes.ts';
import type { OAuthClient } from '../../services/oauth-clients/document.ts';
import type { ScopeView } from './interaction.ts';
import type { OAuthConfig } from './options.ts';

/** The scopes that an application may ask for: those enabled for it that the API still has. */
export function scopesOf(client: OAuthClient, { scopes }: OAuthConfig): readonly string[] {
  return client.scopes.filter((scope) => scopes.has(scope));
}

/**
 * Reads the parameter `scope`.
 *
 * @returns `null` when there is none; `scope_refused` for one of another form or that is not among `allowed`.
 */
export function readScope(
  parameter: string | undefined,
  allowed: readonly string[],
): readonly string[] | null | AuthError {
  if (parameter === undefined) return null;
  const scopes = parseScope(parameter);
  return scopes !== null && areWithin(scopes, allowed) ? scopes : authError('scope_refused');
}

/** What a request of client credentials asks for. */
export interface TeamScopes {
  readonly scopes: readonly string[];
  /** The team of the one scope `team_<id>`; `null` without one. */
  readonly team: string | null;
}

/** Reads the parameter `scope` of client credentials, where one scope may name a team of the application. */
export function readTeamScope(
  parameter: string | undefined,
  allowed: readonly string[],
  teams: readonly string[],
): TeamScopes | AuthError {
  const scopes = readScope(parameter, [...allowed, ...teams.map((team) => TEAM_PREFIX + team)]);
  if (scopes === null || isAuthError(scopes)) return authError('scope_refused');
  const [team, ...more] = scopes.filter((scope) => scope.startsWith(TEAM_PREFIX));
  if (more.length > 0) return authError('scope_refused');
  return { scopes, team: team === undefined ? null : team.slice(TEAM_PREFIX.length) };
}

const TEAM_PREFIX = 'team_';

/** Scopes with their words, for people. */
export function toViews(scopes: readonly string[], config: OAuthConfig): readonly ScopeView[] {
  return scopes.map((name) => ({ name, description: config.scopes.get(name) ?? name }));
}
