import {
  constants,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';

/**
 * Makes tokens of any shape without a JWT library, so that a test says exactly which bytes it sends, right or wrong.
 */
export interface Forgery {
  /** The header as a value, or as the JSON text to be sent. */
  readonly header?: unknown;
  /** The payload as a value, or as the JSON text to be sent. */
  readonly payload?: unknown;
  /** What signs it; the algorithm is this one whatever the header claims. */
  readonly key: string | Uint8Array | KeyObject;
  readonly algorithm: string;
}

/** A compact JWS. */
export function forge({ header, payload, key, algorithm }: Forgery): string {
  const input = `${segment(header ?? { alg: algorithm, typ: 'JWT' })}.${segment(payload ?? {})}`;
  return `${input}.${signature(input, key, algorithm)}`;
}

/** Base64url of a JSON text, or of the JSON of a value. */
export function segment(value: unknown): string {
  const bytes = value instanceof Uint8Array ? value : text(value);
  return Buffer.from(bytes).toString('base64url');
}

/** Marks a text that is to be sent as it stands, not as a JSON string. */
export function raw(json: string): Uint8Array {
  return Buffer.from(json);
}

export function signature(input: string, key: string | Uint8Array | KeyObject, algorithm: string): string {
  const hash = `sha${algorithm.slice(2)}`;
  if (algorithm.startsWith('HS')) {
    return createHmac(hash, key).update(input).digest('base64url');
  }
  if (typeof key === 'string' || key instanceof Uint8Array)
    throw new TypeError('signing needs a private key');
  const bytes = Buffer.from(input);
  if (algorithm.startsWith('PS')) {
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    return sign(hash, bytes, { key, padding, saltLength: Number(algorithm.slice(2)) / 8 }).toString(
      'base64url',
    );
  }
  if (algorithm.startsWith('ES')) {
    return sign(hash, bytes, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  }
  return sign(hash, bytes, key).toString('base64url');
}

function text(value: unknown): string {
  return JSON.stringify(value);
}

/** A key pair and the ways to write its public half. */
export interface TestKeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly publicPem: string;
  readonly privatePem: string;
}

export function rsaKeyPair(modulusLength: number = 2048): TestKeyPair {
  return described(generateKeyPairSync('rsa', { modulusLength }).privateKey);
}

export function ecKeyPair(namedCurve: 'P-256' | 'P-384' | 'P-521' | 'secp256k1'): TestKeyPair {
  return described(generateKeyPairSync('ec', { namedCurve }).privateKey);
}

function described(privateKey: KeyObject): TestKeyPair {
  const publicKey = createPublicKey(privateKey);
  return {
    privateKey,
    publicKey,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** A secret that is long enough for every HS algorithm, and no real one. */
export const TEST_SECRET = 'a test secret of sixty-four bytes, only ever used by these tests!';
