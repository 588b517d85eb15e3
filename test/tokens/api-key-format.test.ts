import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { apiKeyPattern, apiKeyTexts, findApiKeys, newApiKeyId } from '../../src/tokens/api-key-format.ts';
import { toBase62 } from '../../src/tokens/base62.ts';
import { complaint } from '../support/complaint.ts';

const texts = apiKeyTexts('acme');
const ID = 'AbCdEfGh';

/** Its checksum comes from another implementation: the CRC-32 is 0x6bade245. */
const VECTOR = 'acme_AbCdEfGh_0123456789012345678901234567890123456789xyz1yG8CT';

function flipped(text: string, at: number): string {
  const character = text.charAt(at);
  const other = character === character.toUpperCase() ? character.toLowerCase() : character.toUpperCase();
  return text.slice(0, at) + other + text.slice(at + 1);
}

function replaced(text: string, at: number): string {
  return text.slice(0, at) + (text.charAt(at) === '7' ? '8' : '7') + text.slice(at + 1);
}

describe('a checksummed key', () => {
  const key = VECTOR;

  it('is the product, the id, 43 random characters and a checksum of 6', () => {
    const made = texts.make('checksummed', ID);
    expect(made).toMatch(/^acme_AbCdEfGh_[0-9A-Za-z]{49}$/);
    expect(texts.read(made)).toEqual({ format: 'checksummed', id: ID });
  });

  it('has a CRC-32 in base 62 at its end', () => {
    expect(texts.read(VECTOR)).toEqual({ format: 'checksummed', id: ID });
  });

  it('is another one each time', () => {
    const made = new Set(Array.from({ length: 1_000 }, () => texts.make('checksummed', ID)));
    expect(made.size).toBe(1_000);
  });

  it('is refused when any one character is another one', () => {
    const positions = Array.from(key).map((_, at) => at);
    expect(positions.filter((at) => texts.read(replaced(key, at)) !== null)).toEqual([]);
  });

  it('is refused when any one letter is in the other case', () => {
    const letters = Array.from(key).flatMap((character, at) => (/[A-Za-z]/.test(character) ? [at] : []));
    expect(letters.length).toBeGreaterThan(10);
    expect(letters.filter((at) => texts.read(flipped(key, at)) !== null)).toEqual([]);
  });

  it('is refused when any two neighbours that differ change places', () => {
    const pairs = Array.from(key).flatMap((character, at) =>
      at > 0 && character !== key[at - 1] ? [at] : [],
    );
    const swapped = pairs.map(
      (at) => key.slice(0, at - 1) + key.charAt(at) + key.charAt(at - 1) + key.slice(at + 1),
    );
    expect(swapped.filter((text) => texts.read(text) !== null)).toEqual([]);
  });

  it.each([
    ['without its last character', key.slice(0, -1)],
    ['without its first character', key.slice(1)],
    ['of half its length', key.slice(0, key.length / 2)],
    ['with one character more', `${key}0`],
    ['with a blank in front', ` ${key}`],
    ['with a blank behind', `${key} `],
    ['with a line break behind', `${key}\n`],
    ['with NUL behind', `${key}\0`],
    ['with NUL inside', `${key.slice(0, 20)}\0${key.slice(20)}`],
    ['in quotes', `"${key}"`],
    ['twice', `${key}${key}`],
    ['twice with a comma', `${key},${key}`],
    ['in lower case', key.toLowerCase()],
    ['in upper case', key.toUpperCase()],
    ['in full-width letters', key.replace('a', '\uff41')],
    ['with an underscore less', key.replace('_', '')],
    ['of nothing', ''],
    ['of its prefix alone', 'acme_'],
  ])('is refused %s', (_name, text) => {
    expect(texts.read(text)).toBeNull();
  });

  it('is refused by another product, also where the names begin alike', () => {
    for (const product of ['acm', 'acmes', 'acme_live', 'other'])
      expect(apiKeyTexts(product).read(key)).toBeNull();
  });

  it.each([
    ['a product whose name ends alike', 'xacme_AbCdEfGh_'],
    ['a product whose last word is alike', 'x_acme_AbCdEfGh_'],
    ['a line in front', 'x\nacme_AbCdEfGh_'],
    ['a line break in front', '\nacme_AbCdEfGh_'],
    ['an id that is too short', 'acme_AbCdEfG_'],
    ['an id with another character', 'acme_AbCd-fGh_'],
    ['another separator', 'acme_AbCdEfGh.'],
  ])('is refused with %s, though the checksum is right', (_name, start) => {
    const body = start + '0'.repeat(43);
    expect(texts.read(body + toBase62(crc32(body), 6))).toBeNull();
    const right = `acme_AbCdEfGh_${'0'.repeat(43)}`;
    expect(texts.read(right + toBase62(crc32(right), 6))).not.toBeNull();
  });

  it('is refused with a line behind it, though the checksum is right', () => {
    const body = `${texts.make('checksummed', ID)}\nx`;
    expect(texts.read(body + toBase62(crc32(body), 6))).toBeNull();
  });

  it('may belong to a product with an underscore in its name', () => {
    const live = apiKeyTexts('acme_live');
    expect(live.read(live.make('checksummed', ID))).toEqual({ format: 'checksummed', id: ID });
    expect(texts.read(live.make('checksummed', ID))).toBeNull();
  });
});

