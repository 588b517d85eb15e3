import { challengesFor } from '../core/challenge.ts';
import type { Dialect, RenderContext } from '../core/dialect.ts';
import type { AuthError } from '../core/errors.ts';
import { flag, optional, parseOptions, text, type Reader } from '../core/options.ts';
import { REASONS, type Disclosure } from '../core/reasons.ts';
import { jsonReply, type Reply } from '../core/reply.ts';
import { commonHeaders } from './headers.ts';

export interface EnvelopeOptions {
  /** The realm of challenges; none by default. */
  readonly realm?: string | undefined;
  /** Challenges with the bare scheme only, without realm, error or scope; default false. */
  readonly bareChallenge?: boolean | undefined;
  /** Texts that replace those of the table, for whoever translates or sharpens them. */
  readonly messages?: EnvelopeMessages | undefined;
}

/** For each kind of refusal its text, or how the text is made; whatever it says reaches the caller. */
export type EnvelopeMessages = Readonly<
  Partial<Record<Disclosure, string | ((error: AuthError, context: RenderContext) => string)>>
>;

/**
 * The error envelope: `{"error":{"name","code","message"}}`. `code` is what a program reads, `message` is for people.
 * An answer that is no error has no `error` key.
 */
export function envelope(options: EnvelopeOptions = {}): Dialect {
  const { realm, bareChallenge, messages } = parseOptions('envelope', options, {
    realm: optional(text, null),
    bareChallenge: optional(flag, false),
    messages: optional(readMessages, NO_MESSAGES),
  });

  function textOf(disclosure: Disclosure, error: AuthError, context: RenderContext): string {
    const own = messages[disclosure] ?? ENTRIES[disclosure].message;
    return typeof own === 'function' ? own(error, context) : own;
  }

  return {
    name: 'envelope',
    render(error: AuthError, context: RenderContext): Reply {
      const { disclosure } = REASONS[error.code];
      const { status, name, code } = ENTRIES[disclosure];
      const challenges = challengesFor(error, context.schemes, realm);
      return jsonReply(
        status,
        { error: { name, code, message: textOf(disclosure, error, context) } },
        commonHeaders(error, bareChallenge && challenges.length > 0 ? context.schemes : challenges),
      );
    },
  };
}

interface Entry {
  readonly status: number;
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

function entry(status: number, name: string, code: string, message: string): Entry {
  return { status, name, code, message };
}

const unauthorized = (message: string): Entry => entry(401, 'UnauthorizedError', 'UNAUTHORIZED', message);
const forbidden = (message: string): Entry => entry(403, 'ForbiddenError', 'FORBIDDEN', message);
const invalid = (message: string): Entry => entry(400, 'ValidationException', 'VALIDATION_FAILURE', message);
const syntax = (message: string): Entry => entry(400, 'SyntaxError', 'SYNTAX_ERROR', message);

const ENTRIES: Readonly<Record<Disclosure, Entry>> = {
  credentials_missing: unauthorized('Authentication required'),
  credentials_malformed: unauthorized('Authentication required'),
  token_invalid: unauthorized('Invalid token'),
  token_expired: unauthorized('Token has expired'),
  login_failed: unauthorized('Invalid credentials'),
  scope_insufficient: forbidden('Insufficient scope'),
  permission_denied: forbidden('Permission denied'),
  ip_denied: forbidden('IP address not authorized'),
  body_syntax: syntax('Invalid request body'),
  body_invalid: invalid('Invalid request'),
  body_media_type: syntax('Invalid request body'),
  body_too_large: entry(413, 'PayloadTooLargeError', 'PAYLOAD_TOO_LARGE', 'Request body too large'),
  not_found: entry(404, 'NotFoundError', 'NOT_FOUND', 'Not found'),
  method_not_allowed: entry(405, 'MethodNotAllowedError', 'METHOD_NOT_ALLOWED', 'Method not allowed'),
  conflict: entry(409, 'ConflictError', 'CONFLICT', 'Conflict'),
  gone: entry(410, 'GoneError', 'GONE', 'Gone'),
  precondition_failed: entry(412, 'PreconditionFailedError', 'PRECONDITION_FAILED', 'Precondition failed'),
  request_refused: entry(400, 'BadRequestError', 'BAD_REQUEST', 'Bad request'),
  rate_limited: entry(
    429,
    'TooManyRequestsError',
    'TOO_MANY_REQUESTS',
    'Too many requests. Please try again later.',
  ),
  internal_error: entry(500, 'InternalServerError', 'INTERNAL_SERVER_ERROR', 'Internal server error'),
  unavailable: entry(
    503,
    'ServiceUnavailableError',
    'SERVICE_UNAVAILABLE',
    'Service temporarily unavailable',
  ),
};

const NO_MESSAGES: EnvelopeMessages = {};

const readMessage: Reader<string | (() => string)> = (value, path) =>
  typeof value === 'function' ? (value as () => string) : text(value, path);

function readMessages(value: unknown, path: string): EnvelopeMessages {
  const shape = Object.fromEntries(Object.keys(ENTRIES).map((key) => [key, optional(readMessage)]));
  return parseOptions(path, value, shape);
}
