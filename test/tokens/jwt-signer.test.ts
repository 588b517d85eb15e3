import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../../src/core/errors.ts';
import { issuerOnlyRing, jwtSigner } from '../../src/tokens/jwt-signer.ts';
import { keyRing, type KeyRing, type RingKeyInput } from '../../src/tokens/key-ring.ts';
import { complaint } from '../support/complaint.ts';
import { ecKeyPair, rsaKeyPair, TEST_SECRET } from '../support/jwt-forge.ts';

const ec = ecKeyPair('P-256');
const rsa = rsaKeyPair();
const CLAIMS = { sub: 'ada', exp: 1 };

function ring(keys: RingKeyInput | readonly RingKeyInput[]): KeyRing {
  return keyRing('Owner', keys, 'HS256');
}

function headerOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString('utf8'));
}

describe('jwtSigner', () => {
  it('signs with the active key and names it, when it has a name', () => {
    expect(headerOf(jwtSigner(ring({ key: TEST_SECRET }))(CLAIMS))).toEqual({ alg: 'HS256', typ: 'JWT' });
    const keys = [
      { key: TEST_SECRET, kid: 'old', state: 'retired' },
      { key: ec.privatePem, kid: 'new', algorithm: 'ES256' },
    ] as const;
    expect(headerOf(jwtSigner(ring(keys), 'at+jwt')(CLAIMS))).toEqual({
      alg: 'ES256',
      typ: 'at+jwt',
      kid: 'new',
    });
  });

  it('refuses at once a ring whose active key only verifies', () => {
    expect(complaint(() => jwtSigner(ring({ key: ec.publicPem, algorithm: 'ES256' })))).toBe(
      'key_invalid: Owner.keys: the active key cannot sign, since only its public half was given.',
    );
  });

  it('waits for a ring that may not have been read yet to say whether it can sign', () => {
    const unread: KeyRing = {
      ...ring({ key: TEST_SECRET }),
      fresh: () => Promise.reject(new StoreError('not yet')),
      signingKey() {
        throw new StoreError('not yet');
      },
    };
    for (const each of [unread, issuerOnlyRing(unread)]) {
      const sign = jwtSigner(each);
      expect(() => sign(CLAIMS)).toThrow(StoreError);
    }
  });

  it('asks for the key of the moment that it signs for', () => {
    const asked: (number | undefined)[] = [];
    const fixed = ring({ key: TEST_SECRET });
    const watched: KeyRing = {
      ...fixed,
      signingKey(at) {
        asked.push(at);
        return fixed.signingKey();
      },
    };
    const sign = jwtSigner(watched);
    const signForIssuer = jwtSigner(issuerOnlyRing(watched));
    asked.length = 0;
    sign(CLAIMS);
    sign(CLAIMS, 7);
    signForIssuer(CLAIMS, 8);
    expect(asked).toEqual([undefined, 7, 8]);
  });
});

describe('issuerOnlyRing', () => {
  it.each([
    ['ES256', ec.privatePem],
    ['PS256', rsa.privatePem],
    ['RS256', rsa.privatePem],
    ['HS512', TEST_SECRET],
  ] as const)(
    'signs the same claims to the same bytes, whatever the ring signs with: %s',
    (algorithm, key) => {
      const sign = jwtSigner(issuerOnlyRing(ring({ key, algorithm })));
      expect(sign(CLAIMS)).toBe(sign(CLAIMS));
    },
  );

  it('has another key than the ring, known to whoever has the private half alone', () => {
    const own = issuerOnlyRing(ring({ key: ec.privatePem, kid: 'a', algorithm: 'ES256' }));
    const again = issuerOnlyRing(
      ring({ key: createPrivateKey(ec.privatePem), kid: 'a', algorithm: 'ES256' }),
    );
    const other = issuerOnlyRing(ring({ key: ecKeyPair('P-256').privatePem, kid: 'a', algorithm: 'ES256' }));
    const secretOf = (each: KeyRing): string => each.signingKey().sign.export().toString('hex');
    expect(own.signingKey()).toMatchObject({ algorithm: 'HS256', kid: 'a' });
    expect(secretOf(own)).toHaveLength(64);
    expect(secretOf(again)).toBe(secretOf(own));
    expect(secretOf(other)).not.toBe(secretOf(own));
    expect(ec.publicPem).not.toContain(secretOf(own));
  });

  it('derives each key once, however often it signs', () => {
    const own = issuerOnlyRing(ring({ key: ec.privatePem, algorithm: 'ES256' }));
    const { sign } = own.signingKey();
    for (let again = 0; again < 10; again++) {
      expect(own.signingKey().sign).toBe(sign);
      expect(own.keys[0]?.verify).toBe(sign);
    }
  });

  it('offers the derived keys by kid, and none for a key of which it has the public half alone', () => {
    const own = issuerOnlyRing(
      ring([
        { key: ec.privatePem, kid: 'a', algorithm: 'ES256' },
        { key: TEST_SECRET, algorithm: 'HS512' },
        { key: rsa.publicPem, kid: 'b', algorithm: 'RS256' },
      ]),
    );
    expect(own.algorithms).toEqual(new Set(['HS256', 'HS512']));
    expect(own.candidates('HS256', 'a')).toEqual([own.signingKey().verify]);
    expect(own.candidates('HS512', null)).toHaveLength(1);
    expect(own.candidates('ES256', 'a')).toEqual([]);
    expect(own.candidates('HS256', 'b')).toEqual([]);
  });

  it('lets the ring look for a key that neither knows', async () => {
    const fixed = ring({ key: TEST_SECRET, kid: 'a' });
    const found = ring([
      { key: TEST_SECRET, kid: 'a' },
      { key: ec.privatePem, kid: 'b', algorithm: 'ES256', state: 'next' },
    ]);
    let { keys } = fixed;
    const seeking: KeyRing = {
      ...fixed,
      get keys() {
        return keys;
      },
      candidates: async () => {
        keys = found.keys;
        return [];
      },
    };
    const own = issuerOnlyRing(seeking);
    expect(await own.candidates('HS256', 'b')).toEqual([own.keys[1]?.verify]);
    expect(own.keys[1]).toMatchObject({ kid: 'b', algorithm: 'HS256' });
  });
});
