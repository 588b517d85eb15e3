import type { Decision, Guard } from '../../core/decision.ts';
import type { Exchange } from '../../core/exchange.ts';
import { chain, type MaybePromise } from '../../core/maybe-promise.ts';
import { implementing, type Reader } from '../../core/options.ts';
import type { Principal } from '../../core/principal.ts';

/** Bounds how often an endpoint is called: the seconds to wait, or `null` to go on. */
export type EndpointLimiter = (exchange: Exchange, endpoint: string) => MaybePromise<number | null>;

/** Reads the option: a callback of the host's own, or the guard that limits routes, which is asked before anybody is known. */
export const endpointLimiterOption: Reader<EndpointLimiter> = (value, path) => {
  if (typeof value === 'function') return value as EndpointLimiter;
  const guard = implementing<Guard>('a callback, or a guard such as rateLimit({ … })', 'decide')(value, path);
  return (exchange) => chain(guard.decide(exchange, null), secondsOf);
};

function secondsOf(decision: Decision<Principal | null>): number | null {
  if (decision.kind === 'allow') return null;
  const { code, details } = decision.error;
  if (code === 'rate_limited') return details.retryAfterSeconds ?? 1;
  throw new TypeError(`oauthSystem.endpointLimiter: a limiter refuses with rate_limited, not with ${code}.`);
}
