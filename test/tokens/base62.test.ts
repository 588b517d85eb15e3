import { describe, expect, it } from 'vitest';
import { randomBase62, toBase62 } from '../../src/tokens/base62.ts';

describe('randomBase62', () => {
  it('has the length that was asked for and no other characters', () => {
    for (const length of [1, 8, 32, 43])
      expect(randomBase62(length)).toMatch(new RegExp(`^[0-9A-Za-z]{${length}}$`));
  });

  it('draws every character about as often as any other', () => {
    const drawn = 62_000;
    const counts = new Map<string, number>();
    for (const character of randomBase62(drawn)) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(62);
    // Chi-squared with 61 degrees of freedom: 138 is passed by chance once in ten million; folding the bytes above 247
    // in would add about 1,000 expected over 8 characters, which is far beyond it.
    const expected = drawn / 62;
    const chiSquared = [...counts.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    expect(chiSquared).toBeLessThan(138);
  });
});

describe('toBase62', () => {
  it.each([
    [0, 6, '000000'],
    [61, 1, 'z'],
    [62, 2, '10'],
    [0xffff_ffff, 6, '4gfFC3'],
  ])('writes %i in %i characters as %s', (value, length, text) => {
    expect(toBase62(value, length)).toBe(text);
  });
});
