import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JwtAlgorithm } from '../../src/tokens/algorithms.ts';
import { keyMaterial, type KeyInput } from '../../src/tokens/key-material.ts';
import { complaint } from '../support/complaint.ts';
import { ecKeyPair, rsaKeyPair, TEST_SECRET } from '../support/jwt-forge.ts';

const rsa = rsaKeyPair();
const p256 = ecKeyPair('P-256');

/** The code and sentence of the refusal. */
function judge(input: unknown, algorithm: JwtAlgorithm): string {
  return complaint(() => keyMaterial(input as KeyInput, algorithm, 'keys'));
}

describe('keyMaterial for HS algorithms', () => {
  it.each<[JwtAlgorithm, number]>([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ])('JWT-17 needs for %s a secret of at least %i bytes', (algorithm, bytes) => {
    const tooShort = `key_weak: keys: a secret for ${algorithm} needs at least ${bytes} bytes. Make one with \`openssl rand -base64 ${bytes}\`.`;
    expect(judge(TEST_SECRET.slice(0, bytes), algorithm)).toBe('nothing was thrown');
    expect(judge(TEST_SECRET.slice(0, bytes - 1), algorithm)).toBe(tooShort);
    expect(judge(createSecretKey(Buffer.from(TEST_SECRET.slice(0, bytes - 1))), algorithm)).toBe(tooShort);
    expect(judge(Buffer.from(TEST_SECRET.slice(0, bytes - 1)), algorithm)).toBe(tooShort);
    expect(judge('', algorithm)).toBe(tooShort);
    expect(judge(Buffer.alloc(0), algorithm)).toBe(tooShort);
    expect(judge(createSecretKey(Buffer.alloc(0)), algorithm)).toBe(tooShort);
  });

  it('JWT-17 counts bytes of UTF-8, not characters', () => {
    expect(judge('\u00e9'.repeat(15) + 'ab', 'HS256')).toBe('nothing was thrown');
  });

  it.each([0x00, 0x61, 0xff])('JWT-17 refuses a secret that repeats the byte %i', (byte) => {
    const repeated = 'key_weak: keys: the secret repeats one byte. Make one with `openssl rand -base64 32`.';
    expect(judge(Buffer.alloc(64, byte), 'HS256')).toBe(repeated);
  });

  it('reads the same secret from a text, bytes, a JWK and a KeyObject', () => {
    const bytes = Buffer.from(TEST_SECRET);
    const inputs = [
      TEST_SECRET,
      bytes,
      new Uint8Array(bytes),
      createSecretKey(bytes),
      { kty: 'oct', k: bytes.toString('base64url') },
    ];
    for (const input of inputs) {
      const { verify, sign } = keyMaterial(input, 'HS256', 'keys');
      expect(verify.export()).toEqual(bytes);
      expect(sign).toBe(verify);
    }
  });

  it.each<[string, string | Buffer]>([
    ['SPKI PEM', rsa.publicPem],
    ['PEM after blanks', `\n\n   ${rsa.publicPem}`],
    ['PEM after other text', `# the key\n${p256.publicPem}`],
    ['PKCS #1 PEM', rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['private PEM', rsa.privatePem],
    ['PEM with CRLF', rsa.publicPem.replaceAll('\n', '\r\n')],
    ['SPKI DER', rsa.publicKey.export({ type: 'spki', format: 'der' })],
    ['PKCS #1 DER', rsa.publicKey.export({ type: 'pkcs1', format: 'der' })],
    ['EC DER', p256.publicKey.export({ type: 'spki', format: 'der' })],
    ['PKCS #8 DER', rsa.privateKey.export({ type: 'pkcs8', format: 'der' })],
    ['JWK text', JSON.stringify(rsa.publicKey.export({ format: 'jwk' }))],
    ['JWK text after blanks', ` \n${JSON.stringify(p256.publicKey.export({ format: 'jwk' }), null, 2)}`],
    ['JWK Set text', JSON.stringify({ keys: [rsa.publicKey.export({ format: 'jwk' })] })],
    ['an SSH line', `ssh-rsa ${sshBlob()} somebody@example`],
    ['base64 of DER', rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')],
  ])('JWT-03 JWT-17 refuses the text of a public key as a secret: %s', (_, input) => {
    expect(judge(input, 'HS256')).toMatch(/^key_invalid: keys: HS256 needs a secret, and this is /);
    expect(judge(createSecretKey(Buffer.from(input)), 'HS256')).toMatch(
      /^key_invalid: keys: HS256 needs a secret/,
    );
  });

  it.each([
    'a secret that begins with a plain letter',
    '0 is the first byte of every DER key, and of this secret too',
    '{ a brace in front, and yet no JWK, but a secret }',
    'a secret in which "kty": stands, and which is no JSON',
    'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A is the beginning of a key only',
    Buffer.concat([Buffer.of(0x30), Buffer.from(TEST_SECRET)]).toString('base64'),
  ])('accepts a secret that only looks like a key: %s', (secret) => {
    expect(judge(secret, 'HS256')).toBe('nothing was thrown');
  });

  it.each([
    ['an RSA JWK that has a k as well', { kty: 'RSA', k: Buffer.from(TEST_SECRET).toString('base64url') }],
    ['a public KeyObject', rsa.publicKey],
    ['a private KeyObject', p256.privateKey],
    ['an RSA JWK', rsa.publicKey.export({ format: 'jwk' })],
    ['an oct JWK without k', { kty: 'oct' }],
    ['a number', 42],
    ['true', true],
    ['null', null],
    ['undefined', undefined],
    ['a list', [TEST_SECRET]],
    ['an object with a toString', { toString: () => TEST_SECRET }],
    ['a Date', new Date(0)],
  ])('JWT-17 refuses %s', (_, input) => {
    expect(judge(input, 'HS256')).toMatch(/^key_invalid: keys: an HS algorithm needs a secret/);
  });
});

/** The public key as the second word of an `authorized_keys` line (RFC 4253 section 6.6). */
function sshBlob(): string {
  const { n = '', e = '' } = rsa.publicKey.export({ format: 'jwk' });
  const fields = [Buffer.from('ssh-rsa'), Buffer.from(e, 'base64url'), Buffer.from(n, 'base64url')];
  const framed = fields.flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, field];
  });
  return Buffer.concat(framed).toString('base64');
}
