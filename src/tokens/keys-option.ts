import { ConfigError } from '../core/errors.ts';
import type { JwtAlgorithm } from './algorithms.ts';
import type { KeyInput } from './key-material.ts';
import { keyRing, type KeyRing, type KeySource } from './key-ring.ts';
import type { RingKeyInput } from './ring-keys.ts';

/** What the option `keys` takes: one key, several, or a source that is ready. */
export type KeysOption = KeyInput | RingKeyInput | readonly (KeyInput | RingKeyInput)[] | KeySource;

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
