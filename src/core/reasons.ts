import type { Disclosure } from './disclosure.ts';

export type { Disclosure } from './disclosure.ts';

interface Reason {
  /** The HTTP status of the refusal where a dialect does not say otherwise. */
  readonly status: number;
  readonly disclosure: Disclosure;
  /** What happened, for whoever reads the event or the documentation; never sent to the caller. */
  readonly summary: string;
}

function reason(status: number, disclosure: Disclosure, summary: string): Reason {
  return { status, disclosure, summary };
}

/** Every reason for which the package refuses a request. Each has a page in `docs/reference/errors/`. */
export const REASONS = {
  credentials_missing: reason(401, 'credentials_missing', 'No credential of an accepted kind was sent.'),
  scheme_unsupported: reason(
    401,
    'credentials_missing',
    'The Authorization header names a scheme that no strategy accepts.',
  ),
  credentials_malformed: reason(
    401,
    'credentials_malformed',
    'The header is not the scheme followed by one credential.',
  ),
  credentials_repeated: reason(
    400,
    'credentials_malformed',
    'More than one credential was sent in one request.',
  ),
  credentials_joined: reason(
    400,
    'credentials_malformed',
    'Several credentials were joined by a comma in one header.',
  ),

  token_malformed: reason(401, 'token_invalid', 'The token does not have the strict form of its kind.'),
  token_header_refused: reason(
    401,
    'token_invalid',
    'The token header has a crit, a b64 or a kid that is not accepted.',
  ),
  token_algorithm_refused: reason(
    401,
    'token_invalid',
    'The token is signed with another algorithm than the configured one.',
  ),
  token_key_unknown: reason(401, 'token_invalid', 'The token names a key that is not in the key ring.'),
  token_signature_invalid: reason(401, 'token_invalid', 'The signature does not match.'),
  token_expired: reason(401, 'token_expired', 'The token is past its expiry.'),
  token_not_yet_valid: reason(
    401,
    'token_invalid',
    'The token starts to be valid, or was issued, in the future.',
  ),
  token_claim_missing: reason(401, 'token_invalid', 'A required claim is absent.'),
  token_claim_invalid: reason(401, 'token_invalid', 'A claim has the wrong type or form.'),
  token_issuer_refused: reason(401, 'token_invalid', 'The token comes from another issuer.'),
  token_audience_refused: reason(401, 'token_invalid', 'The token was made for another audience.'),
  token_type_refused: reason(
    401,
    'token_invalid',
    'The token is of another kind, such as a refresh token sent as an access token.',
  ),
  token_reused: reason(
    401,
    'token_invalid',
    'A refresh token that had been used came again outside the window, so its session was ended.',
  ),
  token_revoked: reason(401, 'token_invalid', 'The token, its session or its account has been revoked.'),
  subject_unknown: reason(401, 'token_invalid', 'The party that the credential names does not exist.'),
  subject_inactive: reason(401, 'token_invalid', 'The party that the credential names is switched off.'),

  key_malformed: reason(
    401,
    'token_invalid',
    'The API key does not have the form of one, or its checksum is wrong.',
  ),
  key_unknown: reason(401, 'token_invalid', 'There is no API key with this id.'),
  key_secret_invalid: reason(401, 'token_invalid', 'The API key exists, and its secret is another one.'),
  key_expired: reason(
    401,
    'token_invalid',
    'The API key is past its expiry, or was replaced and its overlap is over.',
  ),
  key_revoked: reason(401, 'token_invalid', 'The API key has been revoked.'),

  login_failed: reason(
    401,
    'login_failed',
    'The user is unknown or inactive, or the password is wrong; which of them is not told apart.',
  ),

  scope_insufficient: reason(
    403,
    'scope_insufficient',
    'The credential lacks a scope that the route requires.',
  ),
  permission_denied: reason(403, 'permission_denied', 'The principal may not do this.'),
  workspace_missing: reason(
    403,
    'permission_denied',
    'The route is for a workspace, and the principal has none.',
  ),
  workspace_forbidden: reason(
    403,
    'permission_denied',
    'The workspace that the request selects is unknown, is not one of the principal, or is named twice.',
  ),
  read_only: reason(
    403,
    'permission_denied',
    'The principal may only read, and the method is not a safe one.',
  ),
  impersonation_forbidden: reason(
    403,
    'permission_denied',
    'The user may not impersonate, may not impersonate this user, or is being impersonated already.',
  ),
  account_forbidden: reason(
    403,
    'permission_denied',
    'The account does not exist, or the user has no access to it; which of them is not told apart.',
  ),
  consent_denied: reason(
    403,
    'permission_denied',
    'The user did not let the OAuth application act for them.',
  ),
  interaction_invalid: reason(
    403,
    'permission_denied',
    'A form of a page does not belong to this browser, has been open for too long, or comes from another site.',
  ),
  ip_denied: reason(403, 'ip_denied', 'The client address is in none of the allowed networks.'),
  ip_unknown: reason(403, 'ip_denied', 'The client address cannot be determined, and a list applies.'),

  body_syntax: reason(400, 'body_syntax', 'The body cannot be decoded.'),
  body_invalid: reason(400, 'body_invalid', 'A field is missing, empty or of the wrong type.'),
  body_media_type: reason(415, 'body_media_type', 'The content type of the body is not accepted.'),
  body_too_large: reason(413, 'body_too_large', 'The body is larger than the limit.'),

  redirect_uri_refused: reason(
    400,
    'body_invalid',
    'The address to return to is not one of those that the host allows.',
  ),
  signin_input_missing: reason(400, 'body_invalid', 'A sign-in by a provider brought no token and no code.'),
  signin_credential_refused: reason(
    400,
    'body_invalid',
    'The provider does not vouch for the token, or it was made for another application.',
  ),
  signin_code_refused: reason(400, 'body_invalid', 'The provider does not accept the authorization code.'),
  signin_exchange_failed: reason(
    400,
    'body_invalid',
    'The provider refused the exchange for another reason than the code, or answered it with nonsense.',
  ),
  signin_state_missing: reason(400, 'body_invalid', 'A sign-in that began here came back without its state.'),
  signin_state_unknown: reason(
    400,
    'body_invalid',
    'The state of a sign-in was never given out, has been used or has expired.',
  ),
  signin_state_mismatched: reason(
    400,
    'body_invalid',
    'The state of a sign-in belongs to another browser, provider or callback, or the answer names another issuer.',
  ),
  signin_denied: reason(400, 'body_invalid', 'The user did not consent to the sign-in at the provider.'),
  signin_unregistered: reason(
    400,
    'body_invalid',
    'The identity belongs to no user, and the host lets it neither sign up nor be linked.',
  ),
  signin_email_taken: reason(
    400,
    'body_invalid',
    'The identity belongs to no user, and another user has its e-mail address.',
  ),
  signin_user_inactive: reason(400, 'body_invalid', 'The user behind the identity is switched off.'),
  connection_state_invalid: reason(
    400,
    'body_invalid',
    'The state of a connection is unknown, used or expired, or it belongs to another browser, kind or callback.',
  ),
  connection_denied: reason(
    400,
    'body_invalid',
    'The user did not consent to the connection at the provider.',
  ),
  connection_exchange_failed: reason(
    400,
    'body_invalid',
    'The provider gave no usable tokens for the authorization code.',
  ),
  connection_scope_missing: reason(
    400,
    'body_invalid',
    'The user consented to less at the provider than the connection needs.',
  ),

  client_unknown: reason(401, 'login_failed', 'There is no OAuth application with this client id.'),
  client_disabled: reason(401, 'login_failed', 'The OAuth application is disabled.'),
  client_secret_missing: reason(
    401,
    'login_failed',
    'The OAuth application has a secret, and the request does not bring it.',
  ),
  client_secret_invalid: reason(
    401,
    'login_failed',
    "The OAuth application's secret is another one, or over.",
  ),
  client_is_public: reason(401, 'login_failed', 'The endpoint is for applications that have a secret.'),
  client_scheme_unsupported: reason(
    401,
    'login_failed',
    'The OAuth application authenticates by another scheme than Basic, or by Basic in a broken form.',
  ),
  grant_unsupported: reason(400, 'body_invalid', 'The server has no such grant type, or it is switched off.'),
  grant_not_enabled: reason(
    400,
    'body_invalid',
    'The grant type is not enabled for the OAuth application, or never is for one of its kind.',
  ),
  scope_refused: reason(
    400,
    'body_invalid',
    'A scope is unknown, is not enabled for the OAuth application, or was not granted.',
  ),
  code_unknown: reason(400, 'body_invalid', 'There is no such authorization code or device code.'),
  code_expired: reason(400, 'body_invalid', 'The authorization code is past its expiry.'),
  code_mismatch: reason(
    400,
    'body_invalid',
    'The code or token belongs to another application, or the redirect URI or the code verifier is another one.',
  ),
  code_reused: reason(
    400,
    'body_invalid',
    'The code was redeemed before; what an authorization code had given was revoked.',
  ),
  consent_withdrawn: reason(
    400,
    'body_invalid',
    'The consent, the application or the service account that the grant stands on was ended.',
  ),
  device_undecided: reason(400, 'body_invalid', 'The user has not decided about the device yet.'),
  device_too_early: reason(
    400,
    'body_invalid',
    'The device asked before its interval was over, which makes the interval longer.',
  ),
  device_denied: reason(400, 'body_invalid', 'The user denied the device.'),
  device_expired: reason(400, 'body_invalid', 'The device code is past its expiry.'),
  not_found: reason(404, 'not_found', 'There is nothing at this path.'),
  method_not_allowed: reason(405, 'method_not_allowed', 'The path exists, but not for this method.'),
  conflict: reason(409, 'conflict', "The application's own handler refused with 409."),
  gone: reason(410, 'gone', "The application's own handler refused with 410."),
  precondition_failed: reason(412, 'precondition_failed', "The application's own handler refused with 412."),
  request_refused: reason(
    400,
    'request_refused',
    "The application's own handler refused with a client status that has no row here.",
  ),
  rate_limited: reason(429, 'rate_limited', 'Too many requests in the window.'),

  internal_error: reason(500, 'internal_error', 'Something failed that should not have.'),
  dependency_unavailable: reason(
    503,
    'unavailable',
    'A store or another dependency did not answer; the request was refused, not guessed.',
  ),
} as const satisfies Record<string, Reason>;

/** The name of one reason for a refusal; stable, snake_case, the same in events, documentation and tests. */
export type ReasonCode = keyof typeof REASONS;
