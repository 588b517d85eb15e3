import { systemClock, type Clock } from '../../core/clock.ts';
import type { Directory, User } from '../../core/directory.ts';
import type { DecisionEvent, EventSink, SessionEvent } from '../../core/events.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import { callback, flag, implementing, integer, oneOf, optional, parseOptions } from '../../core/options.ts';
import type { Store } from '../../core/store.ts';
import {
  DEFAULT_ACCOUNT_CHECK,
  readAccountCheckPolicy,
  type AccountCheckPolicy,
} from '../../services/account-check.ts';
import { JWT_ALGORITHMS, type JwtAlgorithm } from '../../tokens/algorithms.ts';
import { keyRing, type KeysOption } from '../../tokens/key-ring.ts';

/** A user signs in by e-mail and belongs to one workspace, or to none. */
export type JwtPairUser = User;

export interface JwtPairOptions {
  /** Where sessions and revocations are kept. */
  readonly store: Store;
  /** The host's users; `findLogin` gets the e-mail, without blanks around it. */
  readonly directory: Directory<JwtPairUser>;
  /** What tokens are signed and verified with; the first key, or the active one, signs. */
  readonly keys: Exclude<KeysOption, { candidates: unknown }>;
  /** Default `HS256`. */
  readonly algorithm?: JwtAlgorithm | undefined;
  /** Lifetime of access tokens; default 300. */
  readonly accessSeconds?: number | undefined;
  /** Lifetime of refresh tokens; default 86,400. */
  readonly refreshSeconds?: number | undefined;
  /** The end of a session, however often it is rotated; default 2,592,000 (30 days). */
  readonly absoluteSeconds?: number | undefined;
  /** Whether a refresh gives a new refresh token and ends the old one; default false. */
  readonly rotate?: boolean | undefined;
  /** How long a rotated refresh token still gets the successor it got before; default 10, and 0 is strict. */
  readonly reuseGraceSeconds?: number | undefined;
  /** Whether a logout ends the session's access tokens at once; default false: they live to their expiry. */
  readonly revokeAccessOnLogout?: boolean | undefined;
  /** Whether "Token is invalid or expired" is said of both; default false. */
  readonly legacyTokenMessages?: boolean | undefined;
  /** `drf` does what the stack does beyond its documented API: it takes the blanks off passwords. Default none. */
  readonly compat?: 'drf' | undefined;
  /** Whether blanks around a password are taken off; default true under `compat: 'drf'`, otherwise false. */
  readonly trimPassword?: boolean | undefined;
  /** How fresh the answer of `directory.findUser` must be on protected requests; default `{ maxAgeSeconds: 5 }`. */
  readonly accountCheck?: AccountCheckPolicy | undefined;
  /** Asked before a login is looked at: the seconds to wait when there were too many attempts, or `null`. */
  readonly limitLogin?: ((exchange: Exchange) => MaybePromise<number | null>) | undefined;
  /** How often the feed of revocations is read when nothing wakes the reader; default 1,000. */
  readonly feedPollMs?: number | undefined;
  /** How old this process's knowledge of revocations may be before it refuses with 503; default 10,000. */
  readonly maxStaleMs?: number | undefined;
  readonly onEvent?: EventSink<DecisionEvent | SessionEvent> | undefined;
  readonly clock?: Clock | undefined;
}
