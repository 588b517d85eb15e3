import { describe, expect, it } from 'vitest';
import { readKeys } from '../../src/tokens/ring-keys.ts';
import { complaint } from '../support/complaint.ts';
import { rsaKeyPair, TEST_SECRET } from '../support/jwt-forge.ts';

const rsa = rsaKeyPair();
const ANOTHER_SECRET = 'another test secret of many bytes, only ever used by these tests';

function read(keys: unknown): ReturnType<typeof readKeys> {
  return readKeys('Owner.keys', keys, 'HS256');
}

describe('readKeys', () => {
  it('reads one key as a list of one, with the algorithm that keys have by default', () => {
    expect(read(TEST_SECRET)).toMatchObject([{ kid: null, algorithm: 'HS256', state: null }]);
    expect(read(TEST_SECRET)[0]?.sign?.export().toString()).toBe(TEST_SECRET);
  });

  it('keeps the order of a list, and what each key says of itself', () => {
    const keys = read([
      { key: ANOTHER_SECRET, kid: 'a', state: 'retired' },
      { key: rsa.publicPem, kid: 'b', algorithm: 'RS256', state: 'next' },
      { key: TEST_SECRET, state: 'active' },
    ]);
    expect(keys).toMatchObject([
      { kid: 'a', algorithm: 'HS256', state: 'retired' },
      { kid: 'b', algorithm: 'RS256', state: 'next', sign: null },
      { kid: null, algorithm: 'HS256', state: 'active' },
    ]);
    expect(keys.map(({ verify }) => verify.type)).toEqual(['secret', 'public', 'secret']);
  });

  it('reads several keys without a kid', () => {
    expect(read([TEST_SECRET, ANOTHER_SECRET, { key: `${ANOTHER_SECRET}!`, kid: 'a' }])).toMatchObject([
      { kid: null },
      { kid: null },
      { kid: 'a' },
    ]);
  });

  it('reads as many as 16 keys, with a kid of up to 256 characters', () => {
    const sixteen = Array.from({ length: 16 }, (_, i) => ({
      key: `${ANOTHER_SECRET}${i}`,
      kid: String(i).padStart(256, 'k'),
    }));
    expect(read(sixteen)).toHaveLength(16);
  });

  it.each([
    ['an empty list', [], 'option_invalid: Owner.keys must hold from 1 to 16 keys, not 0.'],
    [
      '17 keys',
      Array.from({ length: 17 }, (_, i) => `${ANOTHER_SECRET}${i}`),
      'option_invalid: Owner.keys must hold from 1 to 16 keys, not 17.',
    ],
    [
      'a hole',
      [TEST_SECRET, undefined],
      'key_invalid: Owner.keys[1]: an HS algorithm needs a secret: text, bytes, a JWK of kty "oct", or a KeyObject.',
    ],
    [
      'an empty text in a list',
      [''],
      'key_weak: Owner.keys[0]: a secret for HS256 needs at least 32 bytes. Make one with `openssl rand -base64 32`.',
    ],
    [
      'a weak one among good ones',
      [TEST_SECRET, 'short'],
      'key_weak: Owner.keys[1]: a secret for HS256 needs at least 32 bytes. Make one with `openssl rand -base64 32`.',
    ],
    [
      'an empty kid',
      { key: TEST_SECRET, kid: '' },
      'option_invalid: Owner.keys.kid must be a string of 1 to 256 characters, not an empty string.',
    ],
    [
      'a kid that is no text',
      [{ key: TEST_SECRET, kid: 7 }],
      'option_invalid: Owner.keys[0].kid must be a string of 1 to 256 characters, not the number 7.',
    ],
    [
      'a kid that is too long',
      { key: TEST_SECRET, kid: 'k'.repeat(257) },
      'option_invalid: Owner.keys.kid must be a string of 1 to 256 characters, not a string.',
    ],
    [
      'two equal kids',
      [
        { key: TEST_SECRET, kid: 'a' },
        { key: ANOTHER_SECRET, kid: 'a' },
      ],
      'option_conflict: Owner.keys: two keys have the kid "a"; give each its own.',
    ],
    [
      'a state of another name',
      { key: TEST_SECRET, state: 'actve' },
      'option_invalid: Owner.keys.state must be one of "next", "active", "retired", not a string. Did you mean "active"?',
    ],
    [
      'an algorithm of another name',
      { key: TEST_SECRET, algorithm: 'hs512' },
      'option_invalid: Owner.keys.algorithm must be one of "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", not a string. Did you mean "HS512"?',
    ],
    [
      'the algorithm none',
      { key: TEST_SECRET, algorithm: 'none' },
      'option_invalid: Owner.keys.algorithm must be one of "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", not a string.',
    ],
    [
      'a mistyped member',
      { key: TEST_SECRET, stat: 'retired' },
      'option_unknown: Owner.keys: unknown option "stat"; did you mean "state"?',
    ],
    [
      'a mistyped member in a list',
      [{ key: TEST_SECRET, kidd: 'a' }],
      'option_unknown: Owner.keys[0]: unknown option "kidd"; did you mean "kid"?',
    ],
    [
      'null among the keys',
      [TEST_SECRET, null],
      'key_invalid: Owner.keys[1]: an HS algorithm needs a secret: text, bytes, a JWK of kty "oct", or a KeyObject.',
    ],
  ])('JWT-17 refuses %s, naming the option and the mend', (_, keys, message) => {
    expect(complaint(() => read(keys))).toBe(message);
  });

  it('never repeats a secret in a message, whatever is wrong with it', () => {
    const shape = (secret: unknown): unknown[] => [
      secret,
      [secret],
      { key: secret },
      [{ key: secret, kid: '' }],
      [secret, secret, 7],
    ];
    const secrets = [
      'hunter2 hunter2',
      `-----BEGIN PUBLIC KEY-----hunter2`,
      { kty: 'oct', k: 'hunter2' },
      { kty: 'RSA', n: 'hunter2' },
    ];
    const said = secrets
      .flatMap(shape)
      .flatMap((keys) =>
        (['HS256', 'RS256', 'ES256'] as const).map((algorithm) =>
          complaint(() => readKeys('Owner.keys', keys, algorithm)),
        ),
      );
    expect(said.filter((text) => !/^(key|option)_[a-z]+: Owner\.keys/.test(text))).toEqual([]);
    expect(said.filter((text) => text.includes('hunter2'))).toEqual([]);
  });
});
