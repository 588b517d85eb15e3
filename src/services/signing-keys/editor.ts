import type { Clock } from '../../core/clock.ts';
import { StoreError } from '../../core/errors.ts';
import { publishEvent } from '../../core/event-publishing.ts';
import type { SigningKeyEvent } from '../../core/events.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import { readDocument, SIGNING_KEY_KIND, toDocument } from './document.ts';
import { withoutForgotten } from './edits.ts';
import type { SigningKeysConfig } from './options.ts';
import type { OpenKey, Vault } from './vault.ts';

/** What an edit comes to. */
export interface Edited<R> {
  /** The keys that are to be stored; `null` when nothing is. */
  readonly keys: readonly OpenKey[] | null;
  readonly result: R;
  /** What the events tell, once the edit is in the store. */
  readonly told?: readonly (readonly [action: SigningKeyEvent['action'], kid: string])[];
}

/** The keys as they are in the store. */
export interface Reading {
  readonly keys: readonly OpenKey[];
  /** Whether there is a record; without one the keys are those that this process knows. */
  readonly isStored: boolean;
  readonly now: number;
}

/** The keys after an edit, and what else came of it. */
export interface EditOutcome<R> {
  readonly keys: readonly OpenKey[];
  readonly result: R;
}

/**
 * Makes one edit of the ring.
 *
 * @param decide Says what the keys come to; called again when somebody else's edit came first.
 */
export type EditRing = <R>(decide: (reading: Reading) => MaybePromise<Edited<R>>) => Promise<EditOutcome<R>>;

/**
 * Edits by comparing versions: of nodes that do the same at the same time one succeeds, and the others then find it
 * done.
 *
 * @param known The keys that this process has open.
 */
export function ringEditor(
  config: SigningKeysConfig,
  vault: Vault,
  known: () => readonly OpenKey[],
): EditRing {
  const { store, name, clock, onEvent, retireAfterSeconds } = config;

  async function announce(version: number): Promise<void> {
    const expiresAt = clock.now() + retireAfterSeconds * 1000;
    await store.feedAppend([{ key: feedKeyOf(name), value: version, expiresAt }]);
  }

  return async function edit(decide) {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const record = await store.get(SIGNING_KEY_KIND, name);
      const stored = record === null ? null : readDocument(name, record.data);
      const keys = stored === null ? known() : vault.open(stored, known());
      const {
        keys: edited,
        result,
        told = [],
      } = await decide({
        keys,
        isStored: stored !== null,
        now: clock.now(),
      });
      if (edited === null) return { keys, result };
      await refuseWrongClock(store, clock);
      const tidy = tidied(edited, vault, clock.now());
      const version = await store.put(SIGNING_KEY_KIND, name, toDocument(tidy), {
        expect: record?.version ?? 'absent',
      });
      if (version === null) continue;
      for (const [action, kid] of told) {
        publishEvent({ type: 'signing_key', action, ring: name, kid, at: clock.now() }, onEvent);
      }
      await announce(version);
      return { keys: tidy, result };
    }
    throw new StoreError(
      `the signing keys of the ring "${name}" are being changed by too many at the same time`,
    );
  };
}

/** The line that says that a ring has changed. */
export function feedKeyOf(ring: string): string {
  return `inv:${SIGNING_KEY_KIND}:${ring}`;
}

/** Keys without those that nobody needs any more, all of them sealed under the primary sealing key. */
function tidied(keys: readonly OpenKey[], vault: Vault, now: number): readonly OpenKey[] {
  return withoutForgotten(keys, now).map((key) => (key.resealDue ? vault.reseal(key) : key));
}

const MOST_ATTEMPTS = 25;
const MOST_SKEW_MS = 60_000;

/** A node whose clock is wrong would promote too early, and forget keys that the others still need. */
async function refuseWrongClock(store: SigningKeysConfig['store'], clock: Clock): Promise<void> {
  const { serverNow } = await store.ping();
  const skewMs = clock.now() - serverNow;
  if (Math.abs(skewMs) <= MOST_SKEW_MS) return;
  throw new StoreError(
    `this process changes no signing keys while its clock is ${Math.round(skewMs / 1000)} seconds off the store's`,
  );
}