describe('a prefix-secret key', () => {
  it('is a prefix of 8 and a secret of 32 characters', () => {
    const key = texts.make('prefix-secret', ID);
    expect(key).toMatch(/^AbCdEfGh\.[0-9A-Za-z]{32}$/);
    expect(texts.read(key)).toEqual({ format: 'prefix-secret', id: ID });
    expect(texts.read('AbCdEfGh.0123456789abcdefghijABCDEFGHIJ01')).toEqual({
      format: 'prefix-secret',
      id: ID,
    });
  });

  it.each([
    ['a short prefix', 'AbCdEfG.0123456789abcdefghijABCDEFGHIJ01'],
    ['a long prefix', 'AbCdEfGhi.0123456789abcdefghijABCDEFGHIJ01'],
    ['a short secret', 'AbCdEfGh.0123456789abcdefghijABCDEFGHIJ0'],
    ['a long secret', 'AbCdEfGh.0123456789abcdefghijABCDEFGHIJ012'],
    ['another separator', 'AbCdEfGh_0123456789abcdefghijABCDEFGHIJ01'],
    ['another character', 'AbCdEfGh.0123456789abcdefghijABCDEFGHIJ0-'],
    ['NUL inside', 'AbCdEfGh.0123456789abcdefghijABCDEFGHIJ0\0'],
    ['a line break behind', 'AbCdEfGh.0123456789abcdefghijABCDEFGHIJ01\n'],
  ])('is refused with %s', (_name, text) => {
    expect(texts.read(text)).toBeNull();
  });
});

describe('the outline of a key', () => {
  it.each([
    ['checksummed', VECTOR],
    ['checksummed', `acme_${ID}_${'\u00e9'.repeat(49)}`],
    ['prefix-secret', `${ID}.${'-'.repeat(32)}`],
  ])('is told by length and punctuation: %s, whatever its other characters', (format, text) => {
    expect(texts.outline(text)).toEqual({ format, id: ID });
  });

  it.each([
    ['', 'nothing'],
    [VECTOR.slice(0, -1), 'a character less'],
    [`${VECTOR}0`, 'a character more'],
    [VECTOR.replace('acme_', 'acne_'), 'another product'],
    [VECTOR.replace(`${ID}_`, `${ID}.`), 'another separator'],
    [`${ID}.${'-'.repeat(31)}`, 'a short secret'],
    [`${ID}.${'-'.repeat(33)}`, 'a long secret'],
    [`${ID}_${'-'.repeat(32)}`, 'another separator before a short secret'],
  ])('is that of no key for %j: %s', (text) => {
    expect(texts.outline(text)).toBeNull();
  });
});

describe('newApiKeyId', () => {
  it('fits both formats', () => {
    expect(newApiKeyId()).toMatch(/^[0-9A-Za-z]{8}$/);
    expect(newApiKeyId()).not.toBe(newApiKeyId());
  });
});

describe('apiKeyPattern', () => {
  it('is made of what every regular expression engine knows', () => {
    expect(apiKeyPattern('acme').source).toBe('acme_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}');
    expect(apiKeyPattern('acme').flags).toBe('g');
  });

  it('finds keys in other text, whatever stands around them', () => {
    const [a, b] = [texts.make('checksummed', 'aaaaaaaa'), texts.make('checksummed', 'bbbbbbbb')];
    const leak = `API_KEY=${a}\n{"k":"${b}"} my_${a}_x https://h/?k=${b}&z=1`;
    expect(findApiKeys('acme', leak)).toEqual([a, b, a, b]);
  });

  it('leaves out what only looks like a key', () => {
    const fake = `acme_AbCdEfGh_${'0'.repeat(49)}`;
    expect(fake.match(apiKeyPattern('acme'))).toEqual([fake]);
    expect(findApiKeys('acme', fake)).toEqual([]);
    expect(findApiKeys('other', texts.make('checksummed', ID))).toEqual([]);
  });

  it.each(['a', 'acme2', 'acme_live', 'acme_2_eu', 'a'.repeat(32)])('takes the prefix %j', (prefix) => {
    expect(apiKeyPattern(prefix).test(`${prefix}_${ID}_${'0'.repeat(49)}`)).toBe(true);
  });

  it.each([
    'Acme',
    '1acme',
    'acme-live',
    'acme_',
    '_acme',
    'acme__eu',
    'acme_Eu',
    'a.c',
    'a'.repeat(33),
    '(',
  ])('refuses the prefix %j', (prefix) => {
    expect(complaint(() => apiKeyPattern(prefix))).toBe(
      'option_invalid: apiKeyPattern(productPrefix) must be a name of at most 32 characters in lower case, as in "acme" or "acme_live", not a string.',
    );
  });

  it.each(['', 7, undefined])('refuses the prefix %j', (prefix) => {
    expect(complaint(() => apiKeyPattern(prefix as string))).toMatch(
      /^option_(missing|invalid): apiKeyPattern\(productPrefix\) .*a string that is not empty/,
    );
  });
});
