import { authError, isAuthError } from '../../core/errors.ts';
import { jsonReply, NO_STORE } from '../../core/reply.ts';
import type { Endpoint } from '../endpoints.ts';
import { clientEndpoint } from './client-endpoint.ts';
import { DEVICE_PATH } from './interaction.ts';
import type { OAuthParts } from './parts.ts';
import { readScope, scopesOf } from './scopes.ts';
import { withParameters } from './urls.ts';

/** Device authorization (RFC 8628 section 3.1). A request without `scope` is for a token that reaches no resource. */
export function deviceEndpoint(parts: OAuthParts): Endpoint {
  const { config, devices } = parts;
  return clientEndpoint(parts, 'device', 'if-sent', async ({ client, parameters }) => {
    if (!client.grants.includes(DEVICE_GRANT)) return authError('grant_not_enabled');
    const scopes = readScope(parameters.get('scope'), scopesOf(client, config));
    if (isAuthError(scopes)) return scopes;
    const codes = await devices.issue({ clientId: client.clientId, requestedScopes: scopes ?? [] });
    const verificationUri = config.webAppUrl + DEVICE_PATH;
    return jsonReply(
      200,
      {
        device_code: codes.deviceCode,
        user_code: codes.userCode,
        verification_uri: verificationUri,
        expires_in: config.deviceCodeSeconds,
        verification_uri_complete: withParameters(verificationUri, [['user_code', codes.userCode]]),
        ...(config.exposeInterval ? { interval: config.deviceIntervalSeconds } : {}),
      },
      NO_STORE,
    );
  });
}

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
