import { createSecretKey, hkdfSync } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { ConfigError } from '../core/errors.ts';
import { isSymmetric } from './algorithms.ts';
import type { KeyRing, RingKey } from './key-ring.ts';

/** Signs claims as they stand; times and identifiers are the caller's business. */
export type JwtSigner = (claims: Readonly<Record<string, unknown>>) => string;

/**
 * Builds a signer for the active key of a ring. The header is `{"alg","typ":"JWT"}`, and `kid` for a key that has one.
 *
 * @throws {@link ConfigError} `key_invalid` when the active key has no private half.
 */
export function jwtSigner(ring: KeyRing, typ: string = 'JWT'): JwtSigner {
  ring.signingKey();
  return function signJwt(claims) {
    const { sign, algorithm, kid } = ring.signingKey();
    return jsonwebtoken.sign(claims, sign, {
      algorithm,
      header: { alg: algorithm, typ, ...(kid === null ? {} : { kid }) },
      noTimestamp: true,
    });
  };
}

/**
 * The ring for tokens that only their issuer reads. An HMAC signs the same claims to the same bytes, which a repeated
 * refresh must give; ECDSA and PSS do not. Secrets of the ring serve as they are, and for a key pair the secret is
 * derived from its private half. Keys without a private half are left out: what they signed was never of this kind.
 */
export function issuerOnlyRing(ring: KeyRing): KeyRing {
  const derived = new Map<RingKey, RingKey>();
  function derive(key: RingKey): RingKey | null {
    if (isSymmetric(key.algorithm)) return key;
    if (key.sign === null) return null;
    let known = derived.get(key);
    if (known === undefined) {
      const material = key.sign.export({ type: 'pkcs8', format: 'der' });
      const secret = createSecretKey(
        Buffer.from(hkdfSync('sha256', material, '', 'portcullis refresh token', 32)),
      );
      known = Object.freeze({ ...key, algorithm: 'HS256', verify: secret, sign: secret } satisfies RingKey);
      derived.set(key, known);
    }
    return known;
  }
  const keys = (): RingKey[] => ring.keys.map(derive).filter((key) => key !== null);

  return {
    get keys() {
      return keys();
    },
    get revision() {
      return ring.revision;
    },
    get algorithms() {
      return new Set(keys().map((key) => key.algorithm));
    },
    candidates: (algorithm, kid) =>
      keys()
        .filter((key) => key.algorithm === algorithm && key.kid === kid)
        .map((key) => key.verify),
    signingKey() {
      const key = derive(ring.signingKey());
      if (key?.sign) return { ...key, sign: key.sign };
      throw new ConfigError(
        'key_invalid',
        'keys: the active key cannot sign, since only its public half was given.',
      );
    },
  };
}
