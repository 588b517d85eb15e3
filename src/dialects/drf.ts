import { formatChallenge } from '../core/challenge.ts';
import type { Dialect, RenderContext } from '../core/dialect.ts';
import type { AuthError, FieldProblem } from '../core/errors.ts';
import { flag, optional, parseOptions, text } from '../core/options.ts';
import { REASONS, type Disclosure, type ReasonCode } from '../core/reasons.ts';
import { jsonReply, type Reply } from '../core/reply.ts';
import { commonHeaders } from './headers.ts';

export interface DrfOptions {
  /** The realm of the challenge; default `api`. */
  readonly realm?: string | undefined;
  /** One text, "Token is invalid or expired", for tokens that are invalid and for expired ones; default false. */
  readonly legacyTokenMessages?: boolean | undefined;
}

/**
 * The bodies of Django REST framework with simple JWT: `{"detail"}`, `{"detail","code"}`, or a map of fields to lists of
 * messages. Every 401 has the one challenge `Bearer realm="…"`; no other status has any.
 */
export function drf(options: DrfOptions = {}): Dialect {
  const { realm, legacyTokenMessages } = parseOptions('drf', options, {
    realm: optional(text, 'api'),
    legacyTokenMessages: optional(flag, false),
  });
  const challenge = [formatChallenge('Bearer', [['realm', realm]])];

  return {
    name: 'drf',
    render(error, context): Reply {
      const { status, body } = answer(error, context, legacyTokenMessages);
      return jsonReply(status, body, commonHeaders(error, status === 401 ? challenge : []));
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Answering = (error: AuthError, context: RenderContext, legacy: boolean) => Answer;

function answer(error: AuthError, context: RenderContext, legacy: boolean): Answer {
  // The stack answers every bad API key as if none had been sent.
  if (error.code.startsWith('key_')) return NOT_PROVIDED(error, context, legacy);
  const own = BY_CODE[error.code] ?? BY_DISCLOSURE[REASONS[error.code].disclosure];
  return own(error, context, legacy);
}

function detail(status: number, message: string, code?: string): Answer {
  return { status, body: code === undefined ? { detail: message } : { detail: message, code } };
}

const always =
  (status: number, message: string, code?: string): Answering =>
  () =>
    detail(status, message, code);

/** A sentence about the body as a whole. */
const nonField =
  (message: string): Answering =>
  () => ({ status: 400, body: { non_field_errors: [message] } });

const NOT_PROVIDED = always(401, 'Authentication credentials were not provided.');
const FORBIDDEN = always(403, 'You do not have permission to perform this action.');

/** A token that is refused: as the request's own credential, to be exchanged, or to be looked at. */
const badToken: Answering = (error, _context, legacy) => {
  const { concerns } = error.details;
  const message = tokenMessage(error, legacy);
  if (concerns === 'inspected' && isBlacklisted(error)) {
    return { status: 400, body: { non_field_errors: [message] } };
  }
  if (concerns !== undefined) return detail(401, message, 'token_not_valid');
  return {
    status: 401,
    body: {
      detail: 'Given token not valid for any token type',
      code: 'token_not_valid',
      messages: [{ token_class: 'AccessToken', token_type: 'access', message }],
    },
  };
};

const goneUser =
  (message: string, code: string): Answering =>
  ({ details }) =>
    details.concerns === undefined
      ? detail(401, message, code)
      : detail(401, 'No active account found for the given token.');

const BY_CODE: Readonly<Partial<Record<ReasonCode, Answering>>> = {
  credentials_repeated: badToken,
  subject_unknown: goneUser('User not found', 'user_not_found'),
  subject_inactive: goneUser('User is inactive', 'user_inactive'),
  token_claim_missing: (error, context, legacy) =>
    error.details.claim === 'user_id' && error.details.concerns === undefined
      ? detail(401, 'Token contained no recognizable user identification', 'token_not_valid')
      : badToken(error, context, legacy),
  redirect_uri_refused: always(400, 'redirect_uri is not allowed.'),
  signin_input_missing: nonField('Incorrect input. access_token or code is required.'),
  signin_credential_refused: nonField('Incorrect value'),
  signin_code_refused: nonField('Failed to exchange code for access token'),
  signin_exchange_failed: nonField('Failed to exchange code for access token'),
  signin_state_missing: nonField('State could not be found in request data.'),
  signin_state_unknown: nonField('State could not be found in server-side session data.'),
  signin_state_mismatched: nonField('Invalid state has been provided.'),
  signin_denied: always(400, 'access_denied'),
  signin_unregistered: nonField('Incorrect value'),
  signin_email_taken: nonField('User is already registered with this e-mail address.'),
  signin_user_inactive: nonField('User account is disabled.'),
  connection_state_invalid: always(400, 'Invalid state has been provided.'),
  connection_denied: always(400, 'access_denied'),
  connection_exchange_failed: always(400, 'Failed to exchange code for access token'),
  connection_scope_missing: always(400, 'Missing required permission.'),
};

const BY_DISCLOSURE: Readonly<Record<Disclosure, Answering>> = {
  credentials_missing: NOT_PROVIDED,
  credentials_malformed: always(
    401,
    'Authorization header must contain two space-delimited values',
    'bad_authorization_header',
  ),
  token_invalid: badToken,
  token_expired: badToken,
  login_failed: always(401, 'No active account found with the given credentials'),
  scope_insufficient: FORBIDDEN,
  permission_denied: FORBIDDEN,
  ip_denied: FORBIDDEN,
  body_syntax: always(400, 'JSON parse error - the body cannot be decoded'),
  body_invalid: (error) => ({ status: 400, body: fieldMessages(error) }),
  body_media_type: (error) =>
    detail(415, `Unsupported media type "${error.details.mediaType ?? ''}" in request.`),
  body_too_large: always(413, 'Request body too large.'),
  not_found: always(404, 'Not found.'),
  method_not_allowed: (_error, { method }) => detail(405, `Method "${method}" not allowed.`),
  conflict: always(409, 'Conflict.'),
  gone: always(410, 'Gone.'),
  precondition_failed: always(412, 'Precondition failed.'),
  request_refused: always(400, 'Bad request.'),
  rate_limited: (error) => detail(429, throttled(error.details.retryAfterSeconds ?? 1)),
  internal_error: always(500, 'A server error occurred.'),
  unavailable: always(503, 'Service temporarily unavailable, try again later.'),
};

function isBlacklisted({ code }: AuthError): boolean {
  return code === 'token_revoked' || code === 'token_reused';
}

function tokenMessage(error: AuthError, legacy: boolean): string {
  if (isBlacklisted(error)) return 'Token is blacklisted';
  if (error.code === 'token_type_refused') return 'Token has wrong type';
  if (error.code === 'token_claim_missing') return MISSING_CLAIMS.get(error.details.claim ?? '') ?? INVALID;
  if (legacy) return 'Token is invalid or expired';
  return error.code === 'token_expired' ? 'Token is expired' : INVALID;
}

const INVALID = 'Token is invalid';

const MISSING_CLAIMS: ReadonlyMap<string, string> = new Map([
  ['exp', "Token has no 'exp' claim"],
  ['jti', 'Token has no id'],
  ['token_type', 'Token has no type'],
]);

const FIELD_MESSAGES: Readonly<Record<FieldProblem, string>> = {
  missing: 'This field is required.',
  blank: 'This field may not be blank.',
  null: 'This field may not be null.',
  type: 'Not a valid string.',
  value: 'Incorrect value',
};

/** Names of JSON's types as the stack calls them. */
const RECEIVED = { list: 'list', string: 'str', integer: 'int', float: 'float', boolean: 'bool' } as const;

function fieldMessages({ details }: AuthError): unknown {
  const { received, fields } = details;
  if (received === 'null') return { non_field_errors: ['No data provided'] };
  if (received !== undefined) {
    return {
      non_field_errors: [`Invalid data. Expected a dictionary, but got ${RECEIVED[received]}.`],
    };
  }
  return Object.fromEntries(
    Object.entries(fields ?? {}).map(([name, problem]) => [name, [FIELD_MESSAGES[problem]]]),
  );
}

function throttled(seconds: number): string {
  const whole = Math.ceil(seconds);
  return `Request was throttled. Expected available in ${whole} second${whole === 1 ? '' : 's'}.`;
}
