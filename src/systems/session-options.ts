import type { Clock } from '../core/clock.ts';
import { withDeadlines } from '../core/deadline.ts';
import type { Directory, User } from '../core/directory.ts';
import type { AllowlistEvent, DecisionEvent, EventSink, SessionEvent } from '../core/events.ts';
import { callback, implementing, integer, nullable, optional, type Reader } from '../core/options.ts';
import type { RequestNamer } from '../core/request-id.ts';
import type { Store } from '../core/store.ts';
import { clientAddressShape, type ClientAddressChoice } from '../middleware/client-address.ts';
import type { LoginLimiter } from '../services/login.ts';
import { loginLimits } from '../services/login-limits.ts';
import {
  DEFAULT_ACCOUNT_CHECK,
  readAccountCheckPolicy,
  type AccountCheckPolicy,
} from '../services/account-check.ts';
import { FEED_MAX_STALE_MS, FEED_POLL_MS } from '../tokens/feed-reader.ts';

/** What a system tells of: decisions, what happens to sessions, and edits of its allowlists, where it has any. */
export type SystemEvent = DecisionEvent | SessionEvent | AllowlistEvent;

/** What every system with logins and sessions is given; the defaults of the lifetimes are each system's own. */
export interface SessionSystemOptions<U extends User> extends ClientAddressChoice {
  /** Where sessions and revocations are kept. */
  readonly store: Store;
  /** The host's users. */
  readonly directory: Directory<U>;
  /** Lifetime of access tokens. */
  readonly accessSeconds?: number | undefined;
  /** Lifetime of refresh tokens, counted anew with each new one. */
  readonly refreshSeconds?: number | undefined;
  /** The end of a session, however often it is refreshed; `null` for none. */
  readonly absoluteSeconds?: number | null | undefined;
  /** How long a used refresh token still gets the successor it got before; default 10, and 0 is strict. */
  readonly reuseGraceSeconds?: number | undefined;
  /** How fresh the answer of `directory.findUser` must be on protected requests; default `{ maxAgeSeconds: 5 }`. */
  readonly accountCheck?: AccountCheckPolicy | undefined;
  /**
   * Bounds attempts to sign in; default `loginLimits({ store })`, which counts in the system's own store: 100 failures from
   * one address and 50 of one name within an hour, and 5 of one name from one address before it has to wait. `null` for
   * none, where something in front of the application bounds them.
   */
  readonly loginLimiter?: LoginLimiter | null | undefined;
  /**
   * How long a method of the directory or of the limiter may take before the request is answered 503; default 5,000.
   */
  readonly deadlineMs?: number | undefined;
  /** How often the feed of revocations is read when nothing wakes the reader; default 1,000. */
  readonly feedPollMs?: number | undefined;
  /** How old this process's knowledge of revocations may be before it refuses with 503; default 10,000. */
  readonly maxStaleMs?: number | undefined;
  /**
   * Is told of every decision of the endpoints and of guards that begin with this system's `authenticate()`, of what
   * happens to sessions, and of edits of this system's allowlists.
   */
  readonly onEvent?: EventSink<SystemEvent> | undefined;
  /** Names the request in events, as the host's own log does; by default an id is made up when somebody listens. */
  readonly requestId?: RequestNamer | undefined;
  readonly clock?: Clock | undefined;
}

/** The options of {@link SessionSystemOptions} with every default in place. */
export interface SessionConfig<U extends User> extends ClientAddressChoice {
  readonly store: Store;
  readonly directory: Directory<U>;
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
  readonly absoluteSeconds: number | null;
  readonly reuseGraceSeconds: number;
  readonly accountCheck: AccountCheckPolicy;
  readonly loginLimiter: LoginLimiter | null;
  readonly deadlineMs: number;
  readonly feedPollMs: number;
  readonly maxStaleMs: number;
  readonly onEvent: EventSink<SystemEvent> | undefined;
  readonly requestId: RequestNamer | undefined;
  readonly clock: Clock;
}

/** The options of a system as they were read, before what is made of several of them. */
export type UnsettledOptions<C extends { readonly loginLimiter: LoginLimiter | null }> = Omit<
  C,
  'loginLimiter'
> & {
  readonly loginLimiter: LoginLimiter | null | undefined;
};

/** Readers of such options. */
export type OptionReaders<C extends { readonly loginLimiter: LoginLimiter | null }> = {
  readonly [K in keyof Required<UnsettledOptions<C>>]: Reader<UnsettledOptions<C>[K]>;
};

/** Readers of the shared options, for a system to add its own to. */
export function sessionOptionReaders<U extends User>(defaults: {
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
  readonly absoluteSeconds: number | null;
}): OptionReaders<SessionConfig<U>> {
  return {
    store: implementing<Store>('a store, such as memoryStore()', 'familyRotate', 'feedRead', 'use', 'get'),
    directory: implementing<Directory<U>>('a directory of users', 'findLogin', 'verifyPassword', 'findUser'),
    accessSeconds: optional(integer(1, 86_400), defaults.accessSeconds),
    refreshSeconds: optional(integer(1, 31_536_000), defaults.refreshSeconds),
    absoluteSeconds: optional(nullable(integer(1, 31_536_000)), defaults.absoluteSeconds),
    reuseGraceSeconds: optional(integer(0, 300), 10),
    accountCheck: optional(readAccountCheckPolicy, DEFAULT_ACCOUNT_CHECK),
    loginLimiter: optional(
      nullable(implementing<LoginLimiter>('a login limiter or null', 'check', 'failed', 'succeeded')),
    ),
    deadlineMs: optional(integer(1, 600_000), 5_000),
    feedPollMs: optional(integer(10, 60_000), FEED_POLL_MS),
    maxStaleMs: optional(integer(100, 3_600_000), FEED_MAX_STALE_MS),
    onEvent: optional(callback<EventSink<SystemEvent>>()),
    requestId: optional(callback<RequestNamer>()),
    ...clientAddressShape,
  };
}

/**
 * Whom a directory has found. Something that names nobody must not become the owner of a session, and whoever shares its
 * lack of a name the owner of the same.
 *
 * @throws TypeError For what is neither a user nor nobody, which is answered with 500.
 */
export function readUser(answer: unknown, asked: string): unknown {
  if (answer === null || answer === undefined) return null;
  const { id } = answer as { readonly id?: unknown };
  if (typeof id === 'string' && id !== '') return answer;
  throw new TypeError(`${asked} must return a user whose id is text, or null.`);
}

/**
 * The same options with a limiter where none was given, every method that the host answers by bounded in time, and its
 * users checked.
 */
export function settleOptions<
  C extends UnsettledOptions<Pick<SessionConfig<User>, 'loginLimiter' | 'store' | 'clock' | 'deadlineMs'>>,
>(config: C & { readonly directory: object }): C & { readonly loginLimiter: LoginLimiter | null } {
  const { directory, store, clock, loginLimiter = loginLimits({ store, clock }), deadlineMs } = config;
  return {
    ...config,
    directory: withDeadlines(directory, deadlineMs, 'directory', { findLogin: readUser, findUser: readUser }),
    loginLimiter: loginLimiter && withDeadlines(loginLimiter, deadlineMs, 'loginLimiter'),
  };
}
