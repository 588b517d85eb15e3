import { describe, expect, it } from 'vitest';
import { keyRing, type KeySource } from '../../src/tokens/key-ring.ts';
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
    [
      'two active keys',
      [
        { key: TEST_SECRET, state: 'active' },
        { key: ANOTHER_SECRET, state: 'active' },
      ],
      'option_conflict: Owner.keys: only one key can be active; make the others next or retired.',
    ],
  ])('JWT-17 refuses %s, naming the option and the mend', (_, keys, message) => {
    expect(complaint(() => ring(keys))).toBe(message);
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
