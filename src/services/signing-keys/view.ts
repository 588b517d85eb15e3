import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { JwtAlgorithm } from '../../tokens/algorithms.ts';
import type { SigningKey } from '../../tokens/key-ring.ts';
import type { KeyState, RingKey } from '../../tokens/ring-keys.ts';
import { isForgotten, stateOf } from './document.ts';
import type { ImportedKey } from './options.ts';
import type { OpenKey } from './vault.ts';

/** A ring at one moment. */
interface RingView {
  /** The active key first, then next, then retired ones. */
  readonly keys: readonly RingKey[];
  readonly algorithms: ReadonlySet<JwtAlgorithm>;
  candidates(algorithm: JwtAlgorithm, kid: string | null): readonly KeyObject[];
  /** Whether a key with this kid is known, of whatever algorithm, also when its time is over. */
  knows(kid: string): boolean;
  /** The key that signs for a moment, while it is known; otherwise the active one. `null` when there is none. */
  signingKey(at: number | undefined): SigningKey | null;
  /** When a key of it is forgotten; infinite when none is. */
  readonly endsAt: number;
}

/** The ring as it is now: keys are forgotten when their time has come, also while the store is down. */
export interface LiveView {
  now(): RingView;
  /** Grows whenever a key has come or gone. */
  revision(): number;
  /** The keys that were read last, forgotten ones among them. */
  stored(): readonly OpenKey[];
  /** Takes over what was read. */
  take(stored: readonly OpenKey[]): void;
}

export function liveView(imported: readonly ImportedKey[], clock: Clock): LiveView {
  let stored: readonly OpenKey[] = [];
  let view = ringView(stored, imported, clock.now());
  let revision = 0;

  function show(next: RingView): void {
    if (!sameKeys(view, next)) revision += 1;
    view = next;
  }

  function keepTime(): void {
    const now = clock.now();
    if (now >= view.endsAt) show(ringView(stored, imported, now));
  }

  return {
    now() {
      keepTime();
      return view;
    },
    revision() {
      keepTime();
      return revision;
    },
    stored: () => stored,
    take(keys) {
      stored = keys;
      show(ringView(stored, imported, clock.now()));
    },
  };
}

/** Whether two views verify the same tokens, whatever the states of their keys. */
function sameKeys(one: RingView, other: RingView): boolean {
  const keys = new Set(one.keys.map(({ verify }) => verify));
  return keys.size === other.keys.length && other.keys.every(({ verify }) => keys.has(verify));
}

/** The view of stored and imported keys. */
function ringView(stored: readonly OpenKey[], imported: readonly ImportedKey[], now: number): RingView {
  const own = stored.filter((key) => !isForgotten(key, now));
  const brought = imported.filter((key) => !isForgotten(key, now));
  const firstActivation = Math.min(...own.map(({ activatedAt }) => activatedAt ?? Infinity));
  const terms = [
    ...own.map((key) => ({
      key: toRingKey(key, stateOf(key)),
      since: (key.activatedAt ?? Infinity) + HANDOVER_MS,
      until: (key.retiredAt ?? Infinity) + HANDOVER_MS,
    })),
    ...brought.map((key) => ({
      key: toRingKey(key, key.signs && firstActivation === Infinity ? 'active' : 'retired'),
      since: key.signs ? -Infinity : Infinity,
      until: firstActivation + HANDOVER_MS,
    })),
  ].toSorted((a, b) => ORDER[a.key.state] - ORDER[b.key.state]);
  const keys = terms.map(({ key }) => key);
  const kids = new Set([...stored, ...imported].map(({ kid }) => kid));
  const active = keys.find(({ state }) => state === 'active');

  return {
    keys,
    algorithms: new Set(keys.map(({ algorithm }) => algorithm)),
    candidates: (algorithm, kid) =>
      keys.filter((key) => key.algorithm === algorithm && key.kid === kid).map(({ verify }) => verify),
    knows: (kid) => kids.has(kid),
    signingKey(at) {
      const then = at === undefined ? undefined : terms.find(({ since, until }) => since <= at && at < until);
      const key = then?.key ?? active;
      return key !== undefined && canSign(key) ? key : null;
    },
    endsAt: Math.min(...[...own, ...brought].map(({ forgetAt }) => forgetAt ?? Infinity)),
  };
}

/**
 * What is signed for a moment so soon after a promotion is still signed by the predecessor, so that a node which has not
 * heard of the promotion yet and one that has sign the same claims to the same bytes.
 */
const HANDOVER_MS = 5_000;

const ORDER: Readonly<Record<KeyState, number>> = { active: 0, next: 1, retired: 2 };

function toRingKey({ kid, algorithm, verify, sign }: Omit<RingKey, 'state'>, state: KeyState): RingKey {
  return Object.freeze({ kid, algorithm, state, verify, sign });
}

function canSign(key: RingKey): key is SigningKey {
  return key.sign !== null;
}
