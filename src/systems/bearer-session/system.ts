import type { EntryGuard } from '../../core/decision.ts';
import type { Dialect } from '../../core/dialect.ts';
import { authError, isAuthError, type AuthError } from '../../core/errors.ts';
import { chain, isPromise, type MaybePromise } from '../../core/maybe-promise.ts';
import type { Family } from '../../core/store.ts';
import { bearerSessionDialect } from '../../dialects/bearer-session.ts';
import { authenticate } from '../../middleware/authenticate.ts';
import { decideImpersonation, type ImpersonateOptions } from '../../services/impersonation.ts';
import { opaqueGrants, type OpaqueGrant } from '../../services/opaque-grants.ts';
import { impersonationData, sessionDataOf, type SessionActor } from '../../services/session-data.ts';
import type { Sessions } from '../../services/sessions/contract.ts';
import { OpaqueBearerStrategy } from '../../../strategies/opaque-bearer.ts';
import { type AuthenticateRouteOptions, entryByRoute } from '../asking-entry.ts';
import { endpointTable, type System } from '../endpoints.ts';
import { sessionParts } from '../session-parts.ts';
import { homeAccountOf, permissionsOf } from './accounts.ts';
import { bearerSessionEndpoints } from './endpoints.ts';
import { readBearerSessionOptions, type BearerSessionOptions } from './options.ts';
import { accountOf, principalOf, type BearerSessionPrincipal } from './principal.ts';

export type { AccountsDirectory, BearerSessionOptions } from './options.ts';
export type { BearerSessionPrincipal } from './principal.ts';

/**
 * The bearer session API: `POST /auth/login`, `/auth/refresh`, `/auth/masquerade` and `/auth/logout` with opaque tokens,
 * and guards for the host's own routes.
 */
export interface BearerSessionSystem extends System {
  /** The beginning of a guard for a protected route; the token may stand under `Authorization` or `Authentication`. */
  authenticate(options?: AuthenticateRouteOptions): EntryGuard<BearerSessionPrincipal>;
  /** How this system writes refusals. */
  readonly dialect: Dialect;
  /** Sessions of users; the owner is the user's id. */
  readonly sessions: Sessions;
  /**
   * Lets the user of a session act as another user, in the home account of that user and in a session that ends with the
   * actor's own. Where the directory has no `mayImpersonate`, nobody may.
   *
   * @returns The pair, or the refusals of {@link decideImpersonation}.
   */
  impersonate(
    actorSessionId: string,
    targetId: string,
    options: ImpersonateOptions,
  ): Promise<OpaqueGrant | AuthError>;
}

/**
 * Builds the bearer session API over a store and a directory of users and accounts.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_weak`, `key_invalid`.
 */
export function bearerSessionSystem(options: BearerSessionOptions): BearerSessionSystem {
  const config = readBearerSessionOptions(options);
  const { directory, clock, onEvent, requestId } = config;
  const parts = sessionParts('bearer-session', 'bearerSessionSystem', config);
  const { feed, sessions, revocations, accounts } = parts;
  const grants = opaqueGrants({ ...config, sessions, revocations });
  const dialect = bearerSessionDialect({ expiredStatus: config.expiredStatus });

  /** The user of a session, and whoever acts as that user: neither may be gone. */
  function checkUsers(id: string, actor: SessionActor | null, now: number): MaybePromise<AuthError | null> {
    const refusal = accounts.check(id, undefined, now);
    if (actor === null) return refusal;
    return chain(refusal, (late) => late ?? accounts.check(actor.id));
  }

  // Written without callbacks where there is no promise, since it runs on every request.
  function admit(
    family: Family,
    access: 'required' | 'ignored',
    now: number,
  ): MaybePromise<BearerSessionPrincipal | AuthError> {
    const { userId, actor } = sessionDataOf(family);
    const refusal = checkUsers(userId, actor, now);
    if (isPromise(refusal)) return refusal.then((late) => late ?? enterAccount(family, access));
    return refusal ?? enterAccount(family, access);
  }

  function enterAccount(
    family: Family,
    access: 'required' | 'ignored',
  ): MaybePromise<BearerSessionPrincipal | AuthError> {
    if (access === 'ignored') return principalOf(family, []);
    const scopes = permissionsOf(directory, sessionDataOf(family).userId, accountOf(family));
    return isPromise(scopes) ? scopes.then((late) => inAccount(family, late)) : inAccount(family, scopes);
  }

  function entryOf(access: 'required' | 'ignored'): EntryGuard<BearerSessionPrincipal> {
    const strategy = new OpaqueBearerStrategy<BearerSessionPrincipal>({
      name: 'bearer-session',
      headers: ['Authorization', 'Authentication'],
      find(token) {
        const now = clock.now();
        const found = grants.recognise(token, now);
        if (isPromise(found)) {
          return found.then((late) => (isAuthError(late) ? late : admit(late, access, clock.now())));
        }
        return isAuthError(found) ? found : admit(found, access, now);
      },
    });
    return { ...authenticate(strategy), dialect, onEvent, requestId };
  }

  const entry = entryOf('required');
  const endpoints = bearerSessionEndpoints({
    ...config,
    ...parts,
    grants,
    sessionEntry: entryOf('ignored'),
  });

  return {
    name: 'bearer-session',
    endpoints,
    prefixes: PREFIXES,
    handle: endpointTable(endpoints, {
      dialect,
      schemes: ['Bearer'],
      prefixes: PREFIXES,
      strayEntry: entry,
      clock,
      onEvent,
      requestId,
    }),
    close: () => feed.close(),
    authenticate: entryByRoute('bearerSession.authenticate', entry, feed),
    dialect,
    sessions,
    async impersonate(actorSessionId, targetId, how) {
      const granted = await decideImpersonation(sessions, directory, actorSessionId, targetId, how);
      if (isAuthError(granted)) return granted;
      const { target, actor, maxSeconds } = granted;
      const accountId = await homeAccountOf(directory, target);
      return grants.start(target.id, impersonationData(target.id, actor, { accountId }), {
        parent: actor.sessionId,
        maxSeconds,
        reason: actor.reason,
      });
    },
  };
}

const PREFIXES: readonly string[] = ['/auth'];

function inAccount(family: Family, scopes: readonly string[] | null): BearerSessionPrincipal | AuthError {
  return scopes === null ? authError('account_forbidden') : principalOf(family, scopes);
}
