import type { Dialect } from './dialect.ts';
import type { AuthError } from './errors.ts';
import type { DecisionEvent, EventSink } from './events.ts';
import type { Exchange } from './exchange.ts';
import type { MaybePromise } from './maybe-promise.ts';
import type { Principal } from './principal.ts';
import type { HeaderLine } from './reply.ts';
import type { RequestNamer } from './request-id.ts';

/** What a strategy says about the credential of one request. */
export type Recognition<P> =
  | {
      readonly kind: 'authenticated';
      readonly principal: P;
      readonly headers?: readonly HeaderLine[] | undefined;
    }
  | { readonly kind: 'rejected'; readonly error: AuthError; readonly rule?: DecidingRule | undefined }
  | { readonly kind: 'absent' };

/** What a guard says about one request. Headers go onto the host's answer. */
export type Decision<P> =
  | {
      readonly kind: 'allow';
      readonly principal: P;
      readonly headers?: readonly HeaderLine[] | undefined;
      readonly rule?: DecidingRule | undefined;
    }
  | { readonly kind: 'deny'; readonly error: AuthError; readonly rule?: DecidingRule | undefined };

/**
 * Which rule decided, for the event and never for the caller: nothing secret, and of few words. A function is only called
 * when somebody listens.
 */
export type DecidingRule = string | (() => string | null);

/** One step in front of a route: it lets the request go on, perhaps as a narrower principal, or refuses it. */
export interface Guard<P = Principal | null> {
  /** The name in events and in `describe()`, snake_case. */
  readonly name: string;
  decide(exchange: Exchange, principal: P): MaybePromise<Decision<P>>;
  /** Says what the guard demands, for route listings; plain data. */
  describe(): GuardDescription;
  /** Runs the host's handler, for a guard that surrounds it, such as one that sets an asynchronous context. */
  enter?(principal: P, handler: () => unknown): unknown;
}

/** The guard that a chain begins with: it finds out who the request is, or says that everyone may pass. */
export interface EntryGuard<P> {
  readonly name: string;
  /** The authentication schemes that a refusal of this chain challenges for (RFC 9110 section 11.6.1). */
  readonly schemes: readonly string[];
  /** How the chain's refusals are written when its options do not say; systems speak their own. */
  readonly dialect?: Dialect | undefined;
  /** Who is told of the chain's decisions when its options do not say. */
  readonly onEvent?: EventSink<DecisionEvent> | undefined;
  /** How requests are named in events when the chain's options do not say. */
  readonly requestId?: RequestNamer | undefined;
  enterChain(exchange: Exchange): MaybePromise<Decision<P>>;
  describe(): GuardDescription;
}

/** A guard in plain data. */
export interface GuardDescription {
  readonly guard: string;
  readonly [detail: string]: unknown;
}

/** Lets the request go on as `principal`. */
export function allow<P>(principal: P, headers?: readonly HeaderLine[]): Decision<P> {
  return headers === undefined ? { kind: 'allow', principal } : { kind: 'allow', principal, headers };
}

/** Refuses the request, perhaps with the rule that says so. */
export function deny(
  error: AuthError,
  rule?: DecidingRule,
): { readonly kind: 'deny'; readonly error: AuthError; readonly rule?: DecidingRule } {
  return rule === undefined ? { kind: 'deny', error } : { kind: 'deny', error, rule };
}

/** No credential of the strategy's kind was sent. */
export const ABSENT: { readonly kind: 'absent' } = Object.freeze({ kind: 'absent' });
