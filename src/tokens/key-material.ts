import { createPrivateKey, createPublicKey, createSecretKey, KeyObject, type JsonWebKey } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
import { curveOf, hashBytes, isSymmetric, type JwtAlgorithm } from './algorithms.ts';
import { keyFormOf } from './public-key-form.ts';

/** A key as a host has it: a secret's text or bytes, a PEM text, a JWK, or a `KeyObject`. */
export type KeyInput = string | Uint8Array | JsonWebKey | KeyObject;

/** A key that is ready for use: checked against its algorithm, parsed once. */
export interface KeyMaterial {
  readonly verify: KeyObject;
  /** Absent where only the public half was given. */
  readonly sign: KeyObject | null;
}

/**
 * Makes a key ready for one algorithm.
 *
 * @throws {@link ConfigError} `key_weak` for an HMAC key shorter than the hash, an RSA modulus under 2048 bits or a
 *   trivial RSA exponent; `key_invalid` for a key of another kind or curve, or one that cannot be parsed.
 * @see RFC 7518 sections 3.2 to 3.5, RFC 8725 section 3.5
 */
export function keyMaterial(input: KeyInput, algorithm: JwtAlgorithm, path: string): KeyMaterial {
  if (isJwk(input)) checkIntent(input, algorithm, path);
  return isSymmetric(algorithm)
    ? secretMaterial(input, algorithm, path)
    : keyPairMaterial(input, algorithm, path);
}

function secretMaterial(input: KeyInput, algorithm: JwtAlgorithm, path: string): KeyMaterial {
  const key = toSecretKey(input, path);
  const least = hashBytes(algorithm);
  if ((key.symmetricKeySize ?? 0) < least) {
    throw new ConfigError(
      'key_weak',
      `${path}: a secret for ${algorithm} needs at least ${least} bytes. Make one with \`openssl rand -base64 ${least}\`.`,
    );
  }
  const bytes = key.export();
  const form = keyFormOf(bytes);
  if (form !== null) {
    throw new ConfigError(
      'key_invalid',
      `${path}: ${algorithm} needs a secret, and this is ${form}. Choose the algorithm of the key.`,
    );
  }
  if (bytes.every((byte) => byte === bytes[0])) {
    throw new ConfigError(
      'key_weak',
      `${path}: the secret repeats one byte. Make one with \`openssl rand -base64 ${least}\`.`,
    );
  }
  return { verify: key, sign: key };
}

function toSecretKey(input: KeyInput, path: string): KeyObject {
  if (input instanceof KeyObject) {
    if (input.type === 'secret') return input;
    throw new ConfigError('key_invalid', `${path}: an HS algorithm needs a secret, not a ${input.type} key.`);
  }
  if (typeof input === 'string') return createSecretKey(Buffer.from(input, 'utf8'));
  if (input instanceof Uint8Array) return createSecretKey(input);
  if (isJwk(input) && input.kty === 'oct' && typeof input.k === 'string') {
    return createSecretKey(Buffer.from(input.k, 'base64url'));
  }
  throw new ConfigError(
    'key_invalid',
    `${path}: an HS algorithm needs a secret: text, bytes, a JWK of kty "oct", or a KeyObject.`,
  );
}

function keyPairMaterial(input: KeyInput, algorithm: JwtAlgorithm, path: string): KeyMaterial {
  const key = toAsymmetricKey(input, algorithm, path);
  const verify = key.type === 'private' ? createPublicKey(key) : key;
  checkKind(verify, algorithm, path);
  return { verify, sign: key.type === 'private' ? key : null };
}

function toAsymmetricKey(input: KeyInput, algorithm: JwtAlgorithm, path: string): KeyObject {
  if (input instanceof KeyObject) {
    if (input.type !== 'secret') return input;
    throw new ConfigError(
      'key_invalid',
      `${path}: ${algorithm} needs a public or private key, not a secret.`,
    );
  }
  try {
    if (isJwk(input)) {
      const format = 'jwk' as const;
      return input.d === undefined
        ? createPublicKey({ key: input, format })
        : createPrivateKey({ key: input, format });
    }
    const pem = typeof input === 'string' ? input : Buffer.from(input);
    return isPrivatePem(pem) ? createPrivateKey(pem) : createPublicKey(pem);
  } catch (cause) {
    throw new ConfigError(
      'key_invalid',
      `${path}: this is not a key that can be read. Give a PEM text, a JWK or a KeyObject.`,
      { cause },
    );
  }
}

function checkKind(key: KeyObject, algorithm: JwtAlgorithm, path: string): void {
  const details = key.asymmetricKeyDetails ?? {};
  const curve = curveOf(algorithm);
  if (curve !== undefined) {
    if (key.asymmetricKeyType === 'ec' && details.namedCurve === curve) return;
    throw new ConfigError('key_invalid', `${path}: ${algorithm} needs an EC key on the curve ${curve}.`);
  }
  const isRsa =
    key.asymmetricKeyType === 'rsa' || (algorithm.startsWith('PS') && key.asymmetricKeyType === 'rsa-pss');
  if (!isRsa) throw new ConfigError('key_invalid', `${path}: ${algorithm} needs an RSA key.`);
  const hash = `sha${hashBytes(algorithm) * 8}`;
  // What the key is bound to is checked by jsonwebtoken as well, on each token, which then never passes.
  if (
    key.asymmetricKeyType === 'rsa-pss' &&
    !(details.hashAlgorithm === hash && details.mgf1HashAlgorithm === hash)
  ) {
    throw new ConfigError(
      'key_invalid',
      `${path}: ${algorithm} needs an RSA-PSS key that is bound to ${hash}.`,
    );
  }
  if ((details.modulusLength ?? 0) < 2048) {
    throw new ConfigError('key_weak', `${path}: an RSA key needs a modulus of at least 2048 bits.`);
  }
  // Exponent 1 makes the signature equal to the message; an even one is no RSA key.
  const exponent = details.publicExponent ?? 0n;
  if (exponent < 3n || exponent % 2n === 0n) {
    throw new ConfigError(
      'key_weak',
      `${path}: the RSA key's exponent must be odd and at least 3; 65537 is usual.`,
    );
  }
}

/** Refuses a JWK that was published for something else (RFC 7517 sections 4.2 to 4.4). */
function checkIntent(jwk: JsonWebKey, algorithm: JwtAlgorithm, path: string): void {
  const { alg, use, key_ops: operations } = jwk;
  const isForSignatures =
    operations === undefined || [operations].flat().some((each) => SIGNATURES.has(each));
  if ((alg === undefined || alg === algorithm) && (use === undefined || use === 'sig') && isForSignatures)
    return;
  throw new ConfigError(
    'key_invalid',
    `${path}: this JWK says that it is for another algorithm or use; its alg, use and key_ops must fit ${algorithm}.`,
  );
}

const SIGNATURES: ReadonlySet<unknown> = new Set(['sign', 'verify']);

function isJwk(input: unknown): input is JsonWebKey {
  return typeof input === 'object' && input !== null && !(input instanceof Uint8Array) && 'kty' in input;
}

function isPrivatePem(pem: string | Buffer): boolean {
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem.toString());
}
