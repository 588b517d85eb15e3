import { jsonReply, type Reply } from '../../core/reply.ts';
import { isSymmetric } from '../../tokens/algorithms.ts';
import type { Endpoint } from '../endpoints.ts';
import { DEVICE_GRANT } from './device-endpoint.ts';
import { AUTHORIZE_PATH } from './interaction.ts';
import type { OAuthConfig } from './options.ts';
import type { OAuthParts } from './parts.ts';
import { wellKnownPath } from './urls.ts';

/** The documents by which clients find the server and the API: RFC 8414 and RFC 9728. */
export function metadataEndpoints(parts: OAuthParts): readonly Endpoint[] {
  const { config } = parts;
  return [
    ...document('oauth_metadata', wellKnownPath(SERVER, config.issuer), () => serverMetadata(parts)),
    ...document('oauth_resource_metadata', wellKnownPath(RESOURCE, resourceOf(config)), () =>
      resourceMetadata(config),
    ),
  ];
}

const SERVER = 'oauth-authorization-server';
export const RESOURCE = 'oauth-protected-resource';

export function resourceOf({ resource, issuer }: OAuthConfig): string {
  return resource ?? issuer;
}

/** What the server offers; what is switched off is absent. */
function serverMetadata({ config, ring }: OAuthParts): Readonly<Record<string, unknown>> {
  const { issuer, webAppUrl, grants, scopes, issParameter, revocation, introspection } = config;
  const hasCode = grants.includes('authorization_code');
  const hasPublicKeys = ring !== null && [...ring.algorithms].some((algorithm) => !isSymmetric(algorithm));
  const confidential = ['client_secret_post', 'client_secret_basic'];
  return {
    issuer,
    ...(hasCode ? { authorization_endpoint: webAppUrl + AUTHORIZE_PATH } : {}),
    token_endpoint: `${issuer}/v1/oauth/token`,
    ...(grants.includes(DEVICE_GRANT) ? { device_authorization_endpoint: `${issuer}/v1/oauth/device` } : {}),
    ...(hasPublicKeys ? { jwks_uri: `${issuer}/.well-known/jwks.json` } : {}),
    scopes_supported: [...scopes.keys()],
    response_types_supported: hasCode ? ['code'] : [],
    ...(hasCode ? { response_modes_supported: ['query'] } : {}),
    grant_types_supported: grants,
    token_endpoint_auth_methods_supported: [...confidential, 'none'],
    ...(hasCode ? { code_challenge_methods_supported: ['S256'] } : {}),
    ...(hasCode && issParameter ? { authorization_response_iss_parameter_supported: true } : {}),
    ...(revocation
      ? {
          revocation_endpoint: `${issuer}/v1/oauth/revoke`,
          revocation_endpoint_auth_methods_supported: [...confidential, 'none'],
        }
      : {}),
    ...(introspection
      ? {
          introspection_endpoint: `${issuer}/v1/oauth/introspect`,
          introspection_endpoint_auth_methods_supported: confidential,
        }
      : {}),
  };
}

function resourceMetadata(config: OAuthConfig): Readonly<Record<string, unknown>> {
  return {
    resource: resourceOf(config),
    authorization_servers: [config.issuer],
    scopes_supported: [...config.scopes.keys()],
    bearer_methods_supported: ['header'],
  };
}

function document(name: string, path: string, content: () => object): readonly Endpoint[] {
  const handle = (): Reply =>
    jsonReply(200, content(), [['Cache-Control', `public, max-age=${MAX_AGE_SECONDS}`]]);
  return [
    { method: 'GET', path, name, handle },
    { method: 'HEAD', path, name, handle },
  ];
}

const MAX_AGE_SECONDS = 3_600;
