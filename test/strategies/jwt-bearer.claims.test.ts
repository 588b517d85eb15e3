import { describe, expect, it } from 'vitest';
import { forge, TEST_SECRET } from '../support/jwt-forge.ts';
import { NOW, outcome, strategy, token } from './jwt-bearer-stage.ts';

/** A token whose header says this. */
function withHeader(header: object): string {
  return forge({
    header: { alg: 'HS256', ...header },
    payload: { sub: 'u1', exp: NOW + 600 },
    key: TEST_SECRET,
    algorithm: 'HS256',
  });
}

/** What a claim is refused with: one that is wrong, or none at all. */
const refusalOf = (claim: unknown, code: string): string =>
  claim === undefined ? 'token_claim_missing' : code;

describe('what JwtBearerStrategy demands of a token', () => {
  it('JWT-11 is the typ that is configured; JWT may be left out', async () => {
    const [byDefault, configured] = [strategy(), strategy({ typ: 'at+jwt' })];
    expect(await outcome(byDefault, withHeader({ typ: 'JWT' }))).toBe('u1');
    expect(await outcome(byDefault, withHeader({}))).toBe('u1');
    expect(await outcome(byDefault, withHeader({ typ: 'at+jwt' }))).toBe('token_type_refused');
    expect(await outcome(configured, withHeader({ typ: 'at+jwt' }))).toBe('u1');
    expect(await outcome(configured, withHeader({ typ: 'JWT' }))).toBe('token_type_refused');
    expect(await outcome(configured, withHeader({}))).toBe('token_type_refused');
  });

  it.each([
    ['one issuer', 'a', ['a'], ['b', 'A', undefined]],
    ['several issuers', ['a', 'b'], ['a', 'b'], ['c', undefined]],
    ['no issuer', null, [undefined], ['a']],
  ])('JWT-09 is the issuer: %s', async (_, issuer, good, bad) => {
    const by = strategy({ issuer });
    for (const iss of good) expect(await outcome(by, token({ iss }))).toBe('u1');
    for (const iss of bad)
      expect(await outcome(by, token({ iss }))).toBe(refusalOf(iss, 'token_issuer_refused'));
  });

  it.each([
    ['one audience', 'a', ['a', ['b', 'a']], ['b', undefined]],
    ['several audiences', ['a', 'b'], ['a', 'b'], ['c', undefined]],
    ['no audience', null, [undefined], ['a', ['a']]],
  ])('JWT-10 is the audience: %s', async (_, audience, good, bad) => {
    const by = strategy({ audience });
    for (const aud of good) expect(await outcome(by, token({ aud }))).toBe('u1');
    for (const aud of bad)
      expect(await outcome(by, token({ aud }))).toBe(refusalOf(aud, 'token_audience_refused'));
  });

  it('JWT-10 is the audience that a function gives by the other claims', async () => {
    const audience = ({ ws }: { readonly ws?: unknown }): string | null =>
      typeof ws === 'string' ? `api of ${ws}` : null;
    const by = strategy({ audience });
    expect(await outcome(by, token({ ws: 'w1', aud: 'api of w1' }))).toBe('u1');
    expect(await outcome(by, token({ ws: 'w1', aud: 'api of w2' }))).toBe('token_audience_refused');
    expect(await outcome(by, token({ aud: 'api of w1' }))).toBe('token_audience_refused');
  });

  it('JWT-08 is a beginning no further ahead than the clocks may be apart', async () => {
    const by = strategy({ clockSkewSeconds: 0 });
    expect(await outcome(by, token({ nbf: NOW }))).toBe('u1');
    expect(await outcome(by, token({ nbf: NOW + 1 }))).toBe('token_not_yet_valid');
  });
});
