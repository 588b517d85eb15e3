import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Clock } from '../core/clock.ts';
import type { DecidingRule } from '../core/decision.ts';
import type { Dialect } from '../core/dialect.ts';
import { isError, refusalOf, type AuthError } from '../core/errors.ts';
import { hasDecisionListener, publishEvent } from '../core/event-publishing.ts';
import { eventSubject, type DecisionEvent, type EventSink } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Principal } from '../core/principal.ts';
import { jsonReply, type Reply } from '../core/reply.ts';
import { requestIdOf, type RequestNamer } from '../core/request-id.ts';

/** Turns refusals and failures into answers, and tells whoever listens. */
export interface Reporting {
  allowed(exchange: Exchange, guard: string, principal: Principal | null, rule?: DecidingRule): void;
  /** The answer to a refusal. */
  denied(
    exchange: Exchange,
    guard: string,
    principal: Principal | null,
    error: AuthError,
    rule?: DecidingRule,
  ): Reply;
  /** The answer to something that was thrown: 503 for an outage, 500 for anything unknown. */
  failed(exchange: Exchange, guard: string, principal: Principal | null, thrown: unknown): Reply;
}

export interface ReportingParts {
  readonly dialect: Dialect;
  readonly schemes: readonly string[];
  readonly clock: Clock;
  readonly onEvent: EventSink<DecisionEvent> | undefined;
  readonly requestId?: RequestNamer | undefined;
}

export function reportingTo({ dialect, schemes, clock, onEvent, requestId }: ReportingParts): Reporting {
  function render(error: AuthError, exchange: Exchange): Reply {
    try {
      return sendable(dialect.render(error, { schemes, method: exchange.method, path: exchange.path }));
    } catch (broken) {
      // The dialect itself fails: the caller still gets an answer that says nothing.
      warn(broken);
      return jsonReply(500, { error: 'internal_error' }, [['Cache-Control', 'no-store']]);
    }
  }

  function publish(
    exchange: Exchange,
    principal: Principal | null,
    event: Pick<DecisionEvent, 'outcome' | 'guard' | 'reason' | 'cause'>,
    rule?: DecidingRule,
  ): void {
    if (!hasDecisionListener(onEvent)) return;
    const about = {
      rule: ruleText(rule),
      requestId: requestIdOf(exchange, requestId),
      ...eventSubject(exchange, principal),
      at: clock.now(),
    };
    publishEvent({ type: 'decision', ...event, ...about }, onEvent);
  }

  return {
    allowed(exchange, guard, principal, rule) {
      // Asked here as well, since nearly every request comes this way and nearly none is listened to.
      if (!hasDecisionListener(onEvent)) return;
      publish(exchange, principal, { outcome: 'allowed', guard, reason: null }, rule);
    },
    denied(exchange, guard, principal, error, rule) {
      publish(exchange, principal, { outcome: 'denied', guard, reason: error.code }, rule);
      return render(error, exchange);
    },
    failed(exchange, guard, principal, thrown) {
      const error = refusalOf(thrown);
      publish(exchange, principal, { outcome: 'failed', guard, reason: error.code, cause: thrown });
      if (!hasDecisionListener(onEvent)) warn(thrown);
      return render(error, exchange);
    },
  };
}

/** A rule that cannot be told is no reason to decide another way. */
function ruleText(rule: DecidingRule | undefined): string | null {
  try {
    const told: unknown = typeof rule === 'function' ? rule() : rule;
    return typeof told === 'string' ? told : null;
  } catch {
    return null;
  }
}

/** Refuses what no server can send, before a half of it is on its way. */
function sendable(reply: Reply): Reply {
  const { status, headers, body } = reply;
  if (!Number.isInteger(status) || status < 200 || status > 599 || typeof body !== 'string') {
    throw new TypeError('the dialect returned no answer');
  }
  for (const [name, value] of headers) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
  return reply;
}

/** Without a listener a failure would be silent, so it becomes a process warning, which hosts can redirect or mute. */
function warn(thrown: unknown): void {
  // A text, since Node refuses as a warning the errors of another realm, which is where test runners put the host.
  const detail = isError(thrown) ? thrown.stack : `something that is no error was thrown: ${typeof thrown}`;
  process.emitWarning('a request failed', {
    type: 'PortcullisWarning',
    ...(detail === undefined ? {} : { detail }),
  });
}
