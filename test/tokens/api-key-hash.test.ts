import { createHash, createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { apiKeyHasher, peppersOption, type KeptHash } from '../../src/tokens/api-key-hash.ts';
import { complaint } from '../support/complaint.ts';

const KEY = 'acme_AbCdEfGh_any-text-will-do';
const SECRET = 'a pepper of forty bytes, only for tests!';
const OTHER_SECRET = 'another pepper of forty bytes, for tests';

const plain = apiKeyHasher([]);
const peppered = apiKeyHasher(peppersOption({ id: 'p1', secret: SECRET }, 'pepper'));

function kept(hasher: typeof plain, text: string): KeptHash {
  const read = hasher.read(text);
  if (read.algorithm === null) throw new Error(read.problem);
  return read;
}

describe('apiKeyHasher', () => {
  it('keeps a prefix-secret key as the published vector says, with a pepper as well', () => {
    const vector =
      'sha512$$af90f4e5bb5f7ce18aab9b544b8a1326b978bd5b0f852dab45e8827a673a9fb658bf87427a81cc87fe67fb258695edfc5114f2e0637575753b102841952548cc';
    const key = 'AbCdEfGh.0123456789abcdefghijABCDEFGHIJ01';
    expect(plain.hash(key, 'prefix-secret')).toBe(vector);
    expect(peppered.hash(key, 'prefix-secret')).toBe(vector);
    expect(plain.matches(key, kept(plain, vector))).toBe(true);
    expect(peppered.isOutdated(kept(peppered, vector))).toBe(false);
  });

  it('keeps a checksummed key as its SHA-256', () => {
    const digest = createHash('sha256').update(KEY).digest('hex');
    expect(plain.hash(KEY, 'checksummed')).toBe(`sha256$$${digest}`);
    expect(plain.matches(KEY, kept(plain, `sha256$$${digest}`))).toBe(true);
  });

  it('keeps it as an HMAC that names its pepper, when there is one', () => {
    const digest = createHmac('sha256', SECRET).update(KEY).digest('hex');
    expect(peppered.hash(KEY, 'checksummed')).toBe(`hmac-sha256$p1$${digest}`);
    expect(peppered.matches(KEY, kept(peppered, `hmac-sha256$p1$${digest}`))).toBe(true);
  });

  it('AK-01 matches no near miss', () => {
    const hash = kept(plain, plain.hash(KEY, 'checksummed'));
    const misses = [
      KEY.slice(0, -1),
      `${KEY}x`,
      KEY.toUpperCase(),
      `${KEY}\0`,
      ` ${KEY}`,
      '',
      KEY.replace('any', 'Any'),
    ];
    expect(misses.filter((miss) => plain.matches(miss, hash))).toEqual([]);
  });

  it('knows which hashes are made in an earlier way', () => {
    const rotated = apiKeyHasher(
      peppersOption(
        [
          { id: 'p2', secret: OTHER_SECRET },
          { id: 'p1', secret: SECRET },
        ],
        'pepper',
      ),
    );
    const old = kept(rotated, peppered.hash(KEY, 'checksummed'));
    expect(rotated.matches(KEY, old)).toBe(true);
    expect(rotated.isOutdated(old)).toBe(true);
    expect(rotated.isOutdated(kept(rotated, plain.hash(KEY, 'checksummed')))).toBe(true);
    expect(rotated.isOutdated(kept(rotated, rotated.hash(KEY, 'checksummed')))).toBe(false);
    expect(plain.isOutdated(kept(plain, plain.hash(KEY, 'checksummed')))).toBe(false);
  });

  it('says which pepper is missing, and neither key nor hash', () => {
    const hash = peppered.hash(KEY, 'checksummed');
    expect(plain.read(hash)).toEqual({
      algorithm: null,
      problem:
        'an API key is hashed with the pepper "p1", which is not among those given; give it after the current one',
    });
  });

  it('does not check with a pepper of the same id and another secret', () => {
    const forged = apiKeyHasher(peppersOption({ id: 'p1', secret: OTHER_SECRET }, 'pepper'));
    expect(forged.matches(KEY, kept(forged, peppered.hash(KEY, 'checksummed')))).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['another algorithm', `md5$$${'0'.repeat(32)}`],
    ['a member of every object', `constructor$$${'0'.repeat(64)}`],
    ['a digest that is too short', `sha256$$${'0'.repeat(62)}`],
    ['a digest of no bytes', 'sha256$$'],
    ['a digest of another alphabet', `sha256$$${'Z'.repeat(64)}`],
    ['a digest that is too long', `sha256$$${'0'.repeat(66)}`],
    ['a digest of an odd length', `sha256$$${'0'.repeat(65)}`],
    ['a digest of the other length', `sha512$$${'0'.repeat(64)}`],
    ['a short HMAC', `hmac-sha256$p1$${'0'.repeat(62)}`],
    ['text in front', `\nsha256$$${'0'.repeat(64)}`],
    ['text behind', `sha256$$${'0'.repeat(64)}\n`],
    ['a blank in the parameter', `sha256$ $${'0'.repeat(64)}`],
  ])('cannot check %s', (_name, text) => {
    expect(peppered.read(text)).toEqual({
      algorithm: null,
      problem: 'an API key is kept in a form that this version cannot check',
    });
  });

  it('cannot check an HMAC that names no pepper', () => {
    expect(peppered.read(`hmac-sha256$$${'0'.repeat(64)}`).algorithm).toBeNull();
  });

  it('reads a plain hash without a pepper, whatever its parameter says', () => {
    const digest = createHash('sha256').update(KEY).digest('hex');
    const read = kept(peppered, `sha256$p1$${digest}`);
    expect(read.pepper).toBeNull();
    expect(peppered.matches(KEY, read)).toBe(true);
    expect(peppered.isOutdated(read)).toBe(true);
  });

  it('makes no HMAC without a pepper', () => {
    const forged: KeptHash = { algorithm: 'hmac-sha256', pepper: null, digest: Buffer.alloc(32) };
    expect(() => plain.matches(KEY, forged)).toThrow('an HMAC needs its pepper');
  });
});

describe('peppersOption', () => {
  it('shows no secret when it is printed', () => {
    const shown = inspect(peppersOption({ id: 'p1', secret: SECRET }, 'pepper'), {
      depth: 9,
      showHidden: true,
    });
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain(Buffer.from(SECRET).toString('hex'));
  });

  it('takes one pepper or several, with ids of 1 to 32 characters', () => {
    expect(peppersOption({ id: 'p', secret: SECRET }, 'pepper').map(({ id }) => id)).toEqual(['p']);
    const two = [
      { id: 'Az09_-'.padEnd(32, 'x'), secret: SECRET },
      { id: 'p2', secret: Buffer.from(OTHER_SECRET) },
    ];
    expect(peppersOption(two, 'pepper').map(({ id, key }) => [id, key.export().toString()])).toEqual([
      ['Az09_-'.padEnd(32, 'x'), SECRET],
      ['p2', OTHER_SECRET],
    ]);
  });

  const ID = 'must be 1 to 32 letters, digits, _ and -, not a string.';
  it.each([
    ['a short secret', { id: 'p1', secret: 'too short' }, /^key_weak: apiKeys.pepper.secret: /],
    ['no secret', { id: 'p1' }, /^option_missing: apiKeys.pepper.secret .* a secret of at least 32 bytes/],
    ['no id', { secret: SECRET }, /^option_missing: apiKeys.pepper.id /],
    ['an id with a dollar sign', { id: 'p$1', secret: SECRET }, `option_invalid: apiKeys.pepper.id ${ID}`],
    ['an id with a line behind', { id: 'p1\n', secret: SECRET }, `option_invalid: apiKeys.pepper.id ${ID}`],
    ['an id with a blank before', { id: ' p1', secret: SECRET }, `option_invalid: apiKeys.pepper.id ${ID}`],
    ['a long id', { id: 'p'.repeat(33), secret: SECRET }, `option_invalid: apiKeys.pepper.id ${ID}`],
    ['a misspelt member', { id: 'p1', secrets: SECRET }, /^option_unknown: apiKeys.pepper: /],
    ['an empty list', [], /^option_invalid: apiKeys.pepper /],
    [
      'two of one id',
      [
        { id: 'p1', secret: SECRET },
        { id: 'p2', secret: SECRET },
        { id: 'p1', secret: OTHER_SECRET },
      ],
      'option_conflict: apiKeys.pepper: two peppers have the id "p1"; give each its own.',
    ],
  ])('refuses %s', (_name, value, message) => {
    const said = complaint(() => peppersOption(value, 'apiKeys.pepper'));
    expect(said).toMatch(message);
    expect(said).not.toContain(SECRET);
  });
});
