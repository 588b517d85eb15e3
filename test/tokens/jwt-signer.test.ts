import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigError, isAuthError } from '../../src/core/errors.ts';
import type { JwtAlgorithm } from '../../src/tokens/algorithms.ts';
import { issuerOnlyRing, jwtSigner } from '../../src/tokens/jwt-signer.ts';
import { jwtVerifier } from '../../src/tokens/jwt-verifier.ts';
import { keyRing, type KeyRing } from '../../src/tokens/key-ring.ts';
import { ecKeyPair, rsaKeyPair, TEST_SECRET } from '../support/jwt-forge.ts';
import { movableClock } from '../support/movable-clock.ts';

const clock = movableClock();
const CLAIMS = { sub: 'u1', iat: clock.seconds(), exp: clock.seconds() + 60 };
const rsa = rsaKeyPair();
const ec = ecKeyPair('P-256');
const PKCS8 = { type: 'pkcs8', format: 'der' } as const;

function decoded(token: string, part: 0 | 1): string {
  return Buffer.from(token.split('.')[part] ?? '', 'base64url').toString();
}

async function accepts(ring: KeyRing, token: string): Promise<boolean> {
  const profile = {
    issuers: null,
    audiences: null,
    subjectClaim: 'sub',
    tokenType: null,
    required: [],
    expiryLeewaySeconds: 0,
    clockSkewSeconds: 60,
  };
  const verifier = jwtVerifier({ keys: ring, typ: 'JWT', profile, clock, cacheSize: 0, shape: () => true });
  return !isAuthError(await verifier.verify(token));
}

describe('jwtSigner', () => {
  it('writes the header with alg and typ alone for a key without kid, and the claims as they stand', () => {
    const token = jwtSigner(keyRing('test', TEST_SECRET, 'HS256'))(CLAIMS);
    expect(decoded(token, 0)).toBe('{"alg":"HS256","typ":"JWT"}');
    expect(decoded(token, 1)).toBe(JSON.stringify(CLAIMS));
  });

  it('neither adds nor takes out a time of issue', () => {
    const sign = jwtSigner(keyRing('test', TEST_SECRET, 'HS256'));
    expect(JSON.parse(decoded(sign({ sub: 'u1' }), 1))).toEqual({ sub: 'u1' });
    expect(JSON.parse(decoded(sign({ sub: 'u1', iat: 7 }), 1))).toEqual({ sub: 'u1', iat: 7 });
  });

  it('leaves the claims that it was given alone', () => {
    const claims = Object.freeze({ ...CLAIMS });
    jwtSigner(keyRing('test', TEST_SECRET, 'HS256'))(claims);
    expect(claims).toEqual(CLAIMS);
  });

  it('writes the kid of a key that has one, and another typ where it is wanted', () => {
    const ring = keyRing('test', { key: rsa.privatePem, kid: 'k1' }, 'RS256');
    expect(decoded(jwtSigner(ring, 'at+jwt')(CLAIMS), 0)).toBe('{"alg":"RS256","typ":"at+jwt","kid":"k1"}');
  });

  it('signs with the active key alone', async () => {
    const ring = keyRing(
      'test',
      [
        { key: `${TEST_SECRET} next`, kid: 'n', state: 'next' },
        { key: `${TEST_SECRET} active`, kid: 'a', state: 'active' },
        { key: `${TEST_SECRET} retired`, kid: 'r', state: 'retired' },
      ],
      'HS256',
    );
    const token = jwtSigner(ring)(CLAIMS);
    expect(JSON.parse(decoded(token, 0))).toMatchObject({ kid: 'a' });
    expect(await accepts(ring, token)).toBe(true);
  });

  it('gives the same bytes for the same claims under a secret', () => {
    const sign = jwtSigner(keyRing('test', TEST_SECRET, 'HS256'));
    expect(sign(CLAIMS)).toBe(sign({ ...CLAIMS }));
  });

  it('refuses at once a ring that cannot sign', () => {
    const ring = keyRing('test', rsa.publicPem, 'RS256');
    expect(() => jwtSigner(ring)).toThrow(ConfigError);
    expect(() => jwtSigner(ring)).toThrow(/active key cannot sign/);
  });
});

