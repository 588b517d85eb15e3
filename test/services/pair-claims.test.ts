import { describe, expect, it } from 'vitest';
import { generationOf } from '../../src/services/pair-claims.ts';

describe('generationOf', () => {
  it.each([
    [1, 1],
    [2_147_483_646, 2_147_483_646],
    [0, null],
    [-1, null],
    [1.5, null],
    ['1', null],
    [null, null],
    [undefined, null],
    [[1], null],
    [2 ** 60, null],
  ])('of %j is %j', (gen, expected) => {
    expect(generationOf({ gen })).toBe(expected);
  });
});
