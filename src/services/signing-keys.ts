import { ConfigError, StoreError } from '../core/errors.ts';
import { publishEvent } from '../core/event-publishing.ts';
import { integer, parseOptions } from '../core/options.ts';
import { JWT_ALGORITHMS, type JwtAlgorithm } from '../tokens/algorithms.ts';
import { feedReader } from '../tokens/feed-reader.ts';
import type { KeyOverlap, KeyRing } from '../tokens/key-ring.ts';
import type { KeyState } from '../tokens/ring-keys.ts';
import { stateOf } from './signing-keys/document.ts';
import { feedKeyOf, ringEditor } from './signing-keys/editor.ts';
import {
  ringOperations,
  type Preparation,
  type Promotion,
  type Revocation,
  type RotationStep,
} from './signing-keys/operations.ts';
import { readSigningKeysOptions, type SigningKeysOptions } from './signing-keys/options.ts';
import { keysReader } from './signing-keys/reader.ts';
import { keyVault, type OpenKey } from './signing-keys/vault.ts';
import { liveView } from './signing-keys/view.ts';

export type { SigningKeyEvent } from '../core/events.ts';
export type { SealingKey, SealingKeys } from '../core/sealing.ts';
export type { Preparation, Promotion, Revocation, RotationStep } from './signing-keys/operations.ts';
export type { ImportedKeyInput, SigningKeysOptions, SigningKeyStore } from './signing-keys/options.ts';

/**
 * A key ring that lives in a store, for the option `keys` of systems and strategies. A key is first `next`: published,
 * so that everybody can verify with it; then `active`: it signs; then `retired`: it verifies until the last token that
 * it signed has expired, and is then forgotten.
 *
 * While the store is down, what is known goes on verifying, nothing is signed, and a token of an unknown key is
 * answered with 503.
 */
export interface SigningKeys extends KeyRing {
  readonly overlap: KeyOverlap;
  /**
   * Reads the keys; the very first start makes the first one. Call it before the server listens, so that what is wrong
   * is told then. Without it the first token to be signed or verified reads the keys.
   *
   * @throws {@link ConfigError} `key_invalid` when no sealing key opens a key. {@link StoreError} When the store is down,
   *   or holds something else.
   */
  ready(): Promise<void>;
  /**
   * Makes the next key and publishes it; it does not sign yet. Whoever calls first makes it, the others get that one.
   *
   * A change is in force in this process when it resolves, and in others as soon as they read the feed, in a minute at
   * the latest. When it rejects with `StoreError` it may have been made or not: repeat it.
   */
  prepareNext(): Promise<Preparation>;
  /** Lets the next key sign and retires the one that did, once the next key has been published for `publishSeconds`. */
  promote(): Promise<Promotion>;
  /**
   * Prepares the next key and later promotes it, each when it is due, so that every key signs for about so long; also
   * deletes forgotten keys and seals the others under the primary sealing key. Call it now and then, on any node or on
   * all of them.
   *
   * @throws {@link ConfigError} `option_conflict` when `everySeconds` is not more than `publishSeconds`.
   */
  rotateIfDue(options: { readonly everySeconds: number }): Promise<RotationStep>;
  /**
   * Forgets a key at once, because it was stolen: what it signed is refused. When it is the active one the next key, or
   * a new one, signs in its place without having been published before.
   */
  revoke(kid: string): Promise<Revocation>;
  /** The keys of the ring as they are in the store now, without the imported ones. */
  list(): Promise<readonly SigningKeyInfo[]>;
  /** Ends the reader of the feed, when it was made here. */
  close(): Promise<void>;
}

/** One key of a ring. Times are milliseconds since the Unix epoch. */
export interface SigningKeyInfo {
  readonly kid: string;
  readonly algorithm: JwtAlgorithm;
  readonly state: KeyState;
  readonly publishedAt: number;
  readonly activatedAt: number | null;
  readonly retiredAt: number | null;
  readonly forgetAt: number | null;
}

