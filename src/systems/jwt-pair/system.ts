import type { EntryGuard } from '../../core/decision.ts';
import type { Dialect } from '../../core/dialect.ts';
import { isAuthError, type AuthError } from '../../core/errors.ts';
import type { Principal } from '../../core/principal.ts';
import { drf } from '../../dialects/drf.ts';
import { authenticate } from '../../middleware/authenticate.ts';
import { decideImpersonation, type ImpersonateOptions } from '../../services/impersonation.ts';
import { impersonationData } from '../../services/session-data.ts';
import type { Sessions } from '../../services/sessions/contract.ts';
import type { TokenPair } from '../../services/token-pairs.ts';
import { type AuthenticateRouteOptions, entryByRoute } from '../asking-entry.ts';
import { endpointTable, type System } from '../endpoints.ts';
import { pairParts } from '../pair-parts.ts';
import { jwtPairEndpoints } from './endpoints.ts';
import { readJwtPairOptions, type JwtPairOptions } from './options.ts';
import { SOCIAL_PREFIX, socialEndpoints } from './social-endpoints.ts';
import { JWT_PAIR_NAMING, subjectOf } from './tokens.ts';

export type { JwtPairOptions, JwtPairUser } from './options.ts';
export type { JwtPairSocialOptions } from './social-options.ts';
export type { JwtPairPrincipal } from './tokens.ts';
export type { SocialDirectory, EmailHolder, UserProfile } from '../../services/social/directory.ts';
export type { SocialIdentity } from '../../providers/social-identity.ts';

/**
 * The JWT pair API: create, refresh, verify and logout below `/api/v1/jwt/`, sign-in at providers below `/api/v1/auth/`,
 * and guards for the host's own routes.
 */
export interface JwtPairSystem extends System {
  /** The beginning of a guard for a protected route, by Bearer and, where it was given, by API key. */
  authenticate(options?: AuthenticateRouteOptions): EntryGuard<Principal>;
  /** How this system writes refusals. */
  readonly dialect: Dialect;
  /** Sessions of users; the owner is the user's id. */
  readonly sessions: Sessions;
  /**
   * Lets the user of a session act as another user, in a session that ends with the actor's own. Where the directory
   * has no `mayImpersonate`, nobody may.
   *
   * @returns The pair, or the refusals of {@link decideImpersonation}.
   */
  impersonate(
    actorSessionId: string,
    targetId: string,
    options: ImpersonateOptions,
  ): Promise<TokenPair | AuthError>;
}

/**
 * Builds the JWT pair API over a store and a directory.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_weak`, `key_invalid`,
 *   `strategies_overlap`.
 */
export function jwtPairSystem(options: JwtPairOptions): JwtPairSystem {
  const config = readJwtPairOptions(options);
  const { clock, onEvent, requestId, apiKeys } = config;
  const parts = pairParts('jwt-pair', 'jwtPairSystem', config, JWT_PAIR_NAMING);
  const { feed, sessions, strategy } = parts;
  const dialect = drf({ legacyTokenMessages: config.legacyTokenMessages });
  const entry: EntryGuard<Principal> = {
    ...(apiKeys === undefined ? authenticate(strategy) : authenticate(strategy, apiKeys)),
    dialect,
    onEvent,
    requestId,
  };
  const own = { ...config, ...parts, entry };
  const { social } = config;
  const endpoints = [...jwtPairEndpoints(own), ...(social === undefined ? [] : socialEndpoints(own, social))];
  const prefixes = ['/api/v1/jwt', ...(social === undefined ? [] : [SOCIAL_PREFIX])];

  return {
    name: 'jwt-pair',
    endpoints,
    prefixes,
    handle: endpointTable(endpoints, {
      dialect,
      schemes: ['Bearer'],
      prefixes,
      clock,
      onEvent,
      requestId,
    }),
    close: () => feed.close(),
    authenticate: entryByRoute('jwtPair.authenticate', entry, feed),
    dialect,
    sessions,
    async impersonate(actorSessionId, targetId, how) {
      const granted = await decideImpersonation(sessions, config.directory, actorSessionId, targetId, how);
      if (isAuthError(granted)) return granted;
      const { target, actor, maxSeconds } = granted;
      const family = await sessions.start(target.id, impersonationData(target.id, actor), {
        parent: actor.sessionId,
        maxSeconds,
        reason: actor.reason,
      });
      return parts.pairs.issue(family, subjectOf(target));
    },
  };
}
