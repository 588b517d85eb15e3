import { describe, expect, it } from 'vitest';
import { authError, type AuthError } from '../../src/core/errors.ts';
import {
  accountCheck,
  DEFAULT_ACCOUNT_CHECK,
  readAccountCheckPolicy,
  type AccountCheck,
  type AccountCheckPolicy,
  type FindAccount,
} from '../../src/services/account-check.ts';
import { complaint } from '../support/complaint.ts';
import { foreignPromise } from '../support/foreign-promise.ts';
import { movableClock, type MovableClock } from '../support/movable-clock.ts';

interface Lab {
  readonly check: AccountCheck;
  readonly clock: MovableClock;
  /** The ids that were asked for, in order. */
  readonly asked: string[];
  /** What is answered for each id from now on. */
  readonly accounts: Map<string, unknown>;
}

function lab(policy: AccountCheckPolicy, wrap: (account: unknown) => unknown = (account) => account): Lab {
  const clock = movableClock();
  const asked: string[] = [];
  const accounts = new Map<string, unknown>([['u1', { active: true }]]);
  const find = ((id: string) => {
    asked.push(id);
    return wrap(accounts.get(id));
  }) as FindAccount;
  return { check: accountCheck(find, policy, clock), clock, asked, accounts };
}

const promised = async (account: unknown): Promise<unknown> => account;

describe('accountCheck', () => {
  it.each<[string, unknown, AuthError | null]>([
    ['an active account', { active: true }, null],
    ['an inactive one', { active: false }, authError('subject_inactive')],
    ['none', null, authError('subject_unknown')],
    ['undefined', undefined, authError('subject_unknown')],
    ['an account that does not say', {}, authError('subject_inactive')],
    ['a truthy text', { active: 'false' }, authError('subject_inactive')],
    ['the number 1', { active: 1 }, authError('subject_inactive')],
    ['a bare true', true, authError('subject_inactive')],
    ['a bare text', 'u1', authError('subject_inactive')],
  ])('JWT-12 judges %s, at once or promised, under every policy that asks', async (_, account, expected) => {
    for (const policy of ['each-request', { maxAgeSeconds: 5 }] as const) {
      for (const wrap of [undefined, promised]) {
        const { check, accounts } = lab(policy, wrap);
        accounts.set('u1', account);
        expect(await check.check('u1')).toBe(expected);
      }
    }
  });

  it('asks every time under each-request', () => {
    const { check, accounts, asked } = lab('each-request');
    expect(check.check('u1')).toBeNull();
    accounts.set('u1', { active: false });
    expect(check.check('u1')).toBe(authError('subject_inactive'));
    check.forget('u1');
    expect(asked).toEqual(['u1', 'u1']);
  });

  it('never asks under at-issue', () => {
    const { check, accounts, asked } = lab('at-issue');
    accounts.clear();
    expect(check.check('u1')).toBeNull();
    check.forget('u1');
    expect(asked).toEqual([]);
  });

  it('answers from memory until the answer is as old as allowed, and then asks', () => {
    const { check, clock, accounts, asked } = lab({ maxAgeSeconds: 5 });
    expect(check.check('u1')).toBeNull();
    accounts.set('u1', { active: false });
    clock.advance(4.999);
    expect(check.check('u1')).toBeNull();
    expect(asked).toHaveLength(1);
    clock.advance(0.001);
    expect(check.check('u1')).toBe(authError('subject_inactive'));
    expect(asked).toHaveLength(2);
  });

  it('remembers refusals no longer than anything else', () => {
    const { check, clock, accounts } = lab({ maxAgeSeconds: 5 });
    accounts.set('u1', { active: false });
    expect(check.check('u1')).toBe(authError('subject_inactive'));
    accounts.set('u1', { active: true });
    expect(check.check('u1')).toBe(authError('subject_inactive'));
    clock.advance(5);
    expect(check.check('u1')).toBeNull();
  });

  it('counts the age from when it asked, not from when the answer came', async () => {
    const { check, clock, asked } = lab({ maxAgeSeconds: 5 }, promised);
    const answer = check.check('u1');
    clock.advance(4);
    await answer;
    clock.advance(1);
    await check.check('u1');
    expect(asked).toHaveLength(2);
  });

  it('asks again when the clock was set back, since the age of the answer is then unknown', () => {
    const { check, clock, asked } = lab({ maxAgeSeconds: 5 });
    void check.check('u1');
    clock.advance(-1);
    void check.check('u1');
    expect(asked).toHaveLength(2);
  });

  it('keeps the answers of two accounts apart', () => {
    const { check, accounts } = lab({ maxAgeSeconds: 5 });
    accounts.set('u2', { active: false });
    const answers = ['u1', 'u2', 'u3', 'u1', 'u2', 'u3'].map((id) => check.check(id));
    expect(answers).toEqual([
      null,
      authError('subject_inactive'),
      authError('subject_unknown'),
      null,
      authError('subject_inactive'),
      authError('subject_unknown'),
    ]);
  });

  it('asks once for many requests at the same time', async () => {
    const { check, asked } = lab({ maxAgeSeconds: 5 }, promised);
    const answers = await Promise.all(Array.from({ length: 50 }, async () => check.check('u1')));
    expect(answers).toEqual(Array(50).fill(null));
    expect(asked).toHaveLength(1);
  });

  it('answers from memory without a promise', async () => {
    const { check } = lab({ maxAgeSeconds: 5 }, promised);
    await check.check('u1');
    expect(check.check('u1')).toBeNull();
  });

  it('asks at once after an account was forgotten, and keeps no answer that was on its way then', async () => {
    const { check, accounts, asked } = lab({ maxAgeSeconds: 5 }, promised);
    const before = check.check('u1');
    accounts.set('u1', { active: false });
    check.forget('u1');
    const after = check.check('u1');
    await expect(before).resolves.toBeNull();
    await expect(after).resolves.toBe(authError('subject_inactive'));
    expect(await check.check('u1')).toBe(authError('subject_inactive'));
    expect(asked).toHaveLength(2);
    check.forget('u1');
    await check.check('u1');
    expect(asked).toHaveLength(3);
  });

  it('asks under each-request for every one of many requests at the same time', async () => {
    const { check, asked } = lab('each-request', promised);
    await Promise.all(Array.from({ length: 3 }, async () => check.check('u1')));
    expect(asked).toHaveLength(3);
  });

  it('keeps no answer of before it was told to forget, even when that answer comes last', async () => {
    const answers: ((account: { active: boolean }) => void)[] = [];
    const find: FindAccount = () => new Promise((resolve) => answers.push(resolve));
    const check = accountCheck(find, { maxAgeSeconds: 5 }, movableClock());
    const before = check.check('u1');
    check.forget('u1');
    const after = check.check('u1');
    answers[0]?.({ active: true });
    await expect(before).resolves.toBeNull();
    // The second question is still open: a third request waits for its answer and asks no third one.
    const third = check.check('u1');
    answers[1]?.({ active: false });
    await expect(Promise.all([after, third])).resolves.toEqual([
      authError('subject_inactive'),
      authError('subject_inactive'),
    ]);
    expect(answers).toHaveLength(2);
    expect(check.check('u1')).toBe(authError('subject_inactive'));
  });

  it('keeps the later answer when the earlier one overtakes nothing any more', async () => {
    const answers: ((account: { active: boolean }) => void)[] = [];
    const find: FindAccount = () => new Promise((resolve) => answers.push(resolve));
    const check = accountCheck(find, { maxAgeSeconds: 5 }, movableClock());
    const before = check.check('u1');
    check.forget('u1');
    const after = check.check('u1');
    answers[1]?.({ active: false });
    await after;
    answers[0]?.({ active: true });
    await before;
    expect(check.check('u1')).toBe(authError('subject_inactive'));
  });

  it('passes on what the look-up throws or rejects with, and remembers nothing of it', async () => {
    let broken: 'throws' | 'rejects' | 'not' = 'throws';
    const find: FindAccount = () => {
      if (broken === 'throws') throw new Error('thrown');
      return broken === 'rejects' ? Promise.reject(new Error('rejected')) : { active: true };
    };
    for (const policy of ['each-request', { maxAgeSeconds: 5 }] as const) {
      const check = accountCheck(find, policy, movableClock());
      broken = 'throws';
      expect(() => check.check('u1')).toThrow('thrown');
      broken = 'rejects';
      await expect(check.check('u1')).rejects.toThrow('rejected');
      broken = 'not';
      expect(check.check('u1')).toBeNull();
    }
  });

  it('takes a thenable of another make for a promise', async () => {
    const thenable = (account: unknown): unknown => foreignPromise(() => account);
    for (const policy of ['each-request', { maxAgeSeconds: 5 }] as const) {
      const { check, accounts } = lab(policy, thenable);
      expect(await check.check('u1')).toBeNull();
      accounts.set('u2', { active: false });
      expect(await check.check('u2')).toBe(authError('subject_inactive'));
    }
  });
});

