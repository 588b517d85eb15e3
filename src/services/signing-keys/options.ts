import { systemClock, type Clock } from '../../core/clock.ts';
import { ConfigError } from '../../core/errors.ts';
import type { EventSink, SigningKeyEvent } from '../../core/events.ts';
import {
  callback,
  implementing,
  integer,
  oneOf,
  optional,
  parseOptions,
  wrong,
  type Reader,
} from '../../core/options.ts';
import { sealer, type Sealer, type SealingKeys } from '../../core/sealing.ts';
import type { FeedStore, RecordStore, Store } from '../../core/store.ts';
import { JWT_ALGORITHMS, type JwtAlgorithm } from '../../tokens/algorithms.ts';
import type { FeedReader } from '../../tokens/feed-reader.ts';
import type { KeyInput } from '../../tokens/key-material.ts';
import { readKeys, type RingKey } from '../../tokens/ring-keys.ts';

export interface SigningKeysOptions {
  /** Where the keys are kept, sealed. All nodes that share it share the ring. */
  readonly store: SigningKeyStore;
  /** The algorithm of keys that are made from now on; those in the store keep theirs. */
  readonly algorithm: JwtAlgorithm;
  /** What secrets and private halves are sealed under in the store. */
  readonly sealing: SealingKeys;
  /** The ring's name, where one store holds several: 1 to 64 of `a-z`, `0-9`, `-` and `_`; default `default`. */
  readonly name?: string | undefined;
  /**
   * How long a key is published before it may sign; default 3,600. It must be as long as others keep a key set that they
   * fetched.
   */
  readonly publishSeconds?: number | undefined;
  /**
   * How long a key still verifies after it was replaced; default 691,200 (8 days). It must be at least the lifetime of
   * the longest token and two minutes: one for nodes that learn of the change late, one for clocks that are apart.
   */
  readonly retireAfterSeconds?: number | undefined;
  /** The size of RSA keys; default 3,072. */
  readonly rsaBits?: 2048 | 3072 | undefined;
  /**
   * Keys that signed before there was this ring. They verify, so that nobody is logged out, and are never stored. Leave
   * one out when the last token that it signed has expired.
   */
  readonly import?: ImportedKeyInput | readonly ImportedKeyInput[] | undefined;
  /** The reader of the store's feed, shared with whatever else reads it; by default one of its own is made. */
  readonly feed?: FeedReader | undefined;
  /** Is told of every change that this process makes, and when the keys can no longer be read. */
  readonly onEvent?: EventSink<SigningKeyEvent> | undefined;
  readonly clock?: Clock | undefined;
}

/** A key from before. */
export interface ImportedKeyInput {
  readonly key: KeyInput;
  /** The `kid` that its tokens name; absent: they name none. */
  readonly kid?: string | undefined;
  /** Its own algorithm; the ring's by default. */
  readonly algorithm?: JwtAlgorithm | undefined;
  /**
   * `retired`, the default, only verifies. `active` also signs until a key of the ring is promoted, so that processes
   * which do not know the ring yet can read every token while they are replaced one by one.
   */
  readonly state?: 'active' | 'retired' | undefined;
  /** From this moment on, in milliseconds since the Unix epoch, it verifies nothing; never by default. */
  readonly forgetAt?: number | undefined;
}

/** What the service needs of a store: a place for keys, the feed that spreads edits, and a sign of life. */
export type SigningKeyStore = RecordStore & FeedStore & Pick<Store, 'ping'>;

/** An imported key that is ready for use. */
export interface ImportedKey extends Omit<RingKey, 'state'> {
  /** Whether it signs while no key of the ring does. */
  readonly signs: boolean;
  readonly forgetAt: number | null;
}

/** The options with every default in place. */
export interface SigningKeysConfig {
  readonly store: SigningKeyStore;
  readonly algorithm: JwtAlgorithm;
  readonly sealer: Sealer;
  readonly name: string;
  readonly publishSeconds: number;
  readonly retireAfterSeconds: number;
  readonly rsaBits: 2048 | 3072;
  readonly imported: readonly ImportedKey[];
  readonly feed: FeedReader | undefined;
  readonly onEvent: EventSink<SigningKeyEvent> | undefined;
  readonly clock: Clock;
}

/** @throws {@link ConfigError} See {@link signingKeys}. */
export function readSigningKeysOptions(options: SigningKeysOptions): SigningKeysConfig {
  const {
    sealing,
    import: brought,
    ...parsed
  } = parseOptions(OWNER, options, {
    store: implementing<SigningKeyStore>(
      'a store, such as sqliteStore(path)',
      'get',
      'put',
      'feedRead',
      'ping',
    ),
    algorithm: oneOf(...JWT_ALGORITHMS),
    sealing: (value, path) => sealer(path, value as SealingKeys, 'signing-keys'),
    name: optional(ringName, 'default'),
    publishSeconds: optional(integer(1, 90 * DAY_SECONDS), 3_600),
    retireAfterSeconds: optional(integer(1, 400 * DAY_SECONDS), 8 * DAY_SECONDS),
    rsaBits: optional(oneOf(2048, 3072), 3072),
    import: (value) => value,
    feed: optional(implementing<FeedReader>('a feed reader', 'fresh', 'poll', 'subscribe')),
    onEvent: optional(callback<EventSink<SigningKeyEvent>>()),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
  });
  return { ...parsed, sealer: sealing, imported: readImported(brought, parsed.algorithm) };
}

const OWNER = 'signingKeys';
const DAY_SECONDS = 86_400;

const ringName: Reader<string> = (value, path) => {
  if (typeof value === 'string' && /^[a-z0-9_-]{1,64}$/.test(value)) return value;
  throw wrong(path, '1 to 64 lower-case letters, digits, "-" and "_"', value);
};

function readImported(value: unknown, algorithm: JwtAlgorithm): readonly ImportedKey[] {
  if (value === undefined) return [];
  const path = `${OWNER}.import`;
  const inputs: readonly unknown[] = Array.isArray(value) ? value : [value];
  const ends = inputs.map((input, index) => takeEnd(input, `${path}[${index}]`));
  const keys = readKeys(
    path,
    ends.map(({ rest }) => rest),
    algorithm,
  );
  const imported = keys.map(({ state, ...key }, index) => {
    if (state === 'next') throw wrong(`${path}[${index}].state`, '"active" or "retired"', state);
    return { ...key, signs: state === 'active', forgetAt: ends[index]?.forgetAt ?? null };
  });
  const signing = imported.filter(({ signs }) => signs);
  if (signing.length > 1) {
    throw new ConfigError('option_conflict', `${path}: only one key can sign; make the others retired.`);
  }
  if (signing.some(({ sign }) => sign === null)) {
    throw new ConfigError(
      'key_invalid',
      `${path}: the active key cannot sign, since only its public half was given.`,
    );
  }
  return imported;
}

/** Takes `forgetAt` off an imported key; what is left is a key as every ring takes it. */
function takeEnd(input: unknown, path: string): { readonly rest: unknown; readonly forgetAt: number | null } {
  if (typeof input !== 'object' || input === null || !('key' in input)) {
    throw wrong(path, 'a key as { key, kid, algorithm, state, forgetAt }', input);
  }
  const { forgetAt, ...rest } = input as { readonly forgetAt?: unknown };
  return { rest, forgetAt: optional(integer(0), null)(forgetAt, `${path}.forgetAt`) };
}
