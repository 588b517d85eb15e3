import type { Directory, User } from '../core/directory.ts';
import { authError, isAuthError, type AuthError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import type { Address } from '../network/address.ts';
import { secondsToWait } from './seconds-to-wait.ts';

/** One try to sign in, as a limiter sees it. */
export interface LoginAttempt {
  /** The system that is signed in to. */
  readonly system: string;
  /** The login name as it was sent; `null` when the body could not be read. */
  readonly name: string | null;
  /** The client's address; `null` when it cannot be known. */
  readonly address: Address | null;
  readonly exchange: Exchange;
}

/** Bounds how often somebody may try to sign in. */
export interface LoginLimiter {
  /** Asked before anything else: the seconds to wait, or `null` to go on. */
  check(attempt: LoginAttempt): MaybePromise<number | null>;
  /** The credentials were wrong. */
  failed(attempt: LoginAttempt): MaybePromise<void>;
  /** The login went through. A login that another rule refused is neither this nor a failure. */
  succeeded(attempt: LoginAttempt): MaybePromise<void>;
}

/** A user whose password was right. Whether the login goes through is for the system's further rules. */
export interface VerifiedLogin<U extends User> {
  readonly user: U;
  /** To be called when the login went through. */
  accept(): MaybePromise<void>;
}

export interface LoginParts<U extends User> {
  readonly system: string;
  readonly directory: Directory<U>;
  readonly limiter: LoginLimiter | null;
  readonly addressOf: (exchange: Exchange) => Address | null;
}

/** Verifies a name and a password, or passes on why they could not be read. */
export type LoginVerifier<U extends User> = (
  exchange: Exchange,
  credentials: { readonly name: string; readonly password: string } | AuthError,
) => Promise<VerifiedLogin<U> | AuthError>;

/**
 * The one way to sign in, in the order limiter, body, credentials. Unknown names, wrong passwords and inactive users take
 * the same path and give the same refusal.
 */
export function loginVerifier<U extends User>(parts: LoginParts<U>): LoginVerifier<U> {
  const { system, directory, limiter, addressOf } = parts;
  const gate = nameGate(limiter === null ? Infinity : MOST_AT_ONCE);
  return async function verifyLogin(exchange, credentials) {
    const name = isAuthError(credentials) ? null : credentials.name;
    const attempt: LoginAttempt = { system, name, address: addressOf(exchange), exchange };
    const retryAfterSeconds = secondsToWait(await limiter?.check(attempt), 'loginLimiter.check');
    if (retryAfterSeconds !== null) return authError('rate_limited', { retryAfterSeconds });
    if (isAuthError(credentials)) return credentials;
    // The limiter counts what has failed; this bounds what is under way, before any of it could be counted.
    if (!gate.enter(credentials.name)) return authError('rate_limited', { retryAfterSeconds: 1 });
    let user: U | null;
    let matches: boolean;
    try {
      // A directory in plain JavaScript may say `undefined` for nobody.
      user = (await directory.findLogin(credentials.name)) ?? null;
      // Also for nobody, so that unknown names take as long as known ones.
      matches = await directory.verifyPassword(user, credentials.password);
    } finally {
      gate.leave(credentials.name);
    }
    if (user === null || matches !== true || user.active !== true) {
      await limiter?.failed(attempt);
      return authError('login_failed');
    }
    return { user, accept: () => limiter?.succeeded(attempt) };
  };
}

/** How many logins of one name this process verifies at once, where logins are limited at all. */
const MOST_AT_ONCE = 5;

interface NameGate {
  enter(name: string): boolean;
  leave(name: string): void;
}

function nameGate(most: number): NameGate {
  const underWay = new Map<string, number>();
  return {
    enter(name) {
      const count = underWay.get(name) ?? 0;
      if (count >= most) return false;
      underWay.set(name, count + 1);
      return true;
    },
    leave(name) {
      const count = (underWay.get(name) ?? 1) - 1;
      if (count === 0) underWay.delete(name);
      else underWay.set(name, count);
    },
  };
}
