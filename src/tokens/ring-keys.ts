import type { KeyObject } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
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

function refuseDoubleKids(keys: readonly UnstatedKey[], path: string): void {
  const kids = keys.map((key) => key.kid).filter((kid) => kid !== null);
  const double = kids.find((kid, index) => kids.indexOf(kid) !== index);
  if (double === undefined) return;
  throw new ConfigError('option_conflict', `${path}: two keys have the kid "${double}"; give each its own.`);
}
