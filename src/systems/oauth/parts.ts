import type { Clock } from '../../core/clock.ts';
import { sessionsOf } from '../../services/sessions.ts';
import { clientAdministration } from '../../services/oauth-clients/administration.ts';
import {
  clientAuthentication,
  type OAuthClientAuthentication,
} from '../../services/oauth-clients/authentication.ts';
import type { OAuthClients } from '../../services/oauth-clients/contract.ts';
import {
  serviceAccountRecords,
  type ServiceAccountRecords,
} from '../../services/oauth-clients/service-accounts.ts';
import { authorizationCodes, type AuthorizationCodes } from '../../services/oauth-codes.ts';
import { consentRecords, type ConsentRecords } from '../../services/oauth-consents.ts';
import { deviceGrants, type DeviceGrants } from '../../services/oauth-device-grants.ts';
import type { KeyRing } from '../../tokens/key-ring.ts';
import { signingRing } from '../../tokens/keys-option.ts';
import { sessionParts, type SessionParts } from '../session-parts.ts';
import { accessTokens, type AccessTokenKind, type AccessTokens } from './access-tokens.ts';
import { jwtAccessTokens } from './jwt-access-tokens.ts';
import { opaqueAccessTokens } from './opaque-access-tokens.ts';
import { OWNER, type OAuthConfig } from './options.ts';
import { refreshTokens, type RefreshTokens } from './refresh-tokens.ts';
import { standing, type GrantSessions, type Standing } from './standing.ts';
import type { User } from '../../core/directory.ts';

/** What the endpoints work with. */
export interface OAuthParts extends Omit<SessionParts<User>, 'sessions'> {
  readonly config: OAuthConfig;
  readonly clock: Clock;
  readonly clients: OAuthClients;
  readonly authentication: OAuthClientAuthentication;
  readonly serviceAccounts: ServiceAccountRecords;
  readonly sessions: GrantSessions;
  readonly codes: AuthorizationCodes;
  readonly devices: DeviceGrants;
  readonly consents: ConsentRecords;
  readonly standing: Standing;
  readonly access: AccessTokens;
  readonly refresh: RefreshTokens;
  /** The keys of access tokens; `null` where they are opaque. */
  readonly ring: KeyRing | null;
}

/** Puts the services together: one feed, one kind of access token, and sessions for users and for service accounts. */
export function oauthParts(config: OAuthConfig): OAuthParts {
  const { store, clock, onEvent, issuer, accessSeconds, accessTokens: kindName } = config;
  const ring =
    kindName === 'opaque' ? null : signingRing(OWNER, config.keys, config.algorithm, accessSeconds);
  const ready = (): void | Promise<void> => ring?.fresh?.();
  const { sessions: users, ...shared } = sessionParts('oauth', OWNER, config, ready);
  const { feed, revocations } = shared;
  const sessions: GrantSessions = {
    user: users,
    service_account: sessionsOf({
      store,
      feed,
      system: 'oauth-service-account',
      lifetimes: config,
      clock,
      onEvent,
      ready,
    }),
  };
  const clients = clientAdministration({ store, clock, onEvent, settle: () => feed.poll() });
  const serviceAccounts = serviceAccountRecords(store, clock);
  const judge = standing({
    clients,
    serviceAccounts,
    users: shared.accounts,
    sessions,
    revocations,
    feed,
    clock,
    policy: config.accountCheck,
  });
  const kind: AccessTokenKind =
    ring === null
      ? opaqueAccessTokens({ store, standing: judge, clock, cacheSize: config.cacheSize })
      : jwtAccessTokens({
          ring,
          algorithm: config.algorithm,
          issuer,
          typ: config.accessTokenType,
          standing: judge,
          clock,
        });

  return {
    ...shared,
    config,
    clock,
    clients,
    authentication: clientAuthentication(store, clock),
    serviceAccounts,
    sessions,
    codes: authorizationCodes({ store, clock, codeSeconds: config.codeSeconds }),
    devices: deviceGrants({
      store,
      clock,
      deviceCodeSeconds: config.deviceCodeSeconds,
      intervalSeconds: config.deviceIntervalSeconds,
    }),
    consents: consentRecords(store, users, clock),
    standing: judge,
    access: accessTokens({ kind, issuer, accessSeconds, revocations, standing: judge, clock }),
    refresh: refreshTokens({
      store,
      sessions,
      secret: config.secret,
      accessSeconds,
      addressOf: shared.addressOf,
    }),
    ring,
  };
}