/**
 * Builds the ring. Nothing is read before it is asked.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `option_conflict`, `key_weak`,
 *   `key_invalid`.
 * @see NIST SP 800-57 part 1 section 5.3, RFC 7517 section 4.5
 * @example
 * ```ts
 * const keys = signingKeys({ store, algorithm: 'ES256', sealing: { primary: sealingKey } });
 * await keys.ready();
 * const b2b = b2bSystem({ store, directory, keys });
 * setInterval(() => keys.rotateIfDue({ everySeconds: 30 * 86_400 }).catch(report), 3_600_000).unref();
 * ```
 */
export function signingKeys(options: SigningKeysOptions): SigningKeys {
  const config = readSigningKeysOptions(options);
  const { store, name, clock, onEvent, publishSeconds, retireAfterSeconds } = config;
  const feed = config.feed ?? feedReader({ store, clock });
  const view = liveView(config.imported, clock);
  const vault = keyVault(name, config.sealer, config.rsaBits);
  const operations = ringOperations(
    config,
    vault,
    ringEditor(config, vault, () => view.stored()),
  );
  const reader = keysReader({
    clock,
    async load() {
      // Reading the feed wakes this ring in time; without it the ring is up to a minute late.
      if (!reader.isLoaded()) feed.poll().catch(ignore);
      view.take(await operations.found());
    },
    onFailure(cause) {
      if (!reader.isLoaded()) return;
      const event = { type: 'signing_key', action: 'unreadable', ring: name, kid: null } as const;
      publishEvent({ ...event, at: clock.now(), cause }, onEvent);
    },
  });
  feed.subscribe(({ key }) => {
    if (key === feedKeyOf(name)) reader.outdate();
  });

  /** Makes a change known in this process before it resolves, also when it was another node that made it. */
  async function known<R>(change: Promise<R>): Promise<R> {
    const result = await change;
    await reader.read();
    return result;
  }

  return {
    overlap: Object.freeze({ publishSeconds, retireAfterSeconds }),
    get keys() {
      reader.keepUp();
      return view.now().keys;
    },
    get algorithms() {
      // A ring that was never read may hold a key of any algorithm, and a token of such a key must not be refused.
      return reader.isLoaded() ? view.now().algorithms : ANY_ALGORITHM;
    },
    get revision() {
      reader.keepUp();
      return view.revision();
    },
    candidates(algorithm, kid) {
      const found = view.now().candidates(algorithm, kid);
      if (found.length > 0 || kid === null || view.now().knows(kid)) return found;
      const seeking = reader.seek();
      return seeking === undefined ? found : seeking.then(() => view.now().candidates(algorithm, kid));
    },
    signingKey(at) {
      const key = reader.isLoaded() ? view.now().signingKey(at) : null;
      if (key !== null) return key;
      throw new StoreError(`the signing keys of the ring "${name}" have not been read yet`);
    },
    fresh: () => reader.fresh(),
    ready: () => reader.read(),
    prepareNext: () => known(operations.prepareNext()),
    promote: () => known(operations.promote()),
    async rotateIfDue(when) {
      const { everySeconds } = parseOptions('rotateIfDue', when, { everySeconds: integer(1) });
      if (everySeconds <= publishSeconds) {
        throw new ConfigError(
          'option_conflict',
          `rotateIfDue.everySeconds must be more than the ring's publishSeconds, which is ${publishSeconds}.`,
        );
      }
      return known(operations.rotateIfDue(everySeconds * 1000));
    },
    revoke: (kid) => known(operations.revoke(kid)),
    async list() {
      await reader.read();
      return view.stored().map(toInfo);
    },
    async close() {
      if (config.feed === undefined) await feed.close();
    },
  };
}

const ANY_ALGORITHM: ReadonlySet<JwtAlgorithm> = new Set(JWT_ALGORITHMS);

function toInfo(key: OpenKey): SigningKeyInfo {
  const { kid, algorithm, publishedAt, activatedAt, retiredAt, forgetAt } = key;
  return { kid, algorithm, state: stateOf(key), publishedAt, activatedAt, retiredAt, forgetAt };
}

/** Whether the feed can be read shows when the keys are. */
function ignore(): void {}
