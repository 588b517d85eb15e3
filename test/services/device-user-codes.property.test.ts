import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newUserCode, userCodeOf } from '../../src/services/device-user-codes.ts';

const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'.split('');
const LOOK_ALIKES: Readonly<Record<string, readonly string[]>> = {
  B: ['8'],
  G: ['6'],
  L: ['1', 'I', 'i'],
  S: ['5'],
  Z: ['2'],
};
const SEPARATORS = [
  ' ',
  '\t',
  '\n',
  '\u00a0',
  '\u2009',
  '-',
  '\u2010',
  '\u2011',
  '\u2013',
  '\u2014',
  '\u2212',
  '\u00ad',
  '\u200b',
];

/** What could be several letters of a code, or becomes one when its case is changed. */
const STRANGERS = [
  'A',
  'E',
  'O',
  'U',
  'Y',
  '0',
  '3',
  '4',
  '7',
  '9',
  'ß',
  'ſ',
  'ı',
  'ﬂ',
  '\u212a',
  'Ｂ',
  'В',
  '_',
  '.',
  '\0',
];

const code = fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 8, maxLength: 8 });
const separators = fc.string({ unit: fc.constantFrom(...SEPARATORS), maxLength: 3 });

/** A code together with what a person may type who reads it off a screen. */
const entry = code.chain((shown) =>
  fc.record({
    shown: fc.constant(shown),
    letters: fc.tuple(
      ...Array.from(shown, (letter) =>
        fc.constantFrom(letter, letter.toLowerCase(), ...(LOOK_ALIKES[letter] ?? [])),
      ),
    ),
    gaps: fc.array(separators, { minLength: 9, maxLength: 9 }),
  }),
);

function typed({ letters, gaps }: { letters: readonly string[]; gaps: readonly string[] }): string {
  return gaps.map((gap, index) => `${gap}${letters[index] ?? ''}`).join('');
}

describe('userCodeOf', () => {
  it('OS-16 reads the code that was shown from everything that a person may type for it', () => {
    fc.assert(
      fc.property(entry, ({ shown, ...parts }) => {
        expect(userCodeOf(typed(parts))).toBe(shown);
      }),
      { numRuns: 2000 },
    );
  });

  it('OS-16 reads what is given out as it is', () => {
    for (let count = 0; count < 200; count += 1) {
      const given = newUserCode();
      expect(userCodeOf(given)).toBe(given);
    }
  });

  it('OS-16 reads a code from nothing else: one character more, less or other is none', () => {
    const other = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 1 })
      .filter((text) => !/[0-9A-Za-z\s\p{Dash_Punctuation}\u2212\u00ad\u200b]/u.test(text));
    const stranger = fc.oneof(fc.constantFrom(...STRANGERS), other);
    fc.assert(
      fc.property(entry, fc.nat({ max: 7 }), stranger, (parts, place, strange) => {
        const text = typed(parts);
        expect(userCodeOf(`${text}B`)).toBeNull();
        expect(userCodeOf(typed({ ...parts, letters: parts.letters.slice(1) }))).toBeNull();
        const letters = parts.letters.map((letter, index) => (index === place ? strange : letter));
        expect(userCodeOf(typed({ ...parts, letters }))).toBeNull();
      }),
      { numRuns: 1000 },
    );
  });

  it.each(STRANGERS)('OS-16 takes %j for no letter of a code', (strange) => {
    expect(userCodeOf(`BCDFGHJ${strange}`)).toBeNull();
    expect(userCodeOf(`${strange}BCDFGH`)).toBeNull();
  });

  it('OS-16 answers with eight letters of the alphabet or with nothing, whatever it gets', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom(...LETTERS, ...SEPARATORS, ...STRANGERS, '1', '8', 'i'),
        maxLength: 14,
      }),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const read = userCodeOf(text);
        if (read === null) return;
        expect(read).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/);
        expect(userCodeOf(read)).toBe(read);
      }),
      { numRuns: 5000 },
    );
  });
});
