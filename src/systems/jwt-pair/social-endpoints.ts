import { authError, isAuthError, type AuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { jsonReply, type Reply } from '../../core/reply.ts';
import type { SocialSignIn } from '../../services/social/contract.ts';
import type { Endpoint } from '../endpoints.ts';
import type { JwtPairParts } from './parts.ts';
import { browserFlow } from './social-browser.ts';
import { API_PURPOSE, clientSignIn } from './social-client.ts';
import type { JwtPairSocialConfig } from './social-options.ts';
import { redirectUriOf } from './redirect-uri.ts';

/** Below this path every path is the system's, once it has sign-in at providers. */
export const SOCIAL_PREFIX = '/api/v1/auth';

/** For each provider: sign-in for API clients, the address to begin at, and the way there and back for browsers. */
export function socialEndpoints(parts: JwtPairParts, social: JwtPairSocialConfig): readonly Endpoint[] {
  return social.signIns.flatMap((signIn) => {
    const path = `${SOCIAL_PREFIX}/${signIn.provider}`;
    const name = `social_${signIn.provider}`;
    const flow = browserFlow(parts, social, signIn);
    const post = clientSignIn(parts, social, signIn, flow);
    const endpoints: readonly Endpoint[] = [
      { method: 'POST', path, name, handle: post },
      {
        method: 'GET',
        path,
        name: `${name}_url`,
        handle: (exchange) => authorizationUrl(social, signIn, exchange),
      },
      { method: 'GET', path: `${path}/start`, name: `${name}_start`, handle: flow.start },
      { method: 'GET', path: `${path}/callback`, name: `${name}_callback`, handle: flow.callback },
    ];
    return endpoints;
  });
}

/** Where an API client sends its user to; the client gets the code, and hands it in with the state. */
async function authorizationUrl(
  { redirectUris }: JwtPairSocialConfig,
  signIn: SocialSignIn,
  exchange: Exchange,
): Promise<Reply | AuthError> {
  const redirectUri = redirectUriOf(exchange);
  // A provider is only told absolute addresses.
  if (redirectUri === null || !redirectUris.has(redirectUri) || redirectUri.startsWith('/')) {
    return authError('redirect_uri_refused');
  }
  const begun = await signIn.begin(exchange, { purpose: API_PURPOSE, redirectUri, data: null });
  if (isAuthError(begun)) return begun;
  return jsonReply(200, { authorization_url: begun.authorizationUrl }, [
    ['Cache-Control', 'no-store'],
    begun.cookie,
  ]);
}
