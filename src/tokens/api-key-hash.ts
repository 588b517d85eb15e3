import { createHmac, hash, timingSafeEqual, type KeyObject } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
import { listOf, parseOptions, text, wrong, type Reader } from '../core/options.ts';
import type { ApiKeyFormat } from './api-key-format.ts';
import { keyMaterial, type KeyInput } from './key-material.ts';

/** A secret of the application that is mixed into every hash and is never in the store. */
export interface Pepper {
  /** Stands beside each hash, so that it is known which pepper it was made with. */
  readonly id: string;
  readonly key: KeyObject;
}

/** A hash from the store, ready to be compared. */
export interface KeptHash {
  readonly algorithm: 'sha256' | 'sha512' | 'hmac-sha256';
  /** Only with `hmac-sha256`. */
  readonly pepper: Pepper | null;
  readonly digest: Uint8Array;
}

/** A hash that cannot be compared here, as when its pepper was not given: the key may be right, so it is not wrong. */
export interface UncheckableHash {
  readonly algorithm: null;
  /** What is wrong and how to mend it; it holds neither key nor hash. */
  readonly problem: string;
}

/**
 * How keys are kept: as `algorithm$parameter$hex`, a digest of the whole key. Keys are random and long, so that a plain
 * digest cannot be turned back and a slow one would only slow down requests. With a pepper a copy of the store is not
 * even enough to check a guess.
 */
export interface ApiKeyHasher {
  /** The text for the store. */
  hash(key: string, format: ApiKeyFormat): string;
  /** Reads a text from the store. */
  read(kept: string): KeptHash | UncheckableHash;
  /** Whether the key is the one that was hashed, in constant time. */
  matches(key: string, kept: KeptHash): boolean;
  /** Whether a key of this format would now be hashed in another way. */
  isOutdated(kept: KeptHash): boolean;
  /** Does the work of {@link matches} for a key that does not exist. */
  matchNobody(key: string, format: ApiKeyFormat): void;
}

/** @param peppers The first makes new hashes, the others only check earlier ones; none for plain SHA-256. */
export function apiKeyHasher(peppers: readonly Pepper[]): ApiKeyHasher {
  const current = peppers[0] ?? null;
  const nobody: Readonly<Record<ApiKeyFormat, KeptHash>> = {
    checksummed: {
      algorithm: current === null ? 'sha256' : 'hmac-sha256',
      pepper: current,
      digest: new Uint8Array(32),
    },
    'prefix-secret': { algorithm: 'sha512', pepper: null, digest: new Uint8Array(64) },
  };

  function matches(key: string, { algorithm, pepper, digest }: KeptHash): boolean {
    return timingSafeEqual(digestOf(key, algorithm, pepper), digest);
  }

  return {
    matches,
    hash(key, format) {
      const { algorithm, pepper } = nobody[format];
      return `${algorithm}$${pepper?.id ?? ''}$${digestOf(key, algorithm, pepper).toString('hex')}`;
    },
    read(kept) {
      const [, algorithm, parameter, hex] = KEPT.exec(kept) ?? [];
      const pepper = peppers.find(({ id }) => id === parameter) ?? null;
      if (algorithm === 'hmac-sha256' && pepper === null) {
        return uncheckable(
          `an API key is hashed with the pepper "${parameter}", which is not among those given; give it after the current one`,
        );
      }
      if (!isAlgorithm(algorithm) || hex?.length !== HEX_LENGTHS[algorithm]) {
        return uncheckable('an API key is kept in a form that this version cannot check');
      }
      return {
        algorithm,
        pepper: algorithm === 'hmac-sha256' ? pepper : null,
        digest: Buffer.from(hex, 'hex'),
      };
    },
    // The format prefix-secret is defined with SHA-512, whatever the application's own rule is.
    isOutdated: ({ algorithm, pepper }) => algorithm !== 'sha512' && pepper !== current,
    matchNobody(key, format) {
      matches(key, nobody[format]);
    },
  };
}

/** Reads the option `pepper`: one, or several of which the first is the current one. */
export const peppersOption: Reader<readonly Pepper[]> = (value, path) => {
  const peppers = listOf(readPepper)(value, path);
  const repeated = peppers.find(({ id }, index) => peppers.findIndex((other) => other.id === id) < index);
  if (repeated !== undefined) {
    throw new ConfigError(
      'option_conflict',
      `${path}: two peppers have the id "${repeated.id}"; give each its own.`,
    );
  }
  return peppers;
};

const readPepper: Reader<Pepper> = (value, path) => {
  const { id, secret } = parseOptions(path, value, { id: pepperId, secret: pepperSecret });
  return { id, key: secret };
};

const pepperId: Reader<string> = (value, path) => {
  const id = text(value, path);
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(id)) throw wrong(path, '1 to 32 letters, digits, _ and -', value);
  return id;
};

const pepperSecret: Reader<KeyObject> = (value, path) => {
  if (value === undefined) throw wrong(path, 'a secret of at least 32 bytes', value);
  return keyMaterial(value as KeyInput, 'HS256', path).verify;
};

const KEPT = /^([a-z0-9-]+)\$([A-Za-z0-9_-]*)\$([0-9a-f]+)$/;
const HEX_LENGTHS: Readonly<Record<KeptHash['algorithm'], number>> = {
  sha256: 64,
  sha512: 128,
  'hmac-sha256': 64,
};

function uncheckable(problem: string): UncheckableHash {
  return { algorithm: null, problem };
}

function isAlgorithm(name: string | undefined): name is KeptHash['algorithm'] {
  return name !== undefined && Object.hasOwn(HEX_LENGTHS, name);
}

function digestOf(key: string, algorithm: KeptHash['algorithm'], pepper: Pepper | null): Buffer {
  if (algorithm !== 'hmac-sha256') return hash(algorithm, key, 'buffer');
  // A hash that names no pepper is never read as one that has one.
  if (pepper === null) throw new TypeError('an HMAC needs its pepper');
  return createHmac('sha256', pepper.key).update(key).digest();
}
