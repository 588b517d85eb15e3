import type { Dialect } from '../core/dialect.ts';
import type { AuthError, FieldProblem } from '../core/errors.ts';
import { oneOf, optional, parseOptions } from '../core/options.ts';
import { REASONS, type Disclosure, type ReasonCode } from '../core/reasons.ts';
import { jsonReply, type HeaderLine } from '../core/reply.ts';
import { commonHeaders } from './headers.ts';

export interface BearerSessionDialectOptions {
  /** The status of an expired bearer token; default 401. */
  readonly expiredStatus?: 401 | 403 | undefined;
}

/**
 * The error bodies of the bearer session API: `{"success":false,"error","message"}`, with `missing` or `invalid` naming
 * fields. `error` is what a program reads.
 */
export function bearerSessionDialect(options: BearerSessionDialectOptions = {}): Dialect {
  const { expiredStatus } = parseOptions('bearerSessionDialect', options, {
    expiredStatus: optional(oneOf(401, 403), 401),
  });

  return {
    name: 'bearer-session',
    render(error) {
      const { status, code, message, ...more } = entryOf(error);
      const sent = code === 'token_expired' ? expiredStatus : status;
      return jsonReply(sent, { success: false, error: code, message, ...more }, [
        ...commonHeaders(error, sent === 401 ? ['Bearer'] : []),
        VARY,
      ]);
    },
  };
}

/** Caches do not know that `Authentication` is a credential. */
const VARY: HeaderLine = ['Vary', 'Authorization, Authentication'];

interface Entry {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly missing?: readonly string[];
  readonly invalid?: readonly string[];
}

function entryOf(error: AuthError): Entry {
  if (error.code === 'body_invalid') return fieldsEntry(error.details.fields ?? {});
  const { disclosure } = REASONS[error.code];
  if (
    error.details.concerns === 'refresh' &&
    (disclosure === 'token_invalid' || disclosure === 'token_expired')
  ) {
    return INVALID_REFRESH;
  }
  return BY_CODE[error.code] ?? BY_DISCLOSURE[disclosure];
}

/** Missing fields are told before invalid ones, all of them at once. */
function fieldsEntry(fields: Readonly<Record<string, FieldProblem>>): Entry {
  const missing = Object.keys(fields).filter((name) => fields[name] === 'missing');
  if (missing.length > 0) {
    const message = `Missing required parameter(s): ${missing.join(', ')}`;
    return { ...entry(400, 'missing_parameters', message), missing };
  }
  const invalid = Object.keys(fields);
  return { ...entry(400, 'invalid_parameters', `Invalid parameter(s): ${invalid.join(', ')}`), invalid };
}

function entry(status: number, code: string, message: string): Entry {
  return { status, code, message };
}

const INVALID_TOKEN = entry(401, 'invalid_token', 'The bearer token is missing or not valid.');
const INVALID_REFRESH = entry(401, 'invalid_refresh_token', 'The refresh token is not valid.');
const INVALID_BODY = entry(400, 'invalid_body', 'The request body cannot be read.');
const DENIED = entry(403, 'permission_denied', 'You do not have permission to do this.');

const BY_CODE: Readonly<Partial<Record<ReasonCode, Entry>>> = {
  account_forbidden: entry(403, 'account_forbidden', 'You do not have access to this account.'),
};

const BY_DISCLOSURE: Readonly<Record<Disclosure, Entry>> = {
  credentials_missing: INVALID_TOKEN,
  credentials_malformed: INVALID_TOKEN,
  token_invalid: INVALID_TOKEN,
  token_expired: entry(401, 'token_expired', 'The bearer token has expired.'),
  login_failed: entry(401, 'invalid_credentials', 'The user name or the password is wrong.'),
  scope_insufficient: DENIED,
  permission_denied: DENIED,
  ip_denied: DENIED,
  body_syntax: INVALID_BODY,
  body_invalid: entry(400, 'invalid_parameters', 'The parameters are not valid.'),
  body_media_type: INVALID_BODY,
  body_too_large: entry(413, 'body_too_large', 'The request body is too large.'),
  not_found: entry(404, 'not_found', 'There is nothing here.'),
  method_not_allowed: entry(405, 'method_not_allowed', 'The method is not allowed here.'),
  conflict: entry(409, 'conflict', 'The request conflicts with the present state.'),
  gone: entry(410, 'gone', 'What was here is gone.'),
  precondition_failed: entry(412, 'precondition_failed', 'A precondition of the request does not hold.'),
  request_refused: entry(400, 'request_refused', 'The request was refused.'),
  rate_limited: entry(429, 'rate_limited', 'Too many requests.'),
  internal_error: entry(500, 'server_error', 'Something went wrong.'),
  unavailable: entry(503, 'server_error', 'The service is temporarily unavailable.'),
};
