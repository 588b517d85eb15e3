import { describe, expect, it } from 'vitest';
import { authError, StoreError, type AuthError } from '../../src/core/errors.ts';
import type { Claims, Principal } from '../../src/core/principal.ts';
import { authenticate } from '../../src/middleware/authenticate.ts';
import type { FindAccount } from '../../src/services/account-check.ts';
import { keyRing, type KeySource } from '../../src/tokens/key-ring.ts';
import { exchangeWith } from '../support/fake-exchange.ts';
import { TEST_SECRET } from '../support/jwt-forge.ts';
import { movableClock } from '../support/movable-clock.ts';
import { NOW, outcome, recognise, strategy, token } from './jwt-bearer-stage.ts';

describe('findUser', () => {
  const users: Readonly<Record<string, { active: boolean }>> = {
    u1: { active: true },
    u2: { active: false },
  };

  it.each<[string, FindAccount]>([
    ['at once', (id) => users[id]],
    ['later', async (id) => users[id]],
  ])('JWT-12 refuses the tokens of unknown and inactive users, answering %s', async (_, findUser) => {
    const by = strategy({ findUser });
    await expect(outcome(by, token())).resolves.toBe('u1');
    await expect(outcome(by, token({ sub: 'u2' }))).resolves.toBe('subject_inactive');
    await expect(outcome(by, token({ sub: 'u3' }))).resolves.toBe('subject_unknown');
    await expect(outcome(by, token({ sub: '__proto__' }))).resolves.toBe('subject_inactive');
  });

  it('JWT-12 is asked on each request, of a remembered token as well, as often as accountCheck says', async () => {
    const clock = movableClock();
    let active = true;
    const findUser: FindAccount = () => ({ active });
    const each = strategy({ clock, findUser, accountCheck: 'each-request' });
    const remembering = strategy({ clock, findUser });
    const atIssue = strategy({ clock, findUser, accountCheck: 'at-issue' });
    const outcomes = async (): Promise<unknown> =>
      Promise.all([outcome(each), outcome(remembering), outcome(atIssue)]);
    await expect(outcomes()).resolves.toEqual(['u1', 'u1', 'u1']);
    active = false;
    await expect(outcomes()).resolves.toEqual(['subject_inactive', 'u1', 'u1']);
    clock.advance(5);
    await expect(outcomes()).resolves.toEqual(['subject_inactive', 'subject_inactive', 'u1']);
    clock.advance(595);
    await expect(outcomes()).resolves.toEqual(['token_expired', 'token_expired', 'token_expired']);
  });

  it('is asked about nobody whose token is refused, and makes no principal of one it refuses', async () => {
    const asked: string[] = [];
    const findUser: FindAccount = (id) => (asked.push(id), null);
    const principal = (): Principal => (asked.push('principal'), { kind: 'user', id: 'x' });
    const by = strategy({ findUser, principal });
    await outcome(by, `${token()}A`);
    await outcome(by, token({ exp: NOW }));
    expect(asked).toEqual([]);
    await expect(outcome(by)).resolves.toBe('subject_unknown');
    expect(asked).toEqual(['u1']);
  });
});

describe('revoked', () => {
  it('refuses what it says, on each request, of a remembered token as well', async () => {
    let refusal: AuthError | null = null;
    const seen: unknown[] = [];
    const revoked = (claims: Claims): AuthError | null => (seen.push(claims['sub']), refusal);
    const by = strategy({ revoked });
    await expect(outcome(by)).resolves.toBe('u1');
    refusal = authError('token_revoked');
    await expect(outcome(by)).resolves.toBe('token_revoked');
    await expect(outcome(strategy({ revoked: async () => refusal }))).resolves.toBe('token_revoked');
    expect(seen).toEqual(['u1', 'u1']);
  });

  it('lets pass what it says nothing about, now or later, of keys that come now or later', async () => {
    const ring = keyRing('Test', TEST_SECRET, 'HS256');
    const late: KeySource = {
      algorithms: ring.algorithms,
      revision: 0,
      candidates: async (...asked) => ring.candidates(...asked),
    };
    for (const revoked of [() => null, async () => null]) {
      await expect(outcome(strategy({ revoked }))).resolves.toBe('u1');
      await expect(
        outcome(strategy({ revoked, keys: late, findUser: async () => ({ active: true }) })),
      ).resolves.toBe('u1');
      await expect(outcome(strategy({ revoked, keys: late }), token({ exp: NOW }))).resolves.toBe(
        'token_expired',
      );
    }
  });

  it.each([undefined, true, false, 'revoked', {}])(
    'fails, and lets nobody pass, when it returns %j',
    async (odd) => {
      for (const revoked of [() => odd, async () => odd]) {
        const entry = authenticate(strategy({ revoked: revoked as never }));
        const decision = (async () =>
          entry.enterChain(exchangeWith({ authorization: `Bearer ${token()}` })))();
        await expect(decision).resolves.not.toMatchObject({ kind: 'allow' });
      }
    },
  );

  it('is asked before the account and about no token that is refused', async () => {
    const log: string[] = [];
    const by = strategy({
      revoked: () => (log.push('revoked'), authError('token_revoked')),
      findUser: () => (log.push('account'), { active: true }),
    });
    await outcome(by, token({ exp: NOW }));
    expect(log).toEqual([]);
    await outcome(by);
    expect(log).toEqual(['revoked']);
  });

  it('passes on its failure, which is an outage', async () => {
    const by = strategy({ revoked: () => Promise.reject(new StoreError('down')) });
    await expect(recognise(by)).rejects.toThrow(StoreError);
  });
});
