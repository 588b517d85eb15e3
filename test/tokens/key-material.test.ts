import {
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ConfigError } from '../../src/core/errors.ts';
import { JWT_ALGORITHMS, type JwtAlgorithm } from '../../src/tokens/algorithms.ts';
import { keyMaterial, type KeyInput } from '../../src/tokens/key-material.ts';
import { complaint } from '../support/complaint.ts';
import { ecKeyPair, rsaKeyPair, TEST_SECRET } from '../support/jwt-forge.ts';

const rsa = rsaKeyPair();
const weakRsa = rsaKeyPair(1024);
const p256 = ecKeyPair('P-256');
const p384 = ecKeyPair('P-384');
const p521 = ecKeyPair('P-521');
const ed25519 = generateKeyPairSync('ed25519').publicKey;

/** The code and sentence of the refusal. */
function judge(input: unknown, algorithm: JwtAlgorithm): string {
  return complaint(() => keyMaterial(input as KeyInput, algorithm, 'keys'));
}

function rsaJwk(members: JsonWebKey): JsonWebKey {
  return { ...rsa.publicKey.export({ format: 'jwk' }), ...members };
}

describe('keyMaterial for key pairs', () => {
  const pairs: Readonly<Record<string, typeof rsa>> = {
    RS: rsa,
    PS: rsa,
    ES256: p256,
    ES384: p384,
    ES512: p521,
  };
  const asymmetric = JWT_ALGORITHMS.filter((algorithm) => !algorithm.startsWith('HS'));

  it.each(asymmetric)(
    'reads for %s a PEM, DER-free bytes, a JWK and a KeyObject, public or private',
    (algorithm) => {
      const pair = pairs[algorithm] ?? pairs[algorithm.slice(0, 2)] ?? rsa;
      const publics: KeyInput[] = [
        pair.publicPem,
        Buffer.from(pair.publicPem),
        pair.publicKey,
        pair.publicKey.export({ format: 'jwk' }),
      ];
      const privates: KeyInput[] = [
        pair.privatePem,
        pair.privateKey,
        pair.privateKey.export({ format: 'jwk' }),
      ];
      for (const input of publics) {
        const { verify, sign } = keyMaterial(input, algorithm, 'keys');
        expect(verify.equals(pair.publicKey)).toBe(true);
        expect(sign).toBeNull();
      }
      for (const input of privates) {
        const { verify, sign } = keyMaterial(input, algorithm, 'keys');
        expect(verify.type).toBe('public');
        expect(verify.equals(pair.publicKey)).toBe(true);
        expect(sign?.equals(pair.privateKey)).toBe(true);
      }
    },
  );

  it.each<[string, JwtAlgorithm, unknown, string]>([
    [
      'RSA of 1024 bits',
      'RS256',
      weakRsa.publicKey,
      'key_weak: keys: an RSA key needs a modulus of at least 2048 bits.',
    ],
    [
      'RSA of 1024 bits for PS',
      'PS256',
      weakRsa.publicPem,
      'key_weak: keys: an RSA key needs a modulus of at least 2048 bits.',
    ],
    [
      'exponent 1',
      'RS256',
      rsaJwk({ e: 'AQ' }),
      "key_weak: keys: the RSA key's exponent must be odd and at least 3; 65537 is usual.",
    ],
    [
      'exponent 2',
      'RS256',
      rsaJwk({ e: 'Ag' }),
      "key_weak: keys: the RSA key's exponent must be odd and at least 3; 65537 is usual.",
    ],
    [
      'an even exponent',
      'RS256',
      rsaJwk({ e: 'AQAA' }),
      "key_weak: keys: the RSA key's exponent must be odd and at least 3; 65537 is usual.",
    ],
    [
      'P-256 for ES384',
      'ES384',
      p256.publicKey,
      'key_invalid: keys: ES384 needs an EC key on the curve secp384r1.',
    ],
    [
      'P-384 for ES256',
      'ES256',
      p384.publicPem,
      'key_invalid: keys: ES256 needs an EC key on the curve prime256v1.',
    ],
    [
      'P-256 for ES512',
      'ES512',
      p256.publicKey,
      'key_invalid: keys: ES512 needs an EC key on the curve secp521r1.',
    ],
    [
      'secp256k1 for ES256',
      'ES256',
      ecKeyPair('secp256k1').publicKey,
      'key_invalid: keys: ES256 needs an EC key on the curve prime256v1.',
    ],
    [
      'RSA for ES256',
      'ES256',
      rsa.publicKey,
      'key_invalid: keys: ES256 needs an EC key on the curve prime256v1.',
    ],
    ['EC for RS256', 'RS256', p256.publicKey, 'key_invalid: keys: RS256 needs an RSA key.'],
    ['EC for PS256', 'PS256', p256.publicKey, 'key_invalid: keys: PS256 needs an RSA key.'],
    [
      'Ed25519 for ES256',
      'ES256',
      ed25519,
      'key_invalid: keys: ES256 needs an EC key on the curve prime256v1.',
    ],
    ['Ed25519 for RS256', 'RS256', ed25519, 'key_invalid: keys: RS256 needs an RSA key.'],
    [
      'a secret',
      'RS256',
      createSecretKey(Buffer.from(TEST_SECRET)),
      'key_invalid: keys: RS256 needs a public or private key, not a secret.',
    ],
  ])('JWT-18 refuses %s for %s', (_, algorithm, input, message) => {
    expect(judge(input, algorithm)).toBe(message);
  });

  it.each<[string, unknown]>([
    ['a secret text', TEST_SECRET],
    ['a broken PEM', rsa.publicPem.replace('MII', 'MIX')],
    [
      'an encrypted private PEM',
      rsa.privateKey
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
        .toString(),
    ],
    ['an oct JWK', { kty: 'oct', k: 'AAAA' }],
    ['a JWK without a modulus', { kty: 'RSA', e: 'AQAB' }],
    ['an empty text', ''],
    ['a number', 42],
    ['null', null],
    ['undefined', undefined],
    ['an object', {}],
  ])('JWT-18 refuses what is no key: %s', (_, input) => {
    const said = judge(input, 'RS256');
    expect(said).toMatch(/^key_invalid: keys: /);
    expect(said).not.toContain('secret text');
    expect(said).not.toContain(TEST_SECRET.slice(0, 10));
  });

  it.each<[string, JsonWebKey & Record<string, unknown>]>([
    ['another algorithm', { alg: 'RS512' }],
    ['the none algorithm', { alg: 'none' }],
    ['encryption', { use: 'enc' }],
    ['other operations', { key_ops: ['encrypt'] }],
  ])('JWT-04 refuses a JWK that says it is for %s', (_, members) => {
    expect(judge(rsaJwk(members), 'RS256')).toMatch(/^key_invalid: keys: this JWK says that it is for /);
  });

  it('JWT-18 accepts the exponent 3, which is small and sound', () => {
    expect(judge(rsaJwk({ e: 'Aw' }), 'RS256')).toBe('nothing was thrown');
  });

  it('JWT-04 accepts a JWK that says it is for the algorithm', () => {
    expect(judge({ ...rsaJwk({ alg: 'RS256', use: 'sig' }), key_ops: ['verify'] }, 'RS256')).toBe(
      'nothing was thrown',
    );
    expect(judge({ kty: 'oct', k: segmentOf(TEST_SECRET), alg: 'HS256' }, 'HS256')).toBe(
      'nothing was thrown',
    );
    expect(judge({ kty: 'oct', k: segmentOf(TEST_SECRET), alg: 'HS512' }, 'HS256')).toMatch(/^key_invalid/);
  });

  it('JWT-18 accepts an RSA-PSS key for the PS algorithm of its own hash only', () => {
    const publicKey = rsaPssKey({ hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256', saltLength: 32 });
    const otherMask = rsaPssKey({ hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha1', saltLength: 20 });
    const unbound = rsaPssKey({});
    expect(judge(publicKey, 'PS256')).toBe('nothing was thrown');
    expect(judge(publicKey, 'PS384')).toMatch(/^key_invalid: keys: PS384 needs /);
    expect(judge(publicKey, 'RS256')).toBe('key_invalid: keys: RS256 needs an RSA key.');
    const otherHash = rsaPssKey({ hashAlgorithm: 'sha384', mgf1HashAlgorithm: 'sha256', saltLength: 20 });
    expect(judge(otherMask, 'PS256')).toMatch(/^key_invalid: keys: PS256 needs /);
    expect(judge(otherHash, 'PS256')).toMatch(/^key_invalid: keys: PS256 needs /);
    expect(judge(unbound, 'PS256')).toMatch(/^key_invalid: keys: PS256 needs /);
  });

  it('keeps the failure of the parser beside the message', () => {
    let cause: unknown;
    try {
      keyMaterial('no key', 'RS256', 'keys');
    } catch (error) {
      ({ cause } = error as ConfigError);
    }
    expect(cause).toBeInstanceOf(Error);
  });

  it('ends a private key in its public half, so that nothing verifies with a private one', () => {
    const { verify } = keyMaterial(p256.privatePem, 'ES256', 'keys');
    expect(verify.equals(createPublicKey(p256.privatePem))).toBe(true);
  });
});

/** The types of this call ask for encodings that would give texts instead of keys. */
function rsaPssKey(bound: object): KeyObject {
  return generateKeyPairSync('rsa-pss' as 'rsa', { modulusLength: 2048, ...bound }).publicKey;
}

function segmentOf(secret: string): string {
  return Buffer.from(secret).toString('base64url');
}
