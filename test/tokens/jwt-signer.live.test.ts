import { describe, expect, it } from 'vitest';
import { StoreError } from '../../src/core/errors.ts';
import { issuerOnlyRing, jwtSigner } from '../../src/tokens/jwt-signer.ts';
import { keyRing, type KeyRing } from '../../src/tokens/key-ring.ts';
import type { RingKeyInput } from '../../src/tokens/ring-keys.ts';
import { ecKeyPair, TEST_SECRET } from '../support/jwt-forge.ts';

const ec = ecKeyPair('P-256');
const CLAIMS = { sub: 'ada', exp: 1 };

function ring(keys: RingKeyInput | readonly RingKeyInput[]): KeyRing {
  return keyRing('Owner', keys, 'HS256');
}

describe('jwtSigner over a ring that lives', () => {
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

describe('issuerOnlyRing over a ring that lives', () => {
  it('derives each key once, however often it signs', () => {
    const own = issuerOnlyRing(ring({ key: ec.privatePem, algorithm: 'ES256' }));
    const { sign } = own.signingKey();
    for (let again = 0; again < 10; again++) {
      expect(own.signingKey().sign).toBe(sign);
      expect(own.keys[0]?.verify).toBe(sign);
    }
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
