import type { KeyObject } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import { oneOf, optional, parseOptions, wrong, type Reader } from '../core/options.ts';
import { JWT_ALGORITHMS, type JwtAlgorithm } from './algorithms.ts';
import { keyMaterial, type KeyInput } from './key-material.ts';

/** One key of a ring, as a host writes it. */
export interface RingKeyInput {
  readonly key: KeyInput;
  /** Written into tokens and looked up from them. Absent: tokens of this key name no key. */
  readonly kid?: string | undefined;
  /** The one algorithm of this key; the ring's own by default. */
  readonly algorithm?: JwtAlgorithm | undefined;
  /**
   * `next` is published and verifies, `active` signs as well, `retired` only verifies. Exactly one key is active; by
   * default the first key that has no state is, and all further ones are retired.
   */
  readonly state?: KeyState | undefined;
}

export type KeyState = 'next' | 'active' | 'retired';

export interface RingKey {
  readonly kid: string | null;
  readonly algorithm: JwtAlgorithm;
  readonly state: KeyState;
  readonly verify: KeyObject;
  readonly sign: KeyObject | null;
}

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
  readonly overlap?: KeyOverlap;
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

/** What the option `keys` takes: one key, several, or a source that is ready. */
export type KeysOption = KeyInput | RingKeyInput | readonly (KeyInput | RingKeyInput)[] | KeySource;

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

/**
 * Reads the option `keys` of whatever needs the keys themselves: a ring that is ready is taken as it is, of anything else
 * one is built.
 *
 * @param lifetimeSeconds The longest lifetime of a token that is signed with it; absent when nothing is.
 * @throws {@link ConfigError} Those of {@link keyRing}; `option_invalid` for a source that is no ring;
 *   `option_conflict` when the ring forgets keys before their last tokens have expired.
 */
export function signingRing(
  owner: string,
  keys: unknown,
  algorithm: JwtAlgorithm,
  lifetimeSeconds?: number,
): KeyRing {
  if (!isKeySource(keys)) return keyRing(owner, keys, algorithm);
  if (!isKeyRing(keys)) {
    throw new ConfigError(
      'option_invalid',
      `${owner}.keys must be the keys themselves or a ring, and this source only verifies with its keys.`,
    );
  }
  if (keys.overlap === undefined || lifetimeSeconds === undefined) return keys;
  const least = lifetimeSeconds + OVERLAP_MARGIN_SECONDS;
  if (keys.overlap.retireAfterSeconds >= least) return keys;
  throw new ConfigError(
    'option_conflict',
    `${owner}.keys forgets a retired key after ${keys.overlap.retireAfterSeconds} seconds, while tokens live for ` +
      `${lifetimeSeconds}. Set the ring's retireAfterSeconds to at least ${least}.`,
  );
}

/**
 * How much longer than the longest token a retired key must verify: a node may sign with it for a minute after it was
 * retired elsewhere, and clocks may be a minute apart.
 */
const OVERLAP_MARGIN_SECONDS = 120;

/**
 * Reads the option `keys`: a source that is ready is taken as it is, of anything else a ring is built.
 *
 * @throws {@link ConfigError} Those of {@link keyRing}; `option_conflict` when the source never accepts the algorithm.
 */
export function keySource(owner: string, keys: unknown, algorithm: JwtAlgorithm): KeySource {
  if (!isKeySource(keys)) return keyRing(owner, keys, algorithm);
  if (keys.algorithms.has(algorithm)) return keys;
  throw new ConfigError(
    'option_conflict',
    `${owner}.algorithm: the source in ${owner}.keys has no key for ${algorithm}. Name one of its algorithms.`,
  );
}

function isKeySource(keys: unknown): keys is KeySource {
  if (typeof keys !== 'object' || keys === null) return false;
  const { candidates, algorithms, revision } = keys as Partial<KeySource>;
  return typeof candidates === 'function' && algorithms instanceof Set && typeof revision === 'number';
}

function isKeyRing(source: KeySource): source is KeyRing {
  const { keys, signingKey } = source as Partial<KeyRing>;
  return Array.isArray(keys) && typeof signingKey === 'function';
}

/**
 * Reads keys, and checks each against its algorithm.
 *
 * @param path What messages call them.
 * @param keys One key, or a list of 1 to 16.
 * @throws {@link ConfigError} `key_weak`, `key_invalid`, `option_invalid`, `option_unknown`, `option_conflict` for two
 *   keys with one `kid`.
 */
export function readKeys(path: string, keys: unknown, algorithm: JwtAlgorithm): readonly UnstatedKey[] {
  const inputs: readonly unknown[] = Array.isArray(keys) ? keys : [keys];
  if (inputs.length === 0 || inputs.length > MOST_KEYS) {
    throw new ConfigError(
      'option_invalid',
      `${path} must hold from 1 to ${MOST_KEYS} keys, not ${inputs.length}.`,
    );
  }
  const read = inputs.map((input, index) =>
    readKey(input, algorithm, Array.isArray(keys) ? `${path}[${index}]` : path),
  );
  refuseDoubleKids(read, path);
  return read;
}

/** A token without `kid` is tried with every key that has none, so the number of keys bounds the work of a forgery. */
const MOST_KEYS = 16;
const ORDER: Readonly<Record<KeyState, number>> = { active: 0, next: 1, retired: 2 };

/** A key before it is settled which state it has when none was written down. */
export type UnstatedKey = Omit<RingKey, 'state'> & { readonly state: KeyState | null };

function readKey(input: unknown, fallback: JwtAlgorithm, path: string): UnstatedKey {
  const isRingKey = typeof input === 'object' && input !== null && 'key' in input;
  const { key, kid, algorithm, state } = parseOptions(path, isRingKey ? input : { key: input }, {
    key: anyKey,
    kid: optional(kidText, null),
    algorithm: optional(oneOf(...JWT_ALGORITHMS), fallback),
    state: optional(oneOf('next', 'active', 'retired'), null),
  });
  const { verify, sign } = keyMaterial(key, algorithm, path);
  return { kid, algorithm, state, verify, sign };
}

/** What a key may be is for {@link keyMaterial} to say. */
const anyKey: Reader<KeyInput> = (value) => value as KeyInput;

const kidText: Reader<string> = (value, path) => {
  if (typeof value !== 'string' || value === '' || value.length > 256) {
    throw wrong(path, 'a string of 1 to 256 characters', value);
  }
  return value;
};

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

function refuseDoubleKids(keys: readonly UnstatedKey[], path: string): void {
  const kids = keys.map((key) => key.kid).filter((kid) => kid !== null);
  const double = kids.find((kid, index) => kids.indexOf(kid) !== index);
  if (double === undefined) return;
  throw new ConfigError('option_conflict', `${path}: two keys have the kid "${double}"; give each its own.`);
}
