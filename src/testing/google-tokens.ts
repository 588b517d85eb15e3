import {
  constants,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { nowSeconds, type Clock } from '../core/clock.ts';
import { randomToken } from '../core/secrets.ts';

/** How an ID token deviates from an honest one. */
export interface Forgery {
  /** Claims that replace the honest ones; `undefined` takes a claim out. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** `none`, or an algorithm of another kind; `HS256` signs with the text of the public key, as attackers do. */
  readonly algorithm?: 'RS256' | 'RS384' | 'PS256' | 'HS256' | 'none' | undefined;
  /** The header's `kid`; `null` for none. */
  readonly kid?: string | null | undefined;
  /** Signs with a key that the provider does not publish, under the name of one that it does. */
  readonly withStrangeKey?: boolean | undefined;
}

/** The signing keys of a loopback provider. */
export interface TokenSigner {
  /** The published keys, as a JWK Set. */
  jwks(): { readonly keys: readonly object[] };
  /** Makes another key the one that signs; `keepOld` publishes the earlier ones as well. Default true. */
  rotate(keepOld?: boolean): void;
  sign(claims: Readonly<Record<string, unknown>>, forgery?: Forgery): string;
}

interface Key {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

export function tokenSigner(clock: Clock): TokenSigner {
  let keys: readonly Key[] = [firstKey()];

  return {
    jwks: () => ({
      keys: keys.map(({ kid, privateKey }) => ({
        ...createPublicKey(privateKey).export({ format: 'jwk' }),
        kid,
        alg: 'RS256',
        use: 'sig',
      })),
    }),
    rotate(keepOld = true) {
      keys = [newKey(), ...(keepOld ? keys : [])];
    },
    sign(honest, { claims = {}, algorithm = 'RS256', kid, withStrangeKey = false } = {}) {
      const current = keys[0] as Key;
      const signing = withStrangeKey ? strangeKey() : current;
      const now = nowSeconds(clock);
      const payload = Object.fromEntries(
        Object.entries({ iat: now, exp: now + 3600, ...honest, ...claims }).filter(
          ([, value]) => value !== undefined,
        ),
      );
      const header = { typ: 'JWT', ...(kid === null ? {} : { kid: kid ?? current.kid }), alg: algorithm };
      // Written out here, since a library for JWTs refuses to make what is forged.
      const input = `${segment(header)}.${segment(payload)}`;
      return `${input}.${signature(input, algorithm, signing.privateKey)}`;
    },
  };
}

function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signature(input: string, algorithm: NonNullable<Forgery['algorithm']>, key: KeyObject): string {
  if (algorithm === 'none') return '';
  if (algorithm === 'HS256') {
    const secret = createPublicKey(key).export({ format: 'pem', type: 'spki' });
    return createHmac('sha256', secret).update(input).digest('base64url');
  }
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const how = algorithm === 'PS256' ? { key, ...pss } : key;
  return sign(`sha${algorithm.slice(2)}`, Buffer.from(input), how).toString('base64url');
}

/** Making a key takes a good part of a second, so that every provider of a process begins with the same one. */
const firstKey = once(newKey);
const strangeKey = once(newKey);

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function newKey(): Key {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid: randomToken(96), privateKey };
}
