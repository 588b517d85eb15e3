import { authError } from '../../core/errors.ts';
import { jsonReply, NO_STORE } from '../../core/reply.ts';
import type { OAuthClient } from '../../services/oauth-clients/document.ts';
import type { Endpoint } from '../endpoints.ts';
import { clientEndpoint } from './client-endpoint.ts';
import { missing } from './parameters.ts';
import type { OAuthParts } from './parts.ts';
import { readPresentedToken, wouldRefresh, type PresentedToken } from './presented-token.ts';

/**
 * Introspection (RFC 7662), for applications with a secret: of their own tokens, or of all where they are an API that
 * others call. Of any other token it says that it is not active, and nothing else.
 */
export function introspectionEndpoint(parts: OAuthParts): Endpoint {
  return clientEndpoint(parts, 'introspect', 'demanded', async ({ exchange, parameters, client }) => {
    if (client.type === 'public') return authError('client_is_public');
    const token = parameters.get('token');
    if (token === undefined) return missing('token');
    const found = await readPresentedToken(parts, exchange, token);
    const mayKnow = found !== null && (found.clientId === client.clientId || client.introspectsAll);
    return jsonReply(200, mayKnow ? await describe(parts, found, client) : INACTIVE, NO_STORE);
  });
}

const INACTIVE = { active: false };

async function describe(parts: OAuthParts, found: PresentedToken, client: OAuthClient): Promise<object> {
  const { issuer, tokenTypeCase } = parts.config;
  if (found.kind === 'access') {
    const { scopes, client_id: clientId, sub, aud, iss, jti, iat, nbf, exp, ws } = found.claims;
    return {
      active: true,
      scope: scopes.join(' '),
      client_id: clientId,
      token_type: tokenTypeCase,
      exp,
      iat,
      nbf,
      sub,
      aud,
      iss,
      jti,
      ...(ws === undefined ? {} : { team: ws }),
    };
  }
  const { presented, clientId } = found;
  const owner = clientId === client.clientId ? client : await parts.clients.find(clientId);
  if (!(await wouldRefresh(parts, presented, owner))) return INACTIVE;
  const { family, grant } = presented;
  return {
    active: true,
    scope: grant.scopes.join(' '),
    client_id: clientId,
    exp: Math.floor(family.expiresAt / 1000),
    iat: Math.floor(family.rotatedAt / 1000),
    sub: grant.subjectId,
    iss: issuer,
  };
}
