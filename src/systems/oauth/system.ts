import type { EntryGuard } from '../../core/decision.ts';
import type { Dialect } from '../../core/dialect.ts';
import { oauthDialect } from '../../dialects/oauth.ts';
import { authenticate } from '../../middleware/authenticate.ts';
import type { OAuthClients } from '../../services/oauth-clients/contract.ts';
import type { OAuthConsents } from '../../services/oauth-consents.ts';
import type { Sessions } from '../../services/sessions/contract.ts';
import { type AuthenticateRouteOptions, entryByRoute } from '../asking-entry.ts';
import { endpointTable, type Endpoint, type System } from '../endpoints.ts';
import { authorizationInteraction } from './authorization.ts';
import { deviceEndpoint, DEVICE_GRANT } from './device-endpoint.ts';
import { deviceInteraction } from './device.ts';
import type { Interaction } from './interaction.ts';
import { introspectionEndpoint } from './introspection.ts';
import { metadataEndpoints, RESOURCE, resourceOf } from './metadata.ts';
import { readOAuthOptions, type OAuthConfig, type OAuthOptions } from './options.ts';
import { oauthParts, type OAuthParts } from './parts.ts';
import type { OAuthPrincipal } from './principal.ts';
import { revocationEndpoint } from './revocation.ts';
import { tokenEndpoint } from './token-endpoint.ts';
import { wellKnownUrl } from './urls.ts';

export type { OAuthConsent, OAuthConsents } from '../../services/oauth-consents.ts';
export {
  AUTHORIZE_PATH,
  DEVICE_PATH,
  type ApplicationView,
  type AuthorizationInteraction,
  type AuthorizationReading,
  type AuthorizationRequest,
  type AuthorizationStep,
  type ConsentQuestion,
  type DeviceDecision,
  type DeviceInteraction,
  type DeviceReading,
  type DeviceRequest,
  type DirectRefusal,
  type Interaction,
  type InteractionPages,
  type Redirection,
  type ScopeView,
} from './interaction.ts';
export type { EndpointLimiter } from './endpoint-limiter.ts';
export type { OAuthDirectory, OAuthEvent, OAuthOptions } from './options.ts';
export type { OAuthPrincipal } from './principal.ts';

/**
 * An OAuth 2.0 authorization server: `/v1/oauth/token`, `/v1/oauth/device`, `/v1/oauth/revoke`, `/v1/oauth/introspect`,
 * its metadata, the pages below `/oauth/`, and guards for the host's own routes.
 */
export interface OAuthSystem extends System {
  /** The beginning of a guard for a protected route; `requireScopes` of `portcullis/require-scopes` goes behind it. */
  authenticate(options?: AuthenticateRouteOptions): EntryGuard<OAuthPrincipal>;
  /** How this system writes refusals. */
  readonly dialect: Dialect;
  /** What applications were granted by users; the owner is the user's id. */
  readonly sessions: Sessions;
  /** What applications were granted for service accounts; the owner is the service account's id. */
  readonly serviceSessions: Sessions;
  /** The applications, for the operator. */
  readonly clients: OAuthClients;
  /** What users have agreed to. */
  readonly consents: OAuthConsents;
  /** For pages of the host's own. */
  readonly interaction: Interaction;
  /**
   * The metadata by itself, where the issuer has a path: its documents are at the root of the host, in front of that path.
   * Mount it there, and this system under the path, as in `mount(under('/tenant', oauth), oauth.wellKnown)`. Without a
   * path this system answers for them itself, and there is nothing to mount.
   */
  readonly wellKnown: System;
}

/**
 * Builds the server over a store and a directory.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `option_conflict`, `key_weak`,
 *   `key_invalid`.
 * @see RFC 6749, RFC 7636, RFC 8628, RFC 7009, RFC 7662, RFC 8414, RFC 9207, RFC 9728, RFC 9700
 */
export function oauthSystem(options: OAuthOptions): OAuthSystem {
  const config = readOAuthOptions(options);
  const parts = oauthParts(config);
  const { pages, clock, onEvent, requestId } = config;
  const dialect = oauthDialect({
    insufficientScopeStatus: config.insufficientScopeStatus,
    ...(config.resource === undefined
      ? {}
      : { resourceMetadataUrl: wellKnownUrl(RESOURCE, resourceOf(config)) }),
  });
  const entry: EntryGuard<OAuthPrincipal> = {
    ...authenticate(parts.access.strategy),
    dialect,
    onEvent,
    requestId,
  };
  const interaction = interactionOf(parts);
  const metadata = metadataEndpoints(parts);
  const isAtRoot = new URL(config.issuer).pathname === '/';

  function toSystem(name: string, endpoints: readonly Endpoint[], prefixes: readonly string[]): System {
    return {
      name,
      endpoints,
      prefixes,
      // Nobody is challenged for a bearer token at an endpoint that takes none.
      handle: endpointTable(endpoints, { dialect, schemes: [], prefixes, clock, onEvent, requestId }),
      async close() {
        await pages?.close?.();
        await parts.feed.close();
      },
    };
  }

  const endpoints = [
    ...endpointsOf(parts, config),
    ...(isAtRoot ? metadata : []),
    ...(pages?.endpoints(interaction) ?? []),
  ];
  return {
    ...toSystem('oauth', endpoints, pages === null ? ['/v1/oauth'] : ['/v1/oauth', '/oauth']),
    authenticate: entryByRoute('oauth.authenticate', entry, parts.feed),
    dialect,
    sessions: parts.sessions.user,
    serviceSessions: parts.sessions.service_account,
    clients: parts.clients,
    consents: parts.consents,
    interaction,
    wellKnown: {
      ...toSystem('oauth metadata', isAtRoot ? [] : metadata, []),
      close: () => Promise.resolve(),
    },
  };
}

/** The endpoints that applications call; what is switched off is not there. */
function endpointsOf(parts: OAuthParts, config: OAuthConfig): readonly Endpoint[] {
  return [
    tokenEndpoint(parts),
    ...(config.grants.includes(DEVICE_GRANT) ? [deviceEndpoint(parts)] : []),
    ...(config.revocation ? [revocationEndpoint(parts)] : []),
    ...(config.introspection ? [introspectionEndpoint(parts)] : []),
  ];
}

function interactionOf(parts: OAuthParts): Interaction {
  const { config, clock, verifyLogin } = parts;
  async function findActiveUser(userId: string) {
    // A directory in plain JavaScript may say `undefined` for nobody.
    const user = (await config.directory.findUser(userId)) ?? null;
    return user?.active === true ? user : null;
  }
  return {
    authorization: authorizationInteraction(parts, findActiveUser),
    device: deviceInteraction(parts, findActiveUser),
    verifyLogin,
    findActiveUser,
    webAppUrl: config.webAppUrl,
    store: config.store,
    clock,
  };
}
