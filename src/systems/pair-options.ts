import type { User } from '../core/directory.ts';
import { oneOf, optional } from '../core/options.ts';
import { JWT_ALGORITHMS, type JwtAlgorithm } from '../tokens/algorithms.ts';
import type { KeyRing } from '../tokens/key-ring.ts';
import type { KeysOption } from '../tokens/keys-option.ts';
import {
  sessionOptionReaders,
  type OptionReaders,
  type SessionConfig,
  type SessionSystemOptions,
} from './session-options.ts';

/** What every system that issues pairs of JWTs is given; a session ends after 2,592,000 seconds (30 days) by default. */
export interface PairSystemOptions<U extends User> extends SessionSystemOptions<U> {
  /** What tokens are signed and verified with; the active key, or the first one, signs. */
  readonly keys: Exclude<KeysOption, { candidates: unknown }> | KeyRing;
  /** The algorithm of keys that do not name their own; default `HS256`. */
  readonly algorithm?: JwtAlgorithm | undefined;
}

/** The options of {@link PairSystemOptions} with every default in place, but for the keys, which need the algorithm. */
export interface PairConfig<U extends User> extends SessionConfig<U> {
  readonly keys: unknown;
  readonly algorithm: JwtAlgorithm;
}

/** Readers of the shared options, for a system to add its own to. */
export function pairOptionReaders<U extends User>(defaults: {
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
}): OptionReaders<PairConfig<U>> {
  return {
    ...sessionOptionReaders<U>({ ...defaults, absoluteSeconds: 2_592_000 }),
    keys: unread,
    algorithm: optional(oneOf(...JWT_ALGORITHMS), 'HS256'),
  };
}

/** An option that is read by what it goes to. */
function unread(value: unknown): unknown {
  return value;
}
