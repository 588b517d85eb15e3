import { LRUCache } from 'lru-cache';
import type { Clock } from '../core/clock.ts';
import { authError, ConfigError, type AuthError } from '../core/errors.ts';
import { chain, isPromise, type MaybePromise } from '../core/maybe-promise.ts';
import { integer, parseOptions } from '../core/options.ts';

/** What is asked about the party of a credential. */
export interface AccountState {
  readonly active: boolean;
}

/** Looks a party up by its id; `null` or `undefined` when there is none. */
export type FindAccount = (id: string) => MaybePromise<AccountState | null | undefined>;

/**
 * How fresh the answer must be. `each-request` asks every time; `{ maxAgeSeconds }` may answer from memory for so long;
 * `at-issue` asks only when tokens are issued and refreshed, so that a token lives to its expiry.
 */
export type AccountCheckPolicy = 'each-request' | 'at-issue' | { readonly maxAgeSeconds: number };

/** Checks on a request that the party of its credential still exists and is active. */
export interface AccountCheck {
  /** `null` when it may pass; at once when the answer is in memory. */
  check(id: string): MaybePromise<AuthError | null>;
  /** Forgets what is known about one party, so that the next request asks. */
  forget(id: string): void;
}

/** The most accounts that are remembered; one takes about a hundred bytes. */
const MOST_ACCOUNTS = 100_000;

/** Up to five seconds old: a deactivated account is out soon, and a busy one costs a look-up every five seconds. */
export const DEFAULT_ACCOUNT_CHECK: AccountCheckPolicy = { maxAgeSeconds: 5 };

/** Builds the check. What `find` throws is passed on: an outage is not an unknown account. */
export function accountCheck(find: FindAccount, policy: AccountCheckPolicy, clock: Clock): AccountCheck {
  if (policy === 'at-issue') return { check: () => null, forget: () => undefined };
  if (policy === 'each-request') {
    return {
      check: (id) => chain(find(id), judge),
      forget: () => undefined,
    };
  }
  return remembering(find, policy.maxAgeSeconds * 1000, clock);
}

/** Reads the option `accountCheck`. */
export function readAccountCheckPolicy(value: unknown, path: string): AccountCheckPolicy {
  if (value === 'each-request' || value === 'at-issue') return value;
  if (typeof value === 'object' && value !== null) {
    return parseOptions(path, value, { maxAgeSeconds: integer(1, 3600) });
  }
  throw new ConfigError(
    'option_invalid',
    `${path} must be "each-request", "at-issue" or { maxAgeSeconds } with 1 to 3600 seconds.`,
  );
}

function remembering(find: FindAccount, maxAgeMs: number, clock: Clock): AccountCheck {
  const known = new LRUCache<string, { readonly refusal: AuthError | null; readonly askedAt: number }>({
    max: MOST_ACCOUNTS,
  });
  const asking = new Map<string, Promise<AuthError | null>>();

  function keep(id: string, account: AccountState | null | undefined, askedAt: number): AuthError | null {
    const refusal = judge(account);
    known.set(id, { refusal, askedAt });
    return refusal;
  }

  return {
    check(id) {
      const entry = known.get(id);
      const now = clock.now();
      if (entry !== undefined && now >= entry.askedAt && now - entry.askedAt < maxAgeMs) return entry.refusal;
      const pending = asking.get(id);
      if (pending !== undefined) return pending;
      const account = find(id);
      if (!isPromise(account)) return keep(id, account, now);
      const answer: Promise<AuthError | null> = Promise.resolve(account)
        // An answer that was on its way when the account was forgotten is used once and not kept.
        .then((found) => (asking.get(id) === answer ? keep(id, found, now) : judge(found)))
        .finally(() => {
          if (asking.get(id) === answer) asking.delete(id);
        });
      asking.set(id, answer);
      return answer;
    },
    forget(id) {
      known.delete(id);
      asking.delete(id);
    },
  };
}

function judge(account: AccountState | null | undefined): AuthError | null {
  if (account === null || account === undefined) return authError('subject_unknown');
  // Only an explicit true is active: a host that returns something else has not said so.
  return account.active === true ? null : authError('subject_inactive');
}