describe('readAccountCheckPolicy', () => {
  it.each(['each-request', 'at-issue', { maxAgeSeconds: 1 }, { maxAgeSeconds: 3600 }])(
    'reads %j',
    (policy) => {
      expect(readAccountCheckPolicy(policy, 'o.accountCheck')).toEqual(policy);
    },
  );

  it.each([
    [
      'never',
      'option_invalid: o.accountCheck must be "each-request", "at-issue" or { maxAgeSeconds } with 1 to 3600 seconds.',
    ],
    [
      true,
      'option_invalid: o.accountCheck must be "each-request", "at-issue" or { maxAgeSeconds } with 1 to 3600 seconds.',
    ],
    [
      null,
      'option_invalid: o.accountCheck must be "each-request", "at-issue" or { maxAgeSeconds } with 1 to 3600 seconds.',
    ],
    [
      5,
      'option_invalid: o.accountCheck must be "each-request", "at-issue" or { maxAgeSeconds } with 1 to 3600 seconds.',
    ],
    [[], 'option_invalid: o.accountCheck: options must be an object, not an empty list.'],
    [{}, 'option_missing: o.accountCheck.maxAgeSeconds is required: give a whole number from 1 to 3600.'],
    [
      { maxAgeSeconds: 0 },
      'option_invalid: o.accountCheck.maxAgeSeconds must be a whole number from 1 to 3600, not the number 0.',
    ],
    [
      { maxAgeSeconds: 3601 },
      'option_invalid: o.accountCheck.maxAgeSeconds must be a whole number from 1 to 3600, not the number 3601.',
    ],
    [
      { maxAgeSeconds: Infinity },
      'option_invalid: o.accountCheck.maxAgeSeconds must be a whole number from 1 to 3600, not the number Infinity.',
    ],
    [
      { maxAge: 5 },
      'option_unknown: o.accountCheck: unknown option "maxAge"; known options are maxAgeSeconds',
    ],
  ])('refuses %j', (policy, message) => {
    expect(complaint(() => readAccountCheckPolicy(policy, 'o.accountCheck'))).toBe(message);
  });

  it('is at most five seconds old by default', () => {
    expect(DEFAULT_ACCOUNT_CHECK).toEqual({ maxAgeSeconds: 5 });
  });
});
