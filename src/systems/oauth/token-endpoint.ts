import { authError } from '../../core/errors.ts';
import type { OAuthGrantType } from '../../services/oauth-clients/document.ts';
import type { Endpoint } from '../endpoints.ts';
import { clientEndpoint } from './client-endpoint.ts';
import { authorizationCodeGrant } from './grants/authorization-code.ts';
import { clientCredentialsGrant } from './grants/client-credentials.ts';
import { deviceCodeGrant } from './grants/device-code.ts';
import type { Grant } from './grants/grant.ts';
import { refreshTokenGrant } from './grants/refresh-token.ts';
import { missing } from './parameters.ts';
import type { OAuthParts } from './parts.ts';

/** The token endpoint (RFC 6749 section 3.2): the application first, then whether it may use the grant type. */
export function tokenEndpoint(parts: OAuthParts): Endpoint {
  return clientEndpoint(parts, 'token', 'demanded', async (request) => {
    const { client, parameters } = request;
    const grantType = parameters.get('grant_type');
    if (grantType === undefined) return missing('grant_type');
    if (!isGrantType(grantType) || !parts.config.grants.includes(grantType)) {
      return authError('grant_unsupported');
    }
    const isOpen = client.grants.includes(grantType);
    // A public application can never have had it, whatever its record says.
    const mayBeOpen = grantType !== 'client_credentials' || client.type === 'confidential';
    if (!isOpen || !mayBeOpen) return authError('grant_not_enabled');
    return GRANTS[grantType](parts, request);
  });
}

const GRANTS: Readonly<Record<OAuthGrantType, Grant>> = {
  authorization_code: authorizationCodeGrant,
  refresh_token: refreshTokenGrant,
  client_credentials: clientCredentialsGrant,
  'urn:ietf:params:oauth:grant-type:device_code': deviceCodeGrant,
};

function isGrantType(text: string): text is OAuthGrantType {
  return Object.hasOwn(GRANTS, text);
}
