import { systemClock, type Clock } from '../../core/clock.ts';
import type { Directory, User } from '../../core/directory.ts';
import type { DecisionEvent, EventSink, SessionEvent } from '../../core/events.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import { callback, implementing, integer, oneOf, optional, parseOptions } from '../../core/options.ts';
import type { Store } from '../../core/store.ts';
import {
  DEFAULT_ACCOUNT_CHECK,
  readAccountCheckPolicy,
  type AccountCheckPolicy,
} from '../../services/account-check.ts';
import { JWT_ALGORITHMS, type JwtAlgorithm } from '../../tokens/algorithms.ts';
import { keyRing, type KeysOption } from '../../tokens/key-ring.ts';

/** A user of the B2B API signs in for a client. */
export interface B2bUser extends User {
  /** The client, an integer; sessions, revocation and the IP allowlist are the client's. */
  readonly clientId: number;
}

export interface B2bOptions {
  /** Where sessions, revocations and allowlists are kept. */
  readonly store: Store;
  readonly directory: Directory<B2bUser>;
  /** What tokens are signed and verified with; the first key, or the active one, signs. */
  readonly keys: Exclude<KeysOption, { candidates: unknown }>;
  /** Default `HS256`. */
  readonly algorithm?: JwtAlgorithm | undefined;
  /** Lifetime of access tokens; default 3,600. */
  readonly accessSeconds?: number | undefined;
  /** Lifetime of refresh tokens, counted anew with each refresh; default 604,800 (7 days). */
  readonly refreshSeconds?: number | undefined;
  /** The end of a session, however often it is refreshed; default 2,592,000 (30 days). */
  readonly absoluteSeconds?: number | undefined;
  /** How long a used refresh token still gets the successor it got before; default 10, and 0 is strict. */
  readonly reuseGraceSeconds?: number | undefined;
  /** How fresh the answer of `directory.findUser` must be on protected requests; default `{ maxAgeSeconds: 5 }`. */
  readonly accountCheck?: AccountCheckPolicy | undefined;
  /** Addresses and networks of the proxies in front of this server; none by default. */
  readonly trustedProxies?: string | readonly string[] | undefined;
  /** Finds a request's client address in place of the built-in resolver; `null` when it cannot be known. */
  readonly clientAddress?: ((exchange: Exchange) => string | null | undefined) | undefined;
  /**
   * Asked before a login is looked at: the seconds to wait when there were too many attempts, or `null`.
   */
  readonly limitLogin?: ((exchange: Exchange) => MaybePromise<number | null>) | undefined;
  /** How often the feed of revocations is read when nothing wakes the reader; default 1,000. */
  readonly feedPollMs?: number | undefined;
  /** How old this process's knowledge of revocations may be before it refuses with 503; default 10,000. */
  readonly maxStaleMs?: number | undefined;
  readonly onEvent?: EventSink<DecisionEvent | SessionEvent> | undefined;
  readonly clock?: Clock | undefined;
}

/** The options with every default in place. */
export type B2bConfig = ReturnType<typeof readB2bOptions>;

/** @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_weak`, `key_invalid`. */
// oxlint-disable-next-line typescript/explicit-module-boundary-types -- the type is that of the table below
export function readB2bOptions(options: B2bOptions) {
  const { keys, algorithm, ...parsed } = parseOptions('b2bSystem', options, {
    store: implementing<Store>('a store, such as memoryStore()', 'familyRotate', 'feedRead', 'get'),
    directory: implementing<Directory<B2bUser>>(
      'a directory of users',
      'findLogin',
      'verifyPassword',
      'findUser',
    ),
    keys: unread,
    algorithm: optional(oneOf(...JWT_ALGORITHMS), 'HS256'),
    accessSeconds: optional(integer(1, 86_400), 3_600),
    refreshSeconds: optional(integer(1, 31_536_000), 604_800),
    absoluteSeconds: optional(integer(1, 31_536_000), 2_592_000),
    reuseGraceSeconds: optional(integer(0, 300), 10),
    accountCheck: optional(readAccountCheckPolicy, DEFAULT_ACCOUNT_CHECK),
    clientAddress: unread as (value: unknown) => B2bOptions['clientAddress'],
    trustedProxies: unread as (value: unknown) => B2bOptions['trustedProxies'],
    limitLogin: optional(callback<(exchange: Exchange) => MaybePromise<number | null>>()),
    feedPollMs: optional(integer(10, 60_000), 1_000),
    maxStaleMs: optional(integer(100, 3_600_000), 10_000),
    onEvent: optional(callback<EventSink<DecisionEvent | SessionEvent>>()),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
  });
  return { ...parsed, ring: keyRing('b2bSystem', keys, algorithm) };
}

/** Options that the services they go to read themselves. */
function unread(value: unknown): unknown {
  return value;
}
