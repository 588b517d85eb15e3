import { isForgotten, stateOf } from './document.ts';
import type { Edited, EditOutcome, EditRing, Reading } from './editor.ts';
import { activeOf, nextOf, promote, secondsUntil, withdraw, withoutForgotten, type Pace } from './edits.ts';
import type { SigningKeysConfig } from './options.ts';
import type { OpenKey, Vault } from './vault.ts';

/** What became of preparing a key. */
export type Preparation =
  /** A key was made and is published. */
  | { readonly outcome: 'prepared'; readonly kid: string }
  /** There is a next key already. */
  | { readonly outcome: 'unchanged'; readonly kid: string }
  /** The ring is full of retired keys that are still needed; the first of them goes after so many seconds. */
  | { readonly outcome: 'waiting'; readonly waitSeconds: number };

/** What became of promoting the next key. */
export type Promotion =
  /** It signs now, and this call did it. */
  | { readonly outcome: 'promoted'; readonly kid: string }
  /** No key is next: none was prepared, or another node has promoted it. `kid` signs; `null` for an imported key. */
  | { readonly outcome: 'unchanged'; readonly kid: string | null }
  /** The next key has not been published long enough. */
  | { readonly outcome: 'waiting'; readonly kid: string; readonly waitSeconds: number };

/** What a rotation that was due came to. */
export interface RotationStep {
  readonly outcome: 'prepared' | 'promoted' | 'unchanged';
  /** The key that was prepared or promoted, or that goes on signing; `null` for an imported key. */
  readonly kid: string | null;
}

/** What became of revoking a key. */
export type Revocation =
  | { readonly outcome: 'revoked'; readonly kid: string; readonly activeKid: string | null }
  /** The ring holds no such key; it may have been forgotten already. */
  | { readonly outcome: 'unknown' };

/** The changes of a ring, each one atomic step in the store. */
export interface RingOperations {
  /** The keys of the ring; when none of them can sign, which is so on the first start, one is made. */
  found(): Promise<readonly OpenKey[]>;
  prepareNext(): Promise<Preparation>;
  promote(): Promise<Promotion>;
  rotateIfDue(everyMs: number): Promise<RotationStep>;
  revoke(kid: string): Promise<Revocation>;
}

/** The most keys of one ring; a rotation waits rather than letting it grow. */
const MOST_KEYS = 64;

