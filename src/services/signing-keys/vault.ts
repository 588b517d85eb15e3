import { createPrivateKey, createSecretKey, generateKeyPair, randomBytes, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { ConfigError } from '../../core/errors.ts';
import type { Sealer } from '../../core/sealing.ts';
import { randomToken } from '../../core/secrets.ts';
import { curveOf, hashBytes, isSymmetric, type JwtAlgorithm } from '../../tokens/algorithms.ts';
import { keyMaterial } from '../../tokens/key-material.ts';
import type { StoredKey } from './document.ts';

/** A stored key that is ready for use. */
export interface OpenKey extends StoredKey {
  readonly verify: KeyObject;
  readonly sign: KeyObject;
  /** Whether it is sealed under a key that is no longer the primary one. */
  readonly resealDue: boolean;
}

/** Makes keys, seals them for the store and opens them. */
export interface Vault {
  /** A new key, published at once and not signing yet. */
  create(algorithm: JwtAlgorithm, now: number): Promise<OpenKey>;
  /**
   * Opens keys; one that is open already is not opened again.
   *
   * @throws {@link ConfigError} `key_invalid` for a key that no sealing key opens.
   */
  open(keys: readonly StoredKey[], known: readonly OpenKey[]): readonly OpenKey[];
  /** The key, sealed under the primary sealing key. */
  reseal(key: OpenKey): OpenKey;
}

/**
 * Builds the vault of one ring. A sealed key is bound to the ring, its kid and its algorithm, so that whoever can write
 * to the store can neither swap two keys nor have one used with another algorithm.
 */
export function keyVault(ring: string, sealer: Sealer, rsaBits: number): Vault {
  function seal(kid: string, algorithm: JwtAlgorithm, key: KeyObject): string {
    return sealer.seal(serialize(key), [ring, kid, algorithm]);
  }

  function openOne(stored: StoredKey): OpenKey {
    const { kid, algorithm, sealed } = stored;
    const opened = sealer.open(sealed, [ring, kid, algorithm]);
    if (opened === null) {
      throw new ConfigError(
        'key_invalid',
        `signingKeys.sealing: no key of it opens the signing key "${kid}" of the ring "${ring}". ` +
          'Add the key that it was sealed with to sealing.others.',
      );
    }
    const { plain, resealDue } = opened;
    const key = deserialize(plain, algorithm);
    plain.fill(0);
    return { ...stored, ...material(key, algorithm), resealDue };
  }

  return {
    async create(algorithm, now) {
      const kid = randomToken(128);
      const key = await generate(algorithm, rsaBits);
      const sealed = seal(kid, algorithm, key);
      return {
        kid,
        algorithm,
        sealed,
        publishedAt: now,
        activatedAt: null,
        retiredAt: null,
        forgetAt: null,
        ...material(key, algorithm),
        resealDue: false,
      };
    },
    open(keys, known) {
      return keys.map((stored) => {
        const same = known.find(({ kid, sealed }) => kid === stored.kid && sealed === stored.sealed);
        if (same === undefined) return openOne(stored);
        const { verify, sign, resealDue } = same;
        return { ...stored, verify, sign, resealDue };
      });
    },
    reseal(key) {
      return { ...key, sealed: seal(key.kid, key.algorithm, key.sign), resealDue: false };
    },
  };
}

function material(key: KeyObject, algorithm: JwtAlgorithm): { verify: KeyObject; sign: KeyObject } {
  return { verify: keyMaterial(key, algorithm, 'signingKeys').verify, sign: key };
}

async function generate(algorithm: JwtAlgorithm, rsaBits: number): Promise<KeyObject> {
  if (isSymmetric(algorithm)) return createSecretKey(randomBytes(hashBytes(algorithm)));
  const curve = curveOf(algorithm);
  const { privateKey } =
    curve === undefined
      ? await generatePair('rsa', { modulusLength: rsaBits, publicExponent: 65_537 })
      : await generatePair('ec', { namedCurve: curve });
  return privateKey;
}

// Not the synchronous one: making an RSA key takes up to seconds, in which the process would answer nobody.
const generatePair = promisify(generateKeyPair);

function serialize(key: KeyObject): Buffer {
  return key.type === 'secret' ? key.export() : key.export({ type: 'pkcs8', format: 'der' });
}

function deserialize(bytes: Buffer, algorithm: JwtAlgorithm): KeyObject {
  return isSymmetric(algorithm)
    ? createSecretKey(bytes)
    : createPrivateKey({ key: bytes, type: 'pkcs8', format: 'der' });
}
