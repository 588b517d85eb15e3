import { challengesFor, formatChallenge } from '../core/challenge.ts';
import type { Dialect } from '../core/dialect.ts';
import type { AuthError } from '../core/errors.ts';
import { oneOf, optional, parseOptions, text } from '../core/options.ts';
import { REASONS, type Disclosure, type ReasonCode } from '../core/reasons.ts';
import { jsonReply } from '../core/reply.ts';
import { commonHeaders } from './headers.ts';

export interface OAuthDialectOptions {
  /**
   * The status of a token that lacks a scope; default 401, as the API's clients know it. RFC 6750 section 3.1 says 403.
   */
  readonly insufficientScopeStatus?: 401 | 403 | undefined;
  /** Where the protected resource describes itself (RFC 9728 section 5.1), for challenges; none by default. */
  readonly resourceMetadataUrl?: string | undefined;
}

/**
 * The error bodies of OAuth 2.0: `{"error","error_description"}` with a `hint` where fields are concerned, at the
 * endpoints of the server (RFC 6749 section 5.2, RFC 8628 section 3.5) and at protected resources, where the challenge of
 * RFC 6750 section 3 comes with it. `error` is what a program reads.
 */
export function oauthDialect(options: OAuthDialectOptions = {}): Dialect {
  const { insufficientScopeStatus, resourceMetadataUrl } = parseOptions('oauthDialect', options, {
    insufficientScopeStatus: optional(oneOf(401, 403), 401),
    resourceMetadataUrl: optional(text),
  });
  const more =
    resourceMetadataUrl === undefined
      ? ''
      : `, ${formatChallenge('', [['resource_metadata', resourceMetadataUrl]]).trim()}`;

  function challengesOf(error: AuthError, schemes: readonly string[]): readonly string[] {
    // Only a client that tried to authenticate by the header is challenged for it (RFC 6749 section 5.2).
    const { scheme } = error.details;
    if (scheme !== undefined) return [formatChallenge(scheme, [['realm', REALM]])];
    return challengesFor(error, schemes, REALM).map((challenge) => challenge + more);
  }

  return {
    name: 'oauth',
    render(error, { schemes }) {
      const { status, code, description } = entryOf(error);
      const sent = code === 'insufficient_scope' ? insufficientScopeStatus : status;
      const fields = Object.keys(error.details.fields ?? {});
      const body = {
        error: code,
        error_description: description,
        ...(fields.length === 0 ? {} : { hint: `Check: ${fields.join(', ')}` }),
      };
      return jsonReply(sent, body, commonHeaders(error, challengesOf(error, schemes)));
    },
  };
}

const REALM = 'OAuth';

interface Entry {
  readonly status: number;
  readonly code: string;
  readonly description: string;
}

function entryOf(error: AuthError): Entry {
  const { disclosure } = REASONS[error.code];
  const isToken = disclosure === 'token_invalid' || disclosure === 'token_expired';
  // Handed in to be exchanged, and not to get in by.
  if (isToken && error.details.concerns === 'refresh') return INVALID_GRANT;
  return BY_CODE[error.code] ?? BY_DISCLOSURE[disclosure];
}

/** `error_description` is printable ASCII without quote and backslash (RFC 6749 section 5.2). */
function entry(status: number, code: string, description: string): Entry {
  return { status, code, description };
}

const invalidRequest = (status: number, description: string): Entry =>
  entry(status, 'invalid_request', description);

const INVALID_TOKEN = entry(401, 'invalid_token', 'The access token is malformed, expired or revoked.');
const INVALID_BODY = invalidRequest(400, 'The request body cannot be read.');
const INVALID_GRANT = entry(
  400,
  'invalid_grant',
  'The code or token is invalid, expired or revoked, was used before, or was issued to another client.',
);
const DENIED = entry(403, 'access_denied', 'This is not permitted.');

/** The refusals that a client must be able to tell apart although they say the same to everybody else. */
const BY_CODE: Readonly<Partial<Record<ReasonCode, Entry>>> = {
  grant_unsupported: entry(400, 'unsupported_grant_type', 'The grant type is not supported.'),
  grant_not_enabled: entry(400, 'unauthorized_client', 'The client may not use this grant type.'),
  scope_refused: entry(400, 'invalid_scope', 'A scope is unknown, malformed, or may not be had here.'),
  code_unknown: INVALID_GRANT,
  code_expired: INVALID_GRANT,
  code_mismatch: INVALID_GRANT,
  code_reused: INVALID_GRANT,
  consent_withdrawn: INVALID_GRANT,
  device_undecided: entry(400, 'authorization_pending', 'The user has not decided yet.'),
  device_too_early: entry(
    400,
    'slow_down',
    'Poll less often: the interval is 5 seconds longer from here on.',
  ),
  device_denied: entry(400, 'access_denied', 'The user denied the request.'),
  device_expired: entry(400, 'expired_token', 'The device code has expired.'),
};

const BY_DISCLOSURE: Readonly<Record<Disclosure, Entry>> = {
  credentials_missing: entry(401, 'access_denied', 'An access token is required.'),
  credentials_malformed: invalidRequest(400, 'The credentials of the request cannot be read.'),
  token_invalid: INVALID_TOKEN,
  token_expired: INVALID_TOKEN,
  login_failed: entry(401, 'invalid_client', 'Client authentication failed.'),
  scope_insufficient: entry(401, 'insufficient_scope', 'The access token lacks a required scope.'),
  permission_denied: DENIED,
  ip_denied: DENIED,
  body_syntax: INVALID_BODY,
  body_invalid: invalidRequest(400, 'A parameter is missing, malformed or repeated.'),
  body_media_type: INVALID_BODY,
  body_too_large: invalidRequest(413, 'The request body is too large.'),
  not_found: invalidRequest(404, 'There is nothing here.'),
  method_not_allowed: invalidRequest(405, 'The method is not allowed here.'),
  conflict: invalidRequest(409, 'The request conflicts with the present state.'),
  gone: invalidRequest(410, 'What was here is gone.'),
  precondition_failed: invalidRequest(412, 'A precondition of the request does not hold.'),
  request_refused: invalidRequest(400, 'The request was refused.'),
  rate_limited: entry(429, 'temporarily_unavailable', 'Too many requests.'),
  internal_error: entry(500, 'server_error', 'Something went wrong.'),
  unavailable: entry(503, 'temporarily_unavailable', 'The service is temporarily unavailable.'),
};
