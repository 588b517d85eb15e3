import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { chain } from '../core/maybe-promise.ts';
import { isSymmetric } from './algorithms.ts';
import type { KeyRing, SigningKey } from './key-ring.ts';
import type { RingKey } from './ring-keys.ts';

/**
 * Signs claims as they stand; times and identifiers are the caller's business.
 *
 * @param at The moment in milliseconds whose signing key signs; by default now.
 */
export type JwtSigner = (claims: Readonly<Record<string, unknown>>, at?: number) => string;

/**
 * Builds a signer for the active key of a ring. The header is `{"alg","typ":"JWT"}`, and `kid` for a key that has one.
 *
 * @throws {@link ConfigError} `key_invalid` when the active key has no private half.
 */
export function jwtSigner(ring: KeyRing, typ: string = 'JWT'): JwtSigner {
  // A ring that is kept in a store may not have been read yet; `fresh` then says whether it can sign.
  if (ring.fresh === undefined) ring.signingKey();
  return function signJwt(claims, at) {
    const { sign, algorithm, kid } = ring.signingKey(at);
    return jsonwebtoken.sign(claims, sign, {
      algorithm,
      header: { alg: algorithm, typ, ...(kid === null ? {} : { kid }) },
      // The option also takes out an `iat` that the claims have.
      noTimestamp: claims['iat'] === undefined,
    });
  };
}

/**
 * The ring for tokens that only their issuer reads. An HMAC signs the same claims to the same bytes, which a repeated
 * refresh must give; ECDSA and PSS do not. Secrets of the ring serve as they are, and for a key pair the secret is
 * derived from its private half. Keys without a private half are left out: what they signed was never of this kind.
 */
export function issuerOnlyRing(ring: KeyRing): KeyRing {
  const secrets = new WeakMap<KeyObject, KeyObject>();
  function secretOf(privateKey: KeyObject): KeyObject {
    let secret = secrets.get(privateKey);
    if (secret === undefined) {
      const material = privateKey.export({ type: 'pkcs8', format: 'der' });
      secret = createSecretKey(Buffer.from(hkdfSync('sha256', material, '', 'portcullis refresh token', 32)));
      secrets.set(privateKey, secret);
    }
    return secret;
  }
  function derive(key: SigningKey): SigningKey {
    if (isSymmetric(key.algorithm)) return key;
    const secret = secretOf(key.sign);
    return { ...key, algorithm: 'HS256', verify: secret, sign: secret };
  }
  const keys = (): SigningKey[] => ring.keys.filter(canSign).map(derive);

  return {
    get keys() {
      return keys();
    },
    get revision() {
      return ring.revision;
    },
    get algorithms() {
      return new Set([...ring.algorithms].map((algorithm) => (isSymmetric(algorithm) ? algorithm : 'HS256')));
    },
    candidates(algorithm, kid) {
      const matching = (): KeyObject[] =>
        keys()
          .filter((key) => key.algorithm === algorithm && key.kid === kid)
          .map((key) => key.verify);
      const found = matching();
      // The ring may have to look for a key that it does not know yet.
      return found.length > 0 ? found : chain(ring.candidates(algorithm, kid), matching);
    },
    signingKey: (at) => derive(ring.signingKey(at)),
    ...(ring.fresh === undefined ? {} : { fresh: () => ring.fresh?.() }),
  };
}

function canSign(key: RingKey): key is SigningKey {
  return key.sign !== null;
}
