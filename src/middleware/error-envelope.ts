import { systemClock, type Clock } from '../core/clock.ts';
import type { Dialect } from '../core/dialect.ts';
import { authError, isAuthError, isError, isStoreError, type AuthError } from '../core/errors.ts';
import type { DecisionEvent, EventSink } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import { callback, implementing, optional, parseOptions } from '../core/options.ts';
import type { ReasonCode } from '../core/reasons.ts';
import type { Reply } from '../core/reply.ts';
import type { RequestNamer } from '../core/request-id.ts';
import { envelope } from '../dialects/envelope.ts';
import { reportingTo } from './reporting.ts';

export interface ErrorEnvelopeOptions {
  /** How errors are written; the error envelope by default. */
  readonly dialect?: Dialect | undefined;
  /** Is told of every error; without it an unexpected one becomes a process warning. */
  readonly onEvent?: EventSink<DecisionEvent> | undefined;
  /** Names the request in events, as the host's own log does. */
  readonly requestId?: RequestNamer | undefined;
  readonly clock?: Clock | undefined;
}

/** Turns whatever a host's middleware or handler threw into an answer; the adapters wrap it. */
export type ErrorRenderer = (thrown: unknown, exchange: Exchange) => Reply;

/**
 * Builds the renderer of an application's errors. A body that cannot be parsed, from express.json, \@koa/bodyparser or
 * koa-bodyparser, is `body_syntax` and never quotes the input, as the parsers' own messages do. Errors with a client
 * status keep its meaning, and one that no reason stands for is 400; anything else is `internal_error`. None tells what the
 * error says.
 *
 * @param unheard Hears what nobody else does, where the framework has a channel of its own for errors.
 */
export function errorRenderer(
  options: ErrorEnvelopeOptions = {},
  unheard?: EventSink<DecisionEvent>,
): ErrorRenderer {
  const {
    dialect,
    onEvent = unheard,
    requestId,
    clock,
  } = parseOptions('errorEnvelope', options, {
    dialect: optional(implementing<Dialect>('a dialect, such as envelope()', 'render')),
    onEvent: optional(callback<EventSink<DecisionEvent>>()),
    requestId: optional(callback<RequestNamer>()),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
  });
  const reporting = reportingTo({
    dialect: dialect ?? envelope(),
    schemes: ['Bearer'],
    clock,
    onEvent,
    requestId,
  });

  return function renderError(thrown, exchange) {
    const refusal = isAuthError(thrown) ? thrown : clientError(thrown);
    return refusal === null
      ? reporting.failed(exchange, 'handler', null, thrown)
      : reporting.denied(exchange, 'handler', null, refusal);
  };
}

/** The client's mistake that an error stands for, or `null` when the error is the server's own. */
function clientError(thrown: unknown): AuthError | null {
  if (!isError(thrown) || isStoreError(thrown)) return null;
  const { status, statusCode, type } = thrown as { [member: string]: unknown } & Error;
  const code = typeof status === 'number' ? status : statusCode;
  if (type === 'entity.parse.failed') return authError('body_syntax');
  // A handler's own SyntaxError has no status: that one is a fault of the server.
  if (thrown.name === 'SyntaxError' && code === 400) return authError('body_syntax');
  if (typeof type === 'string' && code === 400 && BROKEN_BODIES.has(type)) return authError('body_syntax');
  if (typeof code !== 'number' || !Number.isInteger(code) || code < 400 || code > 499) return null;
  // Whoever does not know a status takes it for the first of its class (RFC 9110 section 15).
  return authError(BY_STATUS[code] ?? 'request_refused');
}

/** `type` of the errors of raw-body and body-parser that mean a body which cannot be decoded. */
const BROKEN_BODIES: ReadonlySet<string> = new Set(['request.size.invalid', 'request.aborted']);

const BY_STATUS: Readonly<Record<number, ReasonCode>> = {
  400: 'body_invalid',
  401: 'credentials_missing',
  403: 'permission_denied',
  404: 'not_found',
  405: 'method_not_allowed',
  409: 'conflict',
  410: 'gone',
  412: 'precondition_failed',
  413: 'body_too_large',
  415: 'body_media_type',
  422: 'body_invalid',
  429: 'rate_limited',
};