describe('issuerOnlyRing', () => {
  it('takes the secrets of a ring as they are', async () => {
    const ring = keyRing('test', TEST_SECRET, 'HS512');
    const token = jwtSigner(issuerOnlyRing(ring))(CLAIMS);
    expect(decoded(token, 0)).toBe('{"alg":"HS512","typ":"JWT"}');
    expect(await accepts(ring, token)).toBe(true);
  });

  it.each<[JwtAlgorithm, string]>([
    ['RS256', rsa.privatePem],
    ['PS256', rsa.privatePem],
    ['ES256', ec.privatePem],
  ])(
    'derives a secret from a key of %s, so that signing again gives the same bytes',
    async (algorithm, key) => {
      const ring = keyRing('test', key, algorithm);
      const secret = issuerOnlyRing(ring);
      const token = jwtSigner(secret)(CLAIMS);
      expect(token).toBe(jwtSigner(secret)(CLAIMS));
      expect(decoded(token, 0)).toBe('{"alg":"HS256","typ":"JWT"}');
      expect(await accepts(secret, token)).toBe(true);
    },
  );

  it('derives the same secret after a restart, and from another form of the same key', async () => {
    const token = jwtSigner(issuerOnlyRing(keyRing('test', ec.privatePem, 'ES256')))(CLAIMS);
    const jwk = ec.privateKey.export({ format: 'jwk' }) as Record<string, string>;
    for (const form of [ec.privatePem, ec.privateKey, jwk]) {
      expect(await accepts(issuerOnlyRing(keyRing('test', form, 'ES256')), token)).toBe(true);
    }
  });

  it('derives it by HKDF with SHA-256 from PKCS #8, so that tokens outlive a release', () => {
    // The two steps of RFC 5869 section 2 by hand, without salt and for one block.
    const prk = createHmac('sha256', Buffer.alloc(32)).update(ec.privateKey.export(PKCS8)).digest();
    const secret = createHmac('sha256', prk).update('portcullis refresh token').update(Buffer.of(1)).digest();
    const { sign, verify } = issuerOnlyRing(keyRing('test', ec.privatePem, 'ES256')).signingKey();
    expect(sign.export()).toEqual(secret);
    expect(verify.export()).toEqual(secret);
  });

  it('shares no token with the ring of a key pair, in either direction', async () => {
    const ring = keyRing('test', rsa.privatePem, 'RS256');
    const secret = issuerOnlyRing(ring);
    expect(await accepts(ring, jwtSigner(secret)(CLAIMS))).toBe(false);
    expect(await accepts(secret, jwtSigner(ring)(CLAIMS))).toBe(false);
  });

  it('knows nothing of the secret of another key', async () => {
    const token = jwtSigner(issuerOnlyRing(keyRing('test', ec.privatePem, 'ES256')))(CLAIMS);
    const other = keyRing('test', ecKeyPair('P-256').privatePem, 'ES256');
    expect(await accepts(issuerOnlyRing(other), token)).toBe(false);
  });

  it('reads tokens of retired keys by their kid, and of no key without its private half', async () => {
    const old = keyRing('test', { key: rsa.privatePem, kid: 'old' }, 'RS256');
    const token = jwtSigner(issuerOnlyRing(old))(CLAIMS);
    const active = { key: ec.privatePem, kid: 'new', algorithm: 'ES256' as const };
    const withPrivate = keyRing('test', [active, { key: rsa.privatePem, kid: 'old' }], 'RS256');
    const withPublic = keyRing('test', [active, { key: rsa.publicPem, kid: 'old' }], 'RS256');
    expect(await accepts(issuerOnlyRing(withPrivate), token)).toBe(true);
    expect(await accepts(issuerOnlyRing(withPublic), token)).toBe(false);
    const renewed = jwtSigner(issuerOnlyRing(withPrivate))(CLAIMS);
    expect(JSON.parse(decoded(renewed, 0))).toEqual({ alg: 'HS256', typ: 'JWT', kid: 'new' });
  });

  it('offers no public half as a secret', () => {
    const ring = issuerOnlyRing(keyRing('test', rsa.privatePem, 'RS256'));
    expect([...ring.algorithms]).toEqual(['HS256']);
    for (const { verify, sign, algorithm } of ring.keys) {
      expect([verify.type, sign?.type, algorithm]).toEqual(['secret', 'secret', 'HS256']);
      expect(rsa.publicPem).not.toContain(verify.export().toString('base64'));
    }
  });
});
