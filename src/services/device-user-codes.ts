import { randomInt } from 'node:crypto';

/** Eight consonants, as a device shows them to its user. */
export function newUserCode(): string {
  return Array.from({ length: 8 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

/**
 * The code that a person has entered; `null` for what can be none. Case does not matter, nor do blanks, hyphens and what
 * keyboards make of them. A digit, or a vowel, that no code has is read as the one letter that it is taken for; one that
 * could be several letters is refused.
 *
 * @see RFC 8628 section 6.1
 */
export function userCodeOf(entered: string): string | null {
  const characters = entered.replace(/[\s\p{Dash_Punctuation}\u2212\u00ad\u200b]/gu, '');
  // Only then may case be changed: letters of other alphabets become one or several of these.
  if (!/^[0-9A-Za-z]{8}$/.test(characters)) return null;
  const userCode = characters.toUpperCase().replace(/[1I2568]/g, (each) => TAKEN_FOR[each] ?? each);
  return USER_CODE.test(userCode) ? userCode : null;
}

/** Without vowels, so that no code is a word, and without letters that are taken for others (RFC 8628 section 6.1). */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const USER_CODE = /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/;
const TAKEN_FOR: Readonly<Record<string, string>> = { 1: 'L', I: 'L', 2: 'Z', 5: 'S', 6: 'G', 8: 'B' };
