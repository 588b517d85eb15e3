import { describe, expect, it } from 'vitest';
import { StoreError } from '../../src/core/errors.ts';
import type { Claims, Principal } from '../../src/core/principal.ts';
import type { JwtBearerStrategy } from '../../strategies/jwt-bearer.ts';
import { exchangeWith } from '../support/fake-exchange.ts';
import { NOW, outcome, recognise, strategy, token } from './jwt-bearer-stage.ts';

describe('JwtBearerStrategy', () => {
  it('JWT-21 makes a principal of what the token says and of nothing else', () => {
    const payload = { scope: 'a b', ws: 'w1', sid: 's1', exp: NOW + 600, sub: 'u1' };
    expect(recognise(strategy(), token(payload))).toEqual({
      kind: 'authenticated',
      principal: {
        kind: 'user',
        id: 'u1',
        workspace: 'w1',
        scopes: ['a', 'b'],
        sessionId: 's1',
        claims: payload,
      },
    });
    expect(recognise(strategy(), token())).toEqual({
      kind: 'authenticated',
      principal: {
        kind: 'user',
        id: 'u1',
        workspace: null,
        scopes: [],
        sessionId: undefined,
        claims: { sub: 'u1', exp: NOW + 600 },
      },
    });
  });

  it.each<[string, object, readonly string[]]>([
    ['a scope of several words', { scope: 'a  b ' }, ['a', 'b']],
    ['an empty scope', { scope: '' }, []],
    ['a list called scopes', { scopes: ['a', 'b c', 7, null] }, ['a', 'b c']],
    ['both', { scope: 'a', scopes: ['b'] }, ['a']],
    ['a scope that is a list', { scope: ['a'] }, []],
    ['a scopes that is a text', { scopes: 'a b' }, []],
    ['an object', { scope: { a: true } }, []],
  ])('reads the scopes of %s', (_, payload, scopes) => {
    expect(recognise(strategy(), token(payload))).toMatchObject({ principal: { scopes } });
  });

  it.each([7, null, '', ['w']].map((value) => ({ value })))(
    'takes no workspace and no session from $value',
    ({ value }) => {
      const given = typeof value === 'string' ? value : null;
      expect(recognise(strategy(), token({ ws: value, sid: value }))).toMatchObject({
        principal: { workspace: given, sessionId: given ?? undefined },
      });
    },
  );

  it('JWT-20 shares no principal that one request could change for another', () => {
    const by = strategy();
    const shared = recognise(by, token({ scope: 'a', deep: { list: [1] } })) as { principal: Principal };
    const { principal } = shared;
    const parts = [shared, principal, principal.scopes, principal.claims, principal.claims?.['deep']];
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true));
  });

  it('JWT-12 reads the subject from the claim that is configured', async () => {
    await expect(outcome(strategy({ subjectClaim: 'uid' }), token({ uid: 'u9' }))).resolves.toBe('u9');
    await expect(outcome(strategy({ subjectClaim: 'uid' }), token())).resolves.toBe('token_claim_missing');
  });

  it('JWT-08 accepts a token from 60 seconds ahead by default, and not from 61', async () => {
    await expect(outcome(strategy(), token({ nbf: NOW + 60, iat: NOW + 60 }))).resolves.toBe('u1');
    await expect(outcome(strategy(), token({ nbf: NOW + 61 }))).resolves.toBe('token_not_yet_valid');
    await expect(outcome(strategy(), token({ iat: NOW + 61 }))).resolves.toBe('token_not_yet_valid');
  });

  it('JWT-07 accepts no token past its expiry by default', async () => {
    await expect(outcome(strategy(), token({ exp: NOW }))).resolves.toBe('token_expired');
    await expect(outcome(strategy({ expiryLeewaySeconds: 1 }), token({ exp: NOW }))).resolves.toBe('u1');
  });

  it('demands the claims that are configured', async () => {
    const by = strategy({ requiredClaims: ['jti'] });
    await expect(outcome(by, token({ jti: 'j' }))).resolves.toBe('u1');
    await expect(outcome(by, token())).resolves.toBe('token_claim_missing');
  });

  it('JWT-11 tells kinds of tokens apart by the claim that is configured', async () => {
    const accepting = (value: string): JwtBearerStrategy =>
      strategy({ tokenType: { claim: 'token_type', value } });
    for (const [by, own, other] of [
      [accepting('access'), 'access', 'refresh'],
      [accepting('refresh'), 'refresh', 'access'],
    ] as const) {
      await expect(outcome(by, token({ token_type: own }))).resolves.toBe('u1');
      await expect(outcome(by, token({ token_type: other }))).resolves.toBe('token_type_refused');
      await expect(outcome(by, token())).resolves.toBe('token_claim_missing');
    }
  });
});

describe('principal', () => {
  it('makes the principal on each request, of the claims, at once or later', async () => {
    let made = 0;
    const principal = (claims: Claims): Principal => ({
      kind: 'client',
      id: `${String(claims['sub'])}-${(made += 1)}`,
    });
    const by = strategy({ principal });
    expect([await outcome(by), await outcome(by)]).toEqual(['u1-1', 'u1-2']);
    await expect(outcome(strategy({ principal: async (claims) => principal(claims) }))).resolves.toBe('u1-3');
  });

  it.each([null, undefined])(
    'JWT-12 refuses the token as one of nobody when it returns %s',
    async (nobody) => {
      await expect(outcome(strategy({ principal: () => nobody as null }))).resolves.toBe('subject_unknown');
      await expect(outcome(strategy({ principal: async () => nobody as null }))).resolves.toBe(
        'subject_unknown',
      );
    },
  );

  it.each(
    [
      true,
      1,
      'u1',
      {},
      { id: 'u1' },
      { kind: 'user' },
      { kind: 'user', id: 7 },
      { kind: 'user', id: '' },
      [],
    ].map((value) => ({ value })),
  )('fails when it returns $value, which is no principal', async ({ value }) => {
    for (const principal of [() => value, async () => value]) {
      const by = strategy({ principal: principal as never });
      await expect((async () => recognise(by))()).rejects.toThrow(
        'JwtBearerStrategy.principal must return a principal, which has a kind and an id, or null',
      );
    }
  });

  it('fails as it does, and is not asked about a token that is refused', async () => {
    let asked = 0;
    const principal = (): never => {
      asked += 1;
      throw new StoreError('down');
    };
    const by = strategy({ principal });
    await expect(outcome(by, token({ exp: NOW - 1 }))).resolves.toBe('token_expired');
    expect(asked).toBe(0);
    expect(() => recognise(by)).toThrow(StoreError);
  });
});

describe('a request', () => {
  it('is answered at once when the callbacks are', () => {
    const by = strategy({
      findUser: () => ({ active: true }),
      revoked: () => null,
      principal: () => ({ kind: 'user', id: 'x' }),
    });
    expect(recognise(by)).toMatchObject({ kind: 'authenticated' });
    expect(by.recognise.length).toBeLessThanOrEqual(2);
    expect(exchangeWith().headerLines('authorization')).toEqual([]);
  });
});
