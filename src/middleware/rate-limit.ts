import { allow, deny, type Decision, type Guard } from '../core/decision.ts';
import { authError, ConfigError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import { chain, type MaybePromise } from '../core/maybe-promise.ts';
import {
  callback,
  implementing,
  integer,
  oneOf,
  optional,
  parseOptions,
  text,
  type Reader,
} from '../core/options.ts';
import type { Principal } from '../core/principal.ts';
import type { RecordStore } from '../core/store.ts';
import { addressBucket } from '../network/address-bucket.ts';
import { requestLimits, type RequestLimiter } from '../services/request-limits.ts';
import { secondsToWait } from '../services/seconds-to-wait.ts';
import {
  clientAddressFinder,
  clientAddressShape,
  type ClientAddressChoice,
  type ClientAddressFinder,
} from './client-address.ts';

export type { CountedRequest, RequestLimiter, RequestRate } from '../services/request-limits.ts';

/** What requests are counted by: a text of the host's own for each of whom it counts, or `null` for no limit at all. */
export type RateLimitBy = (exchange: Exchange, principal: Principal | null) => string | null;

export interface RateLimitOptions extends ClientAddressChoice {
  /** What is limited, as in `search`. Guards of one name share their counts, in all processes. */
  readonly name: string;
  /** How many requests there may be in a window. */
  readonly limit: number;
  /** How long a window is; it begins with the first request. */
  readonly windowSeconds: number;
  /**
   * `principal` (the default) counts each party by itself, and by address whoever is nobody behind `open(reason)`;
   * `address` counts each IPv4 address and each /64 network of IPv6 by itself.
   */
  readonly by?: 'principal' | 'address' | RateLimitBy | undefined;
  /** Where counts are kept. */
  readonly store?: RecordStore | undefined;
  /** Counts in place of the store. */
  readonly limiter?: RequestLimiter | undefined;
}

/**
 * Lets so many requests pass in a window. It stands behind `authenticate`, so that nobody can use up what is another's.
 * API keys with a limit of their own are held to it by their strategy, with or without this guard.
 *
 * A request that is refused is answered 429 with `Retry-After` in whole seconds. A client whose address cannot be known
 * shares one count with all others of that kind. While the store is down the answer is 503.
 *
 * @returns A guard that refuses with `rate_limited`.
 * @throws {@link ConfigError} `option_missing` without a store and a limiter, `option_conflict` with both,
 *   `option_unknown`, `option_invalid`.
 * @see RFC 6585 section 4, RFC 9110 section 10.2.3
 */
export function rateLimit(options: RateLimitOptions): Guard {
  const { name, limit, windowSeconds, by, store, limiter, ...choice } = parseOptions(OWNER, options, {
    name: text,
    limit: integer(1),
    windowSeconds: integer(1, 31_536_000),
    by: optional(byOption, 'principal'),
    store: optional(implementing<RecordStore>('a store, such as memoryStore()', 'use', 'put', 'get')),
    limiter: optional(implementing<RequestLimiter>('a limiter', 'take')),
    ...clientAddressShape,
  });
  const counting = limiter ?? limiterOver(store, choice);
  if (limiter !== undefined && store !== undefined) {
    throw new ConfigError(
      'option_conflict',
      `${OWNER}: limiter takes the place of the counts in the store; give one of the two.`,
    );
  }
  const nameOf = typeof by === 'function' ? by : naming(by, clientAddressFinder(OWNER, choice));

  function decide(exchange: Exchange, principal: Principal | null): MaybePromise<Decision<Principal | null>> {
    const who: unknown = nameOf(exchange, principal);
    if (who === null) return allow(principal);
    if (typeof who !== 'string') throw new TypeError(`${OWNER}.by must return text, or null for no limit.`);
    const waiting = counting.take({ name: JSON.stringify([name, who]), limit, windowSeconds });
    return chain(waiting, (answer) => {
      const retryAfterSeconds = secondsToWait(answer, `${OWNER}.limiter.take`);
      if (retryAfterSeconds === null) return allow(principal);
      return deny(authError('rate_limited', { retryAfterSeconds }), name);
    });
  }

  return {
    name: NAME,
    decide,
    describe: () => ({
      guard: NAME,
      name,
      limit,
      windowSeconds,
      by: typeof by === 'function' ? 'a callback' : by,
    }),
  };
}

const OWNER = 'rateLimit';
const NAME = 'rate_limit';

const byOption: Reader<'principal' | 'address' | RateLimitBy> = (value, path) =>
  typeof value === 'function'
    ? callback<RateLimitBy>()(value, path)
    : oneOf('principal', 'address')(value, path);

function limiterOver(store: RecordStore | undefined, { clock }: ClientAddressChoice): RequestLimiter {
  if (store !== undefined) return requestLimits({ store, clock });
  throw new ConfigError(
    'option_missing',
    `${OWNER}: give the store that all processes share, or a limiter of your own.`,
  );
}

/** The party, or the address in a form that no party's name has. */
function naming(by: 'principal' | 'address', addressOf: ClientAddressFinder): RateLimitBy {
  function addressName(exchange: Exchange): string {
    const address = addressOf(exchange);
    return `address ${address === null ? 'unknown' : addressBucket(address)}`;
  }
  if (by === 'address') return addressName;
  return (exchange, principal) =>
    principal === null ? addressName(exchange) : `${principal.kind} ${principal.id}`;
}
