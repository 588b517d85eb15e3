import { systemClock, type Clock } from '../core/clock.ts';
import type { Directory, User } from '../core/directory.ts';
import type { DecisionEvent, EventSink, SessionEvent } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import { callback, implementing, integer, oneOf, optional, type Reader } from '../core/options.ts';
import type { Store } from '../core/store.ts';
import {
  DEFAULT_ACCOUNT_CHECK,
  readAccountCheckPolicy,
  type AccountCheckPolicy,
} from '../services/account-check.ts';
import { JWT_ALGORITHMS, type JwtAlgorithm } from '../tokens/algorithms.ts';
import type { KeyRing, KeysOption } from '../tokens/key-ring.ts';

/** What every system that issues pairs of JWTs is given; the defaults of the lifetimes are each system's own. */
export interface PairSystemOptions<U extends User> {
  /** Where sessions and revocations are kept. */
  readonly store: Store;
  /** The host's users. */
  readonly directory: Directory<U>;
  /** What tokens are signed and verified with; the active key, or the first one, signs. */
  readonly keys: Exclude<KeysOption, { candidates: unknown }> | KeyRing;
  /** The algorithm of keys that do not name their own; default `HS256`. */
  readonly algorithm?: JwtAlgorithm | undefined;
  /** Lifetime of access tokens. */
  readonly accessSeconds?: number | undefined;
  /** Lifetime of refresh tokens, counted anew with each new one. */
  readonly refreshSeconds?: number | undefined;
  /** The end of a session, however often it is refreshed; default 2,592,000 (30 days). */
  readonly absoluteSeconds?: number | undefined;
  /** How long a used refresh token still gets the successor it got before; default 10, and 0 is strict. */
  readonly reuseGraceSeconds?: number | undefined;
  /** How fresh the answer of `directory.findUser` must be on protected requests; default `{ maxAgeSeconds: 5 }`. */
  readonly accountCheck?: AccountCheckPolicy | undefined;
  /** Asked before a login is looked at: the seconds to wait when there were too many attempts, or `null`. */
  readonly limitLogin?: LimitLogin | undefined;
  /** How often the feed of revocations is read when nothing wakes the reader; default 1,000. */
  readonly feedPollMs?: number | undefined;
  /** How old this process's knowledge of revocations may be before it refuses with 503; default 10,000. */
  readonly maxStaleMs?: number | undefined;
  /** Is told of every decision of the endpoints and of what happens to sessions. */
  readonly onEvent?: EventSink<DecisionEvent | SessionEvent> | undefined;
  readonly clock?: Clock | undefined;
}

export type LimitLogin = (exchange: Exchange) => MaybePromise<number | null>;

/** The options of {@link PairSystemOptions} with every default in place, but for the keys, which need the algorithm. */
export interface PairConfig<U extends User> {
  readonly store: Store;
  readonly directory: Directory<U>;
  readonly keys: unknown;
  readonly algorithm: JwtAlgorithm;
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
  readonly absoluteSeconds: number;
  readonly reuseGraceSeconds: number;
  readonly accountCheck: AccountCheckPolicy;
  readonly limitLogin: LimitLogin | undefined;
  readonly feedPollMs: number;
  readonly maxStaleMs: number;
  readonly onEvent: EventSink<DecisionEvent | SessionEvent> | undefined;
  readonly clock: Clock;
}

/** Readers of the shared options, for a system to add its own to. */
export function pairOptionReaders<U extends User>(defaults: {
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
}): { readonly [K in keyof PairConfig<U>]: Reader<PairConfig<U>[K]> } {
  return {
    store: implementing<Store>('a store, such as memoryStore()', 'familyRotate', 'feedRead', 'get'),
    directory: implementing<Directory<U>>('a directory of users', 'findLogin', 'verifyPassword', 'findUser'),
    keys: unread,
    algorithm: optional(oneOf(...JWT_ALGORITHMS), 'HS256'),
    accessSeconds: optional(integer(1, 86_400), defaults.accessSeconds),
    refreshSeconds: optional(integer(1, 31_536_000), defaults.refreshSeconds),
    absoluteSeconds: optional(integer(1, 31_536_000), 2_592_000),
    reuseGraceSeconds: optional(integer(0, 300), 10),
    accountCheck: optional(readAccountCheckPolicy, DEFAULT_ACCOUNT_CHECK),
    limitLogin: optional(callback<LimitLogin>()),
    feedPollMs: optional(integer(10, 60_000), 1_000),
    maxStaleMs: optional(integer(100, 3_600_000), 10_000),
    onEvent: optional(callback<EventSink<DecisionEvent | SessionEvent>>()),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
  };
}

/** An option that is read by what it goes to. */
export function unread(value: unknown): unknown {
  return value;
}
