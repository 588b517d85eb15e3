import type { Decision, Guard } from '../../core/decision.ts';
import type { Exchange } from '../../core/exchange.ts';
import { chain, type MaybePromise } from '../../core/maybe-promise.ts';
import { implementing, type Reader } from '../../core/options.ts';
import type { Principal } from '../../core/principal.ts';
import type { RecordStore } from '../../core/store.ts';
import type { ClientAddressChoice } from '../../middleware/client-address.ts';
import { rateLimit } from '../../middleware/rate-limit.ts';

/** Bounds how often an endpoint is called: the seconds to wait, or `null` to go on. */
export type EndpointLimiter = (exchange: Exchange, endpoint: string) => MaybePromise<number | null>;

/** The limit that there is when the host names none: each address by itself, over all these endpoints together. */
export function limitByAddress({
  store,
  trustedProxies,
  clientAddress,
  onUntrustedForward,
  clock,
}: ClientAddressChoice & { readonly store: RecordStore }): EndpointLimiter {
  return asLimiter(
    rateLimit({
      name: 'oauth',
      limit: REQUESTS_A_MINUTE,
      windowSeconds: 60,
      by: 'address',
      store,
      trustedProxies,
      clientAddress,
      onUntrustedForward,
      clock,
    }),
  );
}

/** Twenty a second: a hundred devices behind one address may poll, and nobody floods the store. */
const REQUESTS_A_MINUTE = 1_200;

/** Reads the option: a callback of the host's own, or the guard that limits routes, which is asked before anybody is known. */
export const endpointLimiterOption: Reader<EndpointLimiter> = (value, path) => {
  if (typeof value === 'function') return value as EndpointLimiter;
  return asLimiter(
    implementing<Guard>('a callback, a guard such as rateLimit({ … }), or null', 'decide')(value, path),
  );
};

function asLimiter(guard: Guard): EndpointLimiter {
  return (exchange) => chain(guard.decide(exchange, null), secondsOf);
}

function secondsOf(decision: Decision<Principal | null>): number | null {
  if (decision.kind === 'allow') return null;
  const { code, details } = decision.error;
  if (code === 'rate_limited') return details.retryAfterSeconds ?? 1;
  throw new TypeError(`oauthSystem.endpointLimiter: a limiter refuses with rate_limited, not with ${code}.`);
}
