import { describe, expect, it } from 'vitest';
import { nowSeconds, systemClock } from '../../src/core/clock.ts';
import { ABSENT, allow, deny } from '../../src/core/decision.ts';
import { authError } from '../../src/core/errors.ts';
import { chain, isPromise } from '../../src/core/maybe-promise.ts';
import { isPrincipal } from '../../src/core/principal.ts';
import { jsonReply, NO_STORE } from '../../src/core/reply.ts';
import { randomToken, secretsEqual, sha256, sha256Name } from '../../src/core/secrets.ts';
import { suggest } from '../../src/core/suggest.ts';
import { foreignPromise } from '../support/foreign-promise.ts';

describe('nowSeconds', () => {
  it('counts whole seconds, rounded down', () => {
    expect(nowSeconds({ now: () => 1999 })).toBe(1);
    expect(nowSeconds({ now: () => 2000 })).toBe(2);
  });

  it('asks the machine by default', () => {
    const before = Date.now();
    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
  });
});

describe('chain', () => {
  it('applies at once to a value and makes no promise', () => {
    expect(chain(1, (n) => n + 1)).toBe(2);
  });

  it('applies later to a promise, and to a thenable of another make', async () => {
    await expect(chain(Promise.resolve(1), (n) => n + 1)).resolves.toBe(2);
    const later = chain(
      foreignPromise(() => 1),
      (n) => n + 1,
    );
    expect(later).toBeInstanceOf(Promise);
    await expect(later).resolves.toBe(2);
  });

  it('takes only objects with a method then for promises', () => {
    expect(
      [null, undefined, 0, '', {}, JSON.parse('{"then":1}') as object].map((value) => isPromise(value)),
    ).toEqual(Array(6).fill(false));
  });
});

describe('the decisions', () => {
  it('are plain values', () => {
    expect(allow({ id: 'a' })).toStrictEqual({ kind: 'allow', principal: { id: 'a' } });
    expect(allow(null, [['X-A', 'b']])).toEqual({ kind: 'allow', principal: null, headers: [['X-A', 'b']] });
    expect(deny(authError('ip_denied'))).toStrictEqual({ kind: 'deny', error: authError('ip_denied') });
    expect(deny(authError('ip_denied'), 'list')).toEqual({
      kind: 'deny',
      error: authError('ip_denied'),
      rule: 'list',
    });
    expect(ABSENT).toEqual({ kind: 'absent' });
    expect(Object.isFrozen(ABSENT)).toBe(true);
  });
});

describe('jsonReply', () => {
  it('BT-10 has the content type of JSON without a charset, and the headers after it', () => {
    expect(jsonReply(401, { a: '\u00e9' }, [['X-A', 'b']])).toEqual({
      status: 401,
      headers: [
        ['Content-Type', 'application/json'],
        ['X-A', 'b'],
      ],
      body: '{"a":"\u00e9"}',
    });
    expect(jsonReply(200, null).headers).toEqual([['Content-Type', 'application/json']]);
  });

  it('has both lines that keep an answer out of caches', () => {
    expect(NO_STORE).toEqual([
      ['Cache-Control', 'no-store'],
      ['Pragma', 'no-cache'],
    ]);
  });
});

describe('the secrets', () => {
  it('are equal only when they are, whatever their lengths, as text or as bytes', () => {
    expect(secretsEqual('abc', 'abc')).toBe(true);
    expect(secretsEqual('abc', Buffer.from('abc'))).toBe(true);
    expect(['', 'ab', 'abd', 'abcd', 'ABC'].map((other) => secretsEqual('abc', other))).toEqual(
      Array(5).fill(false),
    );
  });

  it('are hashed to the whole of SHA-256, in base64url', () => {
    expect(sha256('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
    expect(sha256(Buffer.from('abc'))).toBe(sha256('abc'));
  });

  it('are named in memory by the same hash, one character for each byte', () => {
    const name = sha256Name('abc');
    expect(name).toHaveLength(32);
    expect(Buffer.from(name, 'latin1').toString('base64url')).toBe(sha256('abc'));
  });

  it('have at least the entropy that was asked for, and no two are alike', () => {
    expect(randomToken(128)).toMatch(/^[\w-]{22}$/);
    expect(randomToken(129)).toHaveLength(Math.ceil((17 * 4) / 3));
    expect(new Set(Array.from({ length: 1000 }, () => randomToken(128))).size).toBe(1000);
  });
});

describe('isPrincipal', () => {
  it('says yes to what names its kind and its id, and to nothing else', () => {
    expect(isPrincipal({ kind: 'user', id: 'u1', more: 1 })).toBe(true);
    const others = [
      null,
      undefined,
      true,
      'u1',
      [],
      {},
      { kind: 'user' },
      { id: 'u1' },
      { kind: 'user', id: '' },
      { kind: 1, id: 'u1' },
    ];
    expect(others.filter((other) => isPrincipal(other))).toEqual([]);
  });
});

describe('suggest', () => {
  const names = ['issuer', 'audience', 'clockSkewSeconds', 'HS256'];

  it.each([
    ['issuers', 'issuer'],
    ['isuer', 'issuer'],
    ['ISSUER', 'issuer'],
    ['audiance', 'audience'],
    ['clockSkewSecond', 'clockSkewSeconds'],
    ['clockSkew', undefined],
    ['hs256', 'HS256'],
    ['HS-256', 'HS256'],
    ['isseur', 'issuer'],
    ['isseux', undefined],
    ['suer', undefined],
    ['colour', undefined],
    ['', undefined],
  ])('for %j says %j', (word, meant) => {
    expect(suggest(word, names)).toBe(meant);
  });

  it('says the nearest of several, and the first of two that are as near', () => {
    expect(suggest('hs384', ['HS256', 'HS384', 'HS385'])).toBe('HS384');
    expect(suggest('ab', ['ac', 'ad'])).toBe('ac');
    expect(suggest('b', ['abc', 'ab'])).toBe('ab');
    expect(suggest('ab', ['cd'])).toBeUndefined();
    expect(suggest('ab', [])).toBeUndefined();
  });
});