export function ringOperations(config: SigningKeysConfig, vault: Vault, edit: EditRing): RingOperations {
  const { algorithm, clock, imported } = config;
  const pace: Pace = {
    publishMs: config.publishSeconds * 1000,
    retireMs: config.retireAfterSeconds * 1000,
  };
  const importSigns = imported.some(({ signs }) => signs);

  /** Makes one key at most, however often an edit is decided anew, since making an RSA key is slow. */
  function maker(): () => Promise<OpenKey> {
    let made: Promise<OpenKey> | undefined;
    return async () => {
      made ??= vault.create(algorithm, clock.now());
      const key = await made;
      return { ...key, publishedAt: clock.now() };
    };
  }

  async function resultOf<R>(outcome: Promise<EditOutcome<R>>): Promise<R> {
    return (await outcome).result;
  }

  async function decideFounding(reading: Reading, make: () => Promise<OpenKey>): Promise<Edited<null>> {
    const { keys, isStored, now } = reading;
    const next = nextOf(keys);
    if (activeOf(keys) !== undefined || (importSigns && (isStored || next !== undefined))) {
      // Without a record the keys are those this process knows: the record was lost, and is written again.
      return { keys: isStored ? null : keys, result: null };
    }
    const key = next ?? (await make());
    const prepared = next === undefined ? [...keys, key] : keys;
    if (importSigns) return { keys: prepared, result: null, told: [['prepared', key.kid]] };
    const told = [
      ...(next === undefined ? [['prepared', key.kid] as const] : []),
      ['promoted', key.kid] as const,
    ];
    return { keys: promote(prepared, key, Math.max(now, key.publishedAt), pace), result: null, told };
  }

  async function decidePreparation(
    { keys, now }: Reading,
    make: () => Promise<OpenKey>,
  ): Promise<Edited<Preparation>> {
    const next = nextOf(keys);
    if (next !== undefined) return { keys: null, result: { outcome: 'unchanged', kid: next.kid } };
    const left = withoutForgotten(keys, now);
    if (left.length >= MOST_KEYS) {
      const first = Math.min(...left.map(({ forgetAt }) => forgetAt ?? Infinity));
      return { keys: null, result: { outcome: 'waiting', waitSeconds: secondsUntil(first, now) } };
    }
    const key = await make();
    return {
      keys: [...keys, key],
      result: { outcome: 'prepared', kid: key.kid },
      told: [['prepared', key.kid]],
    };
  }

  function decidePromotion({ keys, now }: Reading): Edited<Promotion> {
    const next = nextOf(keys);
    if (next === undefined) {
      return { keys: null, result: { outcome: 'unchanged', kid: activeOf(keys)?.kid ?? null } };
    }
    const waitSeconds = secondsUntil(next.publishedAt + pace.publishMs, now);
    if (waitSeconds > 0) return { keys: null, result: { outcome: 'waiting', kid: next.kid, waitSeconds } };
    return {
      keys: promote(keys, next, now, pace),
      result: { outcome: 'promoted', kid: next.kid },
      told: [['promoted', next.kid]],
    };
  }

  async function decideRotation(
    reading: Reading,
    everyMs: number,
    make: () => Promise<OpenKey>,
  ): Promise<Edited<RotationStep>> {
    const { keys, now } = reading;
    const active = activeOf(keys);
    // A key that was imported signs for want of one of the ring, so that is due at once.
    const dueAt = active === undefined ? now : (active.activatedAt ?? 0) + everyMs;
    const isPrepared = nextOf(keys) !== undefined;
    if (!isPrepared && now >= dueAt - pace.publishMs) {
      const { keys: prepared, result, told } = await decidePreparation(reading, make);
      if (result.outcome === 'prepared') return { keys: prepared, result, told: told ?? [] };
    }
    if (isPrepared && now >= dueAt) {
      const { keys: promoted, result, told } = decidePromotion(reading);
      if (result.outcome === 'promoted') return { keys: promoted, result, told: told ?? [] };
    }
    const isUntidy = keys.some((key) => key.resealDue || isForgotten(key, now));
    return { keys: isUntidy ? keys : null, result: { outcome: 'unchanged', kid: active?.kid ?? null } };
  }

  async function decideRevocation(
    { keys, now }: Reading,
    kid: string,
    make: () => Promise<OpenKey>,
  ): Promise<Edited<Revocation>> {
    const key = keys.find((each) => each.kid === kid);
    if (key === undefined) return { keys: null, result: { outcome: 'unknown' } };
    const isActive = stateOf(key) === 'active';
    const successor = isActive ? (nextOf(keys) ?? (await make())) : key;
    const left = isActive ? withdraw(keys, key, successor, now) : keys.filter((each) => each !== key);
    return {
      keys: left,
      result: { outcome: 'revoked', kid, activeKid: activeOf(left)?.kid ?? null },
      told: [['revoked', kid], ...(isActive ? [['promoted', successor.kid] as const] : [])],
    };
  }

  return {
    async found() {
      const make = maker();
      return (await edit((reading) => decideFounding(reading, make))).keys;
    },
    prepareNext() {
      const make = maker();
      return resultOf(edit((reading) => decidePreparation(reading, make)));
    },
    promote: () => resultOf(edit(decidePromotion)),
    rotateIfDue(everyMs) {
      const make = maker();
      return resultOf(edit((reading) => decideRotation(reading, everyMs, make)));
    },
    revoke(kid) {
      const make = maker();
      return resultOf(edit((reading) => decideRevocation(reading, kid, make)));
    },
  };
}
