import { authError, isAuthError, type AuthError } from '../../core/errors.ts';
import type { OAuthClient } from '../../services/oauth-clients/document.ts';
import { matchRedirectUri } from '../../services/oauth-clients/redirect-uris.ts';
import { malformed, missing, readQuery, type Parameters } from './parameters.ts';
import type { OAuthParts } from './parts.ts';
import { isVerifier, requiresPkce } from './pkce.ts';
import { readScope, scopesOf } from './scopes.ts';

/** An authorization request that may go on. */
export interface ValidRequest extends RedirectTo {
  readonly client: OAuthClient;
  readonly redirectUriSent: boolean;
  /** `null` where the application is let off it. */
  readonly codeChallenge: string | null;
  readonly scopes: readonly string[];
  /** `null` when the request named no scope, which asks for all that the application has. */
  readonly requestedScopes: readonly string[] | null;
}

/** Where an answer goes, and what it has to repeat. */
export interface RedirectTo {
  readonly redirectUri: string;
  readonly state: string | undefined;
}

/** The codes that an answer on the redirect URI may carry (RFC 6749 section 4.1.2.1). */
export type RedirectError =
  | 'invalid_request'
  | 'unauthorized_client'
  | 'access_denied'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'server_error'
  | 'temporarily_unavailable';

export type RequestReading =
  /** There is nobody to redirect to who could be trusted. */
  | { readonly kind: 'direct'; readonly cause: AuthError; readonly description: string }
  | {
      readonly kind: 'redirect';
      readonly to: RedirectTo;
      readonly error: RedirectError;
      readonly cause: AuthError;
    }
  | { readonly kind: 'valid'; readonly request: ValidRequest };

/**
 * Validates the query of an authorization request. Who the application is and where it may be answered comes first: as
 * long as either is in doubt nobody is redirected.
 *
 * @see RFC 6749 sections 4.1.1 and 4.1.2.1, RFC 7636 section 4.4.1, RFC 9700 section 4.1
 */
export async function readAuthorizationRequest(parts: OAuthParts, query: string): Promise<RequestReading> {
  const { parameters, repeated } = readQuery(query);
  const clientId = parameters.get('client_id');
  if (repeated.has('client_id') || repeated.has('redirect_uri')) {
    return direct(malformed('client_id', 'redirect_uri'), 'A parameter must not be repeated.');
  }
  if (clientId === undefined) return direct(missing('client_id'), 'The parameter client_id is missing.');
  const client = await parts.authentication.identify(clientId);
  if (isAuthError(client)) return direct(client, 'The application is unknown or disabled.');
  const sentUri = parameters.get('redirect_uri');
  const redirectUri = matchRedirectUri(client.redirectUris, sentUri);
  if (redirectUri === null) {
    return direct(
      sentUri === undefined ? missing('redirect_uri') : authError('redirect_uri_refused'),
      'The redirect URI is missing, or is not exactly one of those that are registered.',
    );
  }
  const state = repeated.has('state') ? undefined : parameters.get('state');
  const problem = findProblem(parts, client, parameters, repeated);
  if (problem !== null) return { kind: 'redirect', to: { redirectUri, state }, ...problem };

  const allowed = scopesOf(client, parts.config);
  const requestedScopes = readScope(parameters.get('scope'), allowed);
  if (isAuthError(requestedScopes)) {
    return { kind: 'redirect', to: { redirectUri, state }, error: 'invalid_scope', cause: requestedScopes };
  }
  return {
    kind: 'valid',
    request: {
      client,
      redirectUri,
      redirectUriSent: sentUri !== undefined,
      state,
      codeChallenge: parameters.get('code_challenge') ?? null,
      scopes: requestedScopes ?? allowed,
      requestedScopes,
    },
  };
}

function direct(cause: AuthError, description: string): RequestReading {
  return { kind: 'direct', cause, description };
}

interface Problem {
  readonly error: RedirectError;
  readonly cause: AuthError;
}

function invalid(cause: AuthError): Problem {
  return { error: 'invalid_request', cause };
}

/** What an application that may be answered has done wrong, but for its scopes. */
function findProblem(
  parts: OAuthParts,
  client: OAuthClient,
  parameters: Parameters,
  repeated: ReadonlySet<string>,
): Problem | null {
  if (repeated.size > 0) return invalid(authError('body_invalid'));
  const responseType = parameters.get('response_type');
  if (responseType === undefined) return invalid(missing('response_type'));
  if (responseType !== 'code') {
    return { error: 'unsupported_response_type', cause: malformed('response_type') };
  }
  if ((parameters.get('response_mode') ?? 'query') !== 'query') return invalid(malformed('response_mode'));
  const isEnabled =
    client.grants.includes('authorization_code') && parts.config.grants.includes('authorization_code');
  if (!isEnabled || (client.serviceAccount && client.type === 'public')) {
    return { error: 'unauthorized_client', cause: authError('grant_not_enabled') };
  }
  return findPkceProblem(parts, client, parameters);
}

function findPkceProblem(parts: OAuthParts, client: OAuthClient, parameters: Parameters): Problem | null {
  const challenge = parameters.get('code_challenge');
  const method = parameters.get('code_challenge_method');
  if (challenge === undefined) {
    const isLetOff = method === undefined && !requiresPkce(client, parts.config);
    return isLetOff ? null : invalid(missing('code_challenge'));
  }
  if (!isVerifier(challenge)) return invalid(malformed('code_challenge'));
  // A challenge without a method means `plain` (RFC 7636 section 4.3), which proves nothing.
  return method === 'S256' ? null : invalid(malformed('code_challenge_method'));
}
