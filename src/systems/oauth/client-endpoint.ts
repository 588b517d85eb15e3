import { withDeadline } from '../../core/deadline.ts';
import { authError, isAuthError, type AuthError } from '../../core/errors.ts';
import type { Reply } from '../../core/reply.ts';
import { secondsToWait } from '../../services/seconds-to-wait.ts';
import type { Endpoint } from '../endpoints.ts';
import { authenticateClient, type SecretDemand } from './client-authentication.ts';
import type { TokenRequest } from './grants/grant.ts';
import { readParameters } from './parameters.ts';
import type { OAuthParts } from './parts.ts';

/** An endpoint below `/v1/oauth` that applications call: limits, body, authentication, then what it is for. */
export function clientEndpoint(
  parts: OAuthParts,
  name: 'token' | 'device' | 'revoke' | 'introspect',
  demand: SecretDemand,
  answer: (request: TokenRequest) => Promise<Reply | AuthError>,
): Endpoint {
  const { authentication, config } = parts;
  return {
    method: 'POST',
    path: `/v1/oauth/${name}`,
    name: `oauth_${name}`,
    async handle(exchange, identify) {
      const asked = config.endpointLimiter?.(exchange, name) ?? null;
      const waiting = await withDeadline(asked, config.deadlineMs, 'endpointLimiter');
      const retryAfterSeconds = secondsToWait(waiting, 'endpointLimiter');
      if (retryAfterSeconds !== null) return authError('rate_limited', { retryAfterSeconds });
      const parameters = await readParameters(exchange);
      if (isAuthError(parameters)) return parameters;
      const client = await authenticateClient(authentication, exchange, parameters, demand);
      if (isAuthError(client)) return client;
      identify({ kind: 'client', id: client.clientId });
      return answer({ exchange, parameters, client });
    },
  };
}
