import { describe, expect, it } from 'vitest';
import { curveOf, hashBytes, isSymmetric, JWT_ALGORITHMS } from '../../src/tokens/algorithms.ts';

describe('the algorithms', () => {
  it('JWT-02 JWT-18 are those of RFC 7518 section 3 without none, each with its hash and its curve', () => {
    const known = JWT_ALGORITHMS.map((name) => [name, isSymmetric(name), hashBytes(name), curveOf(name)]);
    expect(known).toEqual([
      ['HS256', true, 32, undefined],
      ['HS384', true, 48, undefined],
      ['HS512', true, 64, undefined],
      ['RS256', false, 32, undefined],
      ['RS384', false, 48, undefined],
      ['RS512', false, 64, undefined],
      ['PS256', false, 32, undefined],
      ['PS384', false, 48, undefined],
      ['PS512', false, 64, undefined],
      ['ES256', false, 32, 'prime256v1'],
      ['ES384', false, 48, 'secp384r1'],
      ['ES512', false, 64, 'secp521r1'],
    ]);
  });
});
