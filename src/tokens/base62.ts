import { randomBytes } from 'node:crypto';

/** Random text of so many characters, each drawn evenly from [0-9A-Za-z] and worth 5.95 bits. */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length - text.length)) {
      // Bytes above the last whole multiple of 62 are thrown away: folding them in would favour some characters.
      if (byte < EVEN_BYTES) text += ALPHABET.charAt(byte % ALPHABET.length);
    }
  }
  return text;
}

/** A whole number that is not negative, with leading zeros up to `length` characters. */
export function toBase62(value: number, length: number): string {
  let text = '';
  for (let rest = value; rest > 0; rest = Math.floor(rest / ALPHABET.length)) {
    text = ALPHABET.charAt(rest % ALPHABET.length) + text;
  }
  return text.padStart(length, '0');
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const EVEN_BYTES = 256 - (256 % ALPHABET.length);
