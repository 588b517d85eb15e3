import { systemClock, type Clock } from '../core/clock.ts';
import type { DecidingRule, Decision, GuardDescription } from '../core/decision.ts';
import { withDeadline } from '../core/deadline.ts';
import type { Dialect } from '../core/dialect.ts';
import { authError, isAuthError } from '../core/errors.ts';
import type { DecisionEvent, EventSink } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import { isPromise, type MaybePromise } from '../core/maybe-promise.ts';
import { callback, implementing, integer, optional, parseOptions, text } from '../core/options.ts';
import { isPrincipal, type Principal } from '../core/principal.ts';
import type { HeaderLine, Reply } from '../core/reply.ts';
import type { RequestNamer } from '../core/request-id.ts';
import { envelope } from '../dialects/envelope.ts';
import { readChain } from './read-chain.ts';
import { reportingTo } from './reporting.ts';

export interface GuardOptions {
  /** How refusals are written; the error envelope by default. */
  readonly dialect?: Dialect | undefined;
  /** The one property that the principal is written to, on the request or on Koa's state; default `user`. */
  readonly property?: string | undefined;
  /** Is told of every decision of this guard; what it throws changes nothing. */
  readonly onEvent?: EventSink<DecisionEvent> | undefined;
  /** Names the request in events, as the host's own log does; by default an id is made up when somebody listens. */
  readonly requestId?: RequestNamer | undefined;
  /** How long one step of the chain may take before the request is answered 503; default 10,000. */
  readonly deadlineMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** What a chain comes to: the request goes on, or this answer is sent. */
export type PipelineResult<P> =
  | { readonly kind: 'pass'; readonly principal: P; readonly headers: readonly HeaderLine[] }
  | { readonly kind: 'reply'; readonly reply: Reply };

/** A chain of guards, checked and ready to run; what every adapter wraps. */
export interface Pipeline<P> {
  readonly property: string;
  /** Never throws and never rejects: whatever breaks becomes an answer. */
  run(exchange: Exchange): MaybePromise<PipelineResult<P>>;
  /** Runs the host's handler inside the guards that surround it. */
  enter(principal: P, handler: () => unknown): unknown;
  /** The answer to something that the host's handler threw, in the chain's dialect. */
  replyTo(thrown: unknown, exchange: Exchange): Reply;
  describe(): readonly GuardDescription[];
}

type AnyPrincipal = Principal | null;

/**
 * Puts guards into a chain that runs without a promise as long as every guard answers without one.
 *
 * @param args An entry, guards, and perhaps {@link GuardOptions}.
 * @throws {@link ConfigError} `chain_unguarded`, `chain_invalid`, and the codes of the options.
 */
export function compilePipeline<P extends AnyPrincipal>(args: readonly unknown[]): Pipeline<P> {
  const { entry, guards, options } = readChain(args);
  const { dialect, property, onEvent, requestId, deadlineMs, clock } = parseOptions('guard', options, {
    dialect: optional(implementing<Dialect>('a dialect, such as envelope()', 'render')),
    property: optional(text, 'user'),
    onEvent: optional(callback<EventSink<DecisionEvent>>()),
    requestId: optional(callback<RequestNamer>()),
    deadlineMs: optional(integer(1, 600_000), DEFAULT_DEADLINE_MS),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
  });
  const reporting = reportingTo({
    dialect: dialect ?? entry.dialect ?? envelope(),
    schemes: entry.schemes,
    clock,
    onEvent: onEvent ?? entry.onEvent,
    requestId: requestId ?? entry.requestId,
  });
  const names = [entry.name, ...guards.map((guard) => guard.name)];
  const surrounding = guards.filter((guard) => guard.enter !== undefined).toReversed();

  /** Takes the decision of step `from` (0 is the entry) and goes on until one denies, is promised, or all allow. */
  function proceed(
    exchange: Exchange,
    from: number,
    decision: Decision<AnyPrincipal>,
    before: AnyPrincipal,
    seen: readonly HeaderLine[],
    named: DecidingRule | undefined,
  ): MaybePromise<PipelineResult<P>> {
    let current = decision;
    let principal = before;
    let headers = seen;
    let rule = named;
    let step = from;
    try {
      for (;;) {
        if (current.kind === 'deny') {
          if (!isAuthError(current.error)) throw new TypeError(`the guard "${nameOf(step)}" gave no reason`);
          const { error, rule: denying } = current;
          return {
            kind: 'reply',
            reply: reporting.denied(exchange, nameOf(step), principal, error, denying),
          };
        }
        // A guard in plain JavaScript may return anything; only an explicit yes lets the request go on.
        if (current.kind !== 'allow') throw new TypeError(`the guard "${nameOf(step)}" returned no decision`);
        if (!mayGoOn(current.principal, principal, step)) {
          throw new TypeError(`the guard "${nameOf(step)}" let the request pass without a principal`);
        }
        principal = current.principal;
        if (principal?.readOnly === true && !SAFE_METHODS.has(exchange.method)) {
          return { kind: 'reply', reply: reporting.denied(exchange, nameOf(step), principal, READ_ONLY) };
        }
        if (current.headers !== undefined) headers = [...headers, ...current.headers];
        rule = current.rule ?? rule;
        const guard = guards[step];
        if (guard === undefined) break;
        step += 1;
        const next = guard.decide(exchange, principal);
        if (isPromise(next)) return proceedLater(exchange, step, next, principal, headers, rule);
        current = next;
      }
      reporting.allowed(exchange, entry.name, principal, rule);
    } catch (thrown) {
      return { kind: 'reply', reply: reporting.failed(exchange, nameOf(step), principal, thrown) };
    }
    return { kind: 'pass', principal: principal as P, headers };
  }

  async function proceedLater(
    exchange: Exchange,
    step: number,
    promised: Promise<Decision<AnyPrincipal>>,
    principal: AnyPrincipal,
    headers: readonly HeaderLine[],
    rule: DecidingRule | undefined,
  ): Promise<PipelineResult<P>> {
    let decision: Decision<AnyPrincipal>;
    try {
      decision = await withDeadline(promised, deadlineMs, `the guard "${nameOf(step)}"`);
    } catch (thrown) {
      return { kind: 'reply', reply: reporting.failed(exchange, nameOf(step), principal, thrown) };
    }
    return proceed(exchange, step, decision, principal, headers, rule);
  }

  function nameOf(step: number): string {
    return names[step] ?? entry.name;
  }

  return {
    property,
    run(exchange) {
      let first: MaybePromise<Decision<AnyPrincipal>>;
      try {
        first = entry.enterChain(exchange);
      } catch (thrown) {
        return { kind: 'reply', reply: reporting.failed(exchange, entry.name, null, thrown) };
      }
      return isPromise(first)
        ? proceedLater(exchange, 0, first, null, NO_HEADERS, undefined)
        : proceed(exchange, 0, first, null, NO_HEADERS, undefined);
    },
    enter(principal, handler) {
      if (surrounding.length === 0) return handler();
      return surrounding.reduce((inner, guard) => () => guard.enter?.(principal, inner), handler)();
    },
    replyTo: (thrown, exchange) => reporting.failed(exchange, 'handler', null, thrown),
    describe: () => [entry.describe(), ...guards.map((guard) => guard.describe())],
  };
}

/** Nobody is let pass by the entry only, or where nobody was signed in before; everyone else is a principal. */
function mayGoOn(principal: unknown, before: AnyPrincipal, step: number): boolean {
  return principal === null ? step === 0 || before === null : isPrincipal(principal);
}

/** The methods of RFC 9110 section 9.2.1. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
const READ_ONLY = authError('read_only');
/** Longer than the deadlines of stores and of systems' callbacks, so that those are told first. */
const DEFAULT_DEADLINE_MS = 10_000;
const NO_HEADERS: readonly HeaderLine[] = Object.freeze([]);
