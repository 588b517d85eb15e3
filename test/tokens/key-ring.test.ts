import { describe, expect, it } from 'vitest';
import { keyRing, keySource, type KeySource } from '../../src/tokens/key-ring.ts';
import { complaint } from '../support/complaint.ts';
import { ecKeyPair, rsaKeyPair, TEST_SECRET } from '../support/jwt-forge.ts';

const rsa = rsaKeyPair();
const ec = ecKeyPair('P-256');
const ANOTHER_SECRET = 'another test secret of many bytes, only ever used by these tests';

function ring(keys: unknown): ReturnType<typeof keyRing> {
  return keyRing('Owner', keys, 'HS256');
}

/** How many keys a token with this header may be verified with. */
function count(keys: unknown, ...[algorithm, kid]: Parameters<KeySource['candidates']>): number {
  return ring(keys).candidates(algorithm, kid).length;
}

describe('keyRing', () => {
  it('reads one key without a list, as the active one', () => {
    expect(ring(TEST_SECRET).keys).toMatchObject([{ kid: null, algorithm: 'HS256', state: 'active' }]);
    expect(ring(TEST_SECRET).algorithms).toEqual(new Set(['HS256']));
  });

  it('JWT-04 offers a key for its own algorithm only', () => {
    const keys = [
      { key: TEST_SECRET, kid: 'a' },
      { key: rsa.publicKey, kid: 'b', algorithm: 'RS256' },
      { key: ec.publicPem, kid: 'c', algorithm: 'ES256' },
    ];
    expect(ring(keys).algorithms).toEqual(new Set(['HS256', 'RS256', 'ES256']));
    const counts = (['HS256', 'RS256', 'ES256', 'PS256', 'HS512'] as const).map((algorithm) =>
      ['a', 'b', 'c', null].map((kid) => count(keys, algorithm, kid)),
    );
    expect(counts).toEqual([
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
  });

  it('JWT-06 offers keys by exact kid, and those without one to tokens that name none', () => {
    const keys = [{ key: TEST_SECRET, kid: 'a' }, { key: ANOTHER_SECRET }, `${ANOTHER_SECRET}!`];
    expect(count(keys, 'HS256', 'a')).toBe(1);
    expect(count(keys, 'HS256', null)).toBe(2);
    for (const kid of [
      'A',
      'a ',
      '',
      '__proto__',
      'constructor',
      'a/../a',
      "a' OR 1=1",
      'null',
      'undefined',
    ]) {
      expect(count(keys, 'HS256', kid)).toBe(0);
    }
  });

  it('makes the first key without a state active and the others retired, and tries the active one first', () => {
    const secrets = [TEST_SECRET, ANOTHER_SECRET, `${ANOTHER_SECRET}!`, `${ANOTHER_SECRET}?`];
    const states = (keys: unknown): unknown => ring(keys).keys.map(({ state }) => state);
    expect(states(secrets)).toEqual(['active', 'retired', 'retired', 'retired']);
    expect(states([{ key: TEST_SECRET, state: 'retired' }, ANOTHER_SECRET])).toEqual(['retired', 'active']);
    expect(states([TEST_SECRET, { key: ANOTHER_SECRET, state: 'active' }])).toEqual(['retired', 'active']);
    expect(states([{ key: TEST_SECRET, state: 'next' }])).toEqual(['next']);
    const order = ring([
      { key: TEST_SECRET, state: 'retired' },
      { key: ANOTHER_SECRET, state: 'next' },
      { key: `${ANOTHER_SECRET}!`, state: 'active' },
    ]).candidates('HS256', null);
    expect(order.map((key) => key.export().toString())).toEqual([
      `${ANOTHER_SECRET}!`,
      ANOTHER_SECRET,
      TEST_SECRET,
    ]);
  });

  it('signs with the active key, when its private half is known', () => {
    expect(
      ring([{ key: TEST_SECRET, state: 'next' }, ANOTHER_SECRET])
        .signingKey()
        .sign.export()
        .toString(),
    ).toBe(ANOTHER_SECRET);
    expect(complaint(() => keyRing('Owner', rsa.publicPem, 'RS256').signingKey())).toBe(
      'key_invalid: Owner.keys: the active key cannot sign, since only its public half was given.',
    );
    expect(complaint(() => ring({ key: TEST_SECRET, state: 'retired' }).signingKey())).toMatch(
      /^key_invalid/,
    );
  });

  it.each([
    [
      'nothing',
      undefined,
      'option_missing: Owner.keys is required: give the secret or key that tokens are verified with.',
    ],
    [
      'null',
      null,
      'option_missing: Owner.keys is required: give the secret or key that tokens are verified with.',
    ],
    [
      'an empty text',
      '',
      'option_missing: Owner.keys is required: give the secret or key that tokens are verified with.',
    ],
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
      'two active keys',
      [
        { key: TEST_SECRET, state: 'active' },
        { key: ANOTHER_SECRET, state: 'active' },
      ],
      'option_conflict: Owner.keys: only one key can be active; make the others next or retired.',
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
    [
      'a source that is not whole',
      { candidates: () => [] },
      'key_invalid: Owner.keys: an HS algorithm needs a secret: text, bytes, a JWK of kty "oct", or a KeyObject.',
    ],
  ])('JWT-17 refuses %s, naming the option and the mend', (_, keys, message) => {
    expect(complaint(() => keySource('Owner', keys, 'HS256'))).toBe(message);
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
          complaint(() => keyRing('Owner', keys, algorithm)),
        ),
      );
    expect(said.filter((text) => !/^(key|option)_[a-z]+: Owner\.keys/.test(text))).toEqual([]);
    expect(said.filter((text) => text.includes('hunter2'))).toEqual([]);
  });

  it('is not changed by what becomes of the list and the bytes it was made of', () => {
    const bytes = Buffer.from(TEST_SECRET);
    const list: unknown[] = [bytes];
    const built = ring(list);
    bytes.fill(0);
    list.push('short');
    expect(built.candidates('HS256', null)[0]?.export().toString()).toBe(TEST_SECRET);
    expect(built.keys).toHaveLength(1);
    expect(Object.isFrozen(built.keys[0])).toBe(true);
  });
});

describe('the bounds of keyRing', () => {
  it('are 16 keys and 256 characters of a kid', () => {
    const sixteen = Array.from({ length: 16 }, (_, i) => ({
      key: `${ANOTHER_SECRET}${i}`,
      kid: String(i).padStart(256, 'k'),
    }));
    expect(ring(sixteen).keys).toHaveLength(16);
  });
});

describe('keySource', () => {
  const source: KeySource = { algorithms: new Set(['RS256']), revision: 0, candidates: () => [] };

  it('takes a source that is ready as it is', () => {
    expect(keySource('Owner', source, 'RS256')).toBe(source);
  });

  it.each(['algorithms', 'revision', 'candidates'])('takes nothing for a source that has no %s', (member) => {
    const rest = Object.fromEntries(Object.entries(source).filter(([name]) => name !== member));
    expect(complaint(() => keySource('Owner', rest, 'RS256'))).toMatch(
      /^key_invalid: Owner\.keys: this is not a key/,
    );
    expect(complaint(() => keySource('Owner', { ...source, [member]: 'x' }, 'RS256'))).toMatch(
      /^key_invalid/,
    );
  });

  it('JWT-02 refuses a source that never accepts the algorithm that was pinned', () => {
    expect(complaint(() => keySource('Owner', source, 'HS256'))).toBe(
      'option_conflict: Owner.algorithm: the source in Owner.keys has no key for HS256. Name one of its algorithms.',
    );
  });
});
