import type { Clock } from '../core/clock.ts';
import { authError, ConfigError, type AuthError } from '../core/errors.ts';
import { chain, isPromise, type MaybePromise } from '../core/maybe-promise.ts';
import { integer, parseOptions } from '../core/options.ts';
import { RecentMap } from '../core/recent-map.ts';

/** What is asked about the party of a credential. */
export interface AccountState {
  readonly active: boolean;
}

/** Looks a party up by its id; `null` or `undefined` when there is none. */
export type FindAccount<A extends AccountState = AccountState> = (
  id: string,
) => MaybePromise<A | null | undefined>;

/**
 * How fresh the answer must be. `each-request` asks every time; `{ maxAgeSeconds }` may answer from memory for so long;
 * `at-issue` asks only when tokens are issued and refreshed, so that a token lives to its expiry.
 */
export type AccountCheckPolicy = 'each-request' | 'at-issue' | { readonly maxAgeSeconds: number };

/** Checks on a request that the party of its credential still exists and is active. */
export interface AccountCheck<A extends AccountState = AccountState> {
  /**
   * `null` when it may pass; at once when the answer is in memory.
   *
   * @param judgeFurther What else must hold of an account that is active.
   * @param nowMs The moment it is judged at; by default what the clock says.
   */
  check(id: string, judgeFurther?: JudgeAccount<A>, nowMs?: number): MaybePromise<AuthError | null>;
  /** Forgets what is known about one party, so that the next request asks. */
  forget(id: string): void;
}

/** A further condition on an account: why it may not pass, or `null`. */
export type JudgeAccount<A extends AccountState> = (account: A) => AuthError | null;

/** The most accounts that are remembered; one takes about a hundred bytes. */
const MOST_ACCOUNTS = 100_000;

/** Up to five seconds old: a deactivated account is out soon, and a busy one costs a look-up every five seconds. */
export const DEFAULT_ACCOUNT_CHECK: AccountCheckPolicy = { maxAgeSeconds: 5 };

/** Builds the check. What `find` throws is passed on: an outage is not an unknown account. */
export function accountCheck<A extends AccountState>(
  find: FindAccount<A>,
  policy: AccountCheckPolicy,
  clock: Clock,
): AccountCheck<A> {
  if (policy === 'at-issue') return { check: () => null, forget: () => undefined };
  if (policy === 'each-request') {
    return {
      check: (id, judgeFurther) => chain(find(id), (account) => judge(account, judgeFurther)),
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

function remembering<A extends AccountState>(
  find: FindAccount<A>,
  maxAgeMs: number,
  clock: Clock,
): AccountCheck<A> {
  type Answer = A | null | undefined;
  const known = new RecentMap<{ readonly account: Answer; readonly askedAt: number }>(MOST_ACCOUNTS);
  const asking = new Map<string, Promise<Answer>>();

  function ask(id: string, now: number): MaybePromise<Answer> {
    const account = find(id);
    if (!isPromise(account)) {
      known.set(id, { account, askedAt: now });
      return account;
    }
    const answer: Promise<Answer> = Promise.resolve(account)
      .then((found) => {
        // An answer that was on its way when the account was forgotten is used once and not kept.
        if (asking.get(id) === answer) known.set(id, { account: found, askedAt: now });
        return found;
      })
      .finally(() => {
        if (asking.get(id) === answer) asking.delete(id);
      });
    asking.set(id, answer);
    return answer;
  }

  return {
    check(id, judgeFurther, now = clock.now()) {
      const entry = known.get(id);
      const isFresh = entry !== undefined && now >= entry.askedAt && now - entry.askedAt < maxAgeMs;
      if (isFresh) return judge(entry.account, judgeFurther);
      return chain(asking.get(id) ?? ask(id, now), (account) => judge(account, judgeFurther));
    },
    forget(id) {
      known.delete(id);
      asking.delete(id);
    },
  };
}

function judge<A extends AccountState>(
  account: A | null | undefined,
  judgeFurther: JudgeAccount<A> | undefined,
): AuthError | null {
  if (account === null || account === undefined) return authError('subject_unknown');
  // Only an explicit true is active: a host that returns something else has not said so.
  if (account.active !== true) return authError('subject_inactive');
  return judgeFurther?.(account) ?? null;
}
