import { describe, expect, it } from 'vitest';
import { line } from '../../src/core/options.ts';
import { complaint } from '../support/complaint.ts';

describe('line', () => {
  const read = line(5);

  it.each(['a', 'a b c', '\u00e4\u6f22\u5b57', '\u{1F600}'.repeat(5)])(
    'reads text for people: %j',
    (value) => {
      expect(read(value, 'o.k')).toBe(value);
    },
  );

  it.each([
    ['six characters', 'abcdef'],
    ['six characters of two units each', '\u{1F600}'.repeat(6)],
    ['a line feed', 'a\nb'],
    ['an escape', 'a\u001b[1m'],
    ['a character of C1', 'a\u0085'],
    ['a turn of direction', 'a\u202eb'],
    ['a blank without width', '\u200b'],
    ['half a character', 'a\ud800'],
    ['a line separator', '\u2028'],
    ['a paragraph separator', '\u2029'],
  ])('refuses %s', (_what, value) => {
    expect(complaint(() => read(value, 'o.k'))).toBe(
      'option_invalid: o.k must be text of at most 5 characters on one line, not a string.',
    );
  });

  it.each([
    ['', 'an empty string'],
    [7, 'the number 7'],
  ])('refuses %j', (value, described) => {
    expect(complaint(() => read(value, 'o.k'))).toBe(
      `option_invalid: o.k must be a string that is not empty, not ${described}.`,
    );
  });
});
