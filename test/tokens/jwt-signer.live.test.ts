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

  it('asks the ring for no key that it has, and takes none of another algorithm', async () => {
    let asked = 0;
    const fixed = ring({ key: TEST_SECRET, kid: 'a' });
    const counting: KeyRing = {
      ...fixed,
      candidates(algorithm, kid) {
        asked += 1;
        return fixed.candidates(algorithm, kid);
      },
    };
    const own = issuerOnlyRing(counting);
    expect(own.candidates('HS256', 'a')).toEqual([own.keys[0]?.verify]);
    expect(asked).toBe(0);
    expect(await own.candidates('HS512', 'a')).toEqual([]);
    expect(asked).toBe(1);
  });

  it('JWT-20 changes whenever the ring does', () => {
    let revision = 3;
    const changing: KeyRing = {
      ...ring({ key: TEST_SECRET }),
      get revision() {
        return revision;
      },
    };
    const own = issuerOnlyRing(changing);
    expect(own.revision).toBe(3);
    revision = 4;
    expect(own.revision).toBe(4);
  });

  it('is as fresh as the ring, which need not say so when its keys never change', async () => {
    const fixed = ring({ key: TEST_SECRET });
    expect('fresh' in issuerOnlyRing(fixed)).toBe(false);
    const stale = issuerOnlyRing({ ...fixed, fresh: () => Promise.reject(new StoreError('not yet')) });
    await expect(stale.fresh?.()).rejects.toBeInstanceOf(StoreError);
  });
});
