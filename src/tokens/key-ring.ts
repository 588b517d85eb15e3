import type { KeyObject } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import type { JwtAlgorithm } from './algorithms.ts';
import { readKeys, type KeyState, type RingKey, type UnstatedKey } from './ring-keys.ts';

/** Where verification keys come from. */
export interface KeySource {
  /** Every algorithm that a token may name; anything else is refused before a key is looked for. */
  readonly algorithms: ReadonlySet<JwtAlgorithm>;
  /** Changes whenever a key was added or withdrawn, so that what was verified under the old keys is forgotten. */
  readonly revision: number;
  /**
   * The keys that a token with this header may be verified with: those of the very algorithm, with the very `kid`, or
   * without any when the token names none. Empty when there is none.
   */
  candidates(algorithm: JwtAlgorithm, kid: string | null): MaybePromise<readonly KeyObject[]>;
}

/** The keys of one issuer. One key has one algorithm, and a token's `kid` and `alg` must agree with both. */
export interface KeyRing extends KeySource {
  readonly keys: readonly RingKey[];
  /**
   * The key that signs.
   *
   * @param at A moment in milliseconds, whose signing key is wanted, so that claims of that moment are signed to the
   *   same bytes again; by default now.
   * @throws {@link ConfigError} `key_invalid` when only its public half is known. {@link StoreError} when the keys are
   *   kept in a store and have never been read.
   */
  signingKey(at?: number): SigningKey;
  /**
   * Makes sure that the key that signs is known, before anything is used up for a token: at once while what is known is
   * fresh. Rejects with {@link StoreError} when it cannot be known. Absent where the keys never change.
   */
  fresh?(): MaybePromise<void>;
  /** How the keys of this ring replace each other; absent where they never do. */
  readonly overlap?: KeyOverlap | undefined;
}

/** A key of a ring that can sign. */
export type SigningKey = RingKey & { readonly sign: KeyObject };

/** For how long two keys of a ring are known at the same time. */
export interface KeyOverlap {
  /** How long a key is published before it signs. */
  readonly publishSeconds: number;
  /** How long a key still verifies after it signed last. */
  readonly retireAfterSeconds: number;
}

/** A ring whose keys were given once and stay. */
export interface FixedKeyRing extends KeyRing {
  candidates(algorithm: JwtAlgorithm, kid: string | null): readonly KeyObject[];
}

/**
 * Builds a key ring; every key is parsed and checked here and never again.
 *
 * @throws {@link ConfigError} `key_weak`, `key_invalid`, `option_invalid`, `option_missing`.
 */
export function keyRing(owner: string, keys: unknown, algorithm: JwtAlgorithm): FixedKeyRing {
  const path = `${owner}.keys`;
  if (keys === undefined || keys === null || keys === '') {
    throw new ConfigError(
      'option_missing',
      `${path} is required: give the secret or key that tokens are verified with.`,
    );
  }
  const ring = withStates(readKeys(path, keys, algorithm), path);
  const order = ring.toSorted((a, b) => ORDER[a.state] - ORDER[b.state]);

  return {
    keys: ring,
    algorithms: new Set(ring.map((key) => key.algorithm)),
    revision: 0,
    candidates: (wanted, kid) =>
      order.filter((key) => key.algorithm === wanted && key.kid === kid).map((key) => key.verify),
    signingKey() {
      const active = ring.find((key) => key.state === 'active');
      if (active?.sign) return { ...active, sign: active.sign };
      throw new ConfigError(
        'key_invalid',
        `${path}: the active key cannot sign, since only its public half was given.`,
      );
    },
  };
}

const ORDER: Readonly<Record<KeyState, number>> = { active: 0, next: 1, retired: 2 };

function withStates(keys: readonly UnstatedKey[], path: string): readonly RingKey[] {
  const active = keys.filter((key) => key.state === 'active').length;
  if (active > 1)
    throw new ConfigError(
      'option_conflict',
      `${path}: only one key can be active; make the others next or retired.`,
    );
  const first = active === 1 ? -1 : keys.findIndex((key) => key.state === null);
  return keys.map((key, index) =>
    Object.freeze({ ...key, state: key.state ?? (index === first ? 'active' : 'retired') }),
  );
}
