import { isForgotten, stateOf, type StoredKey } from './document.ts';

/** How long the states of a ring's keys last, in milliseconds. */
export interface Pace {
  readonly publishMs: number;
  readonly retireMs: number;
}

/** The key that signs; `undefined` when there is none. */
export function activeOf<K extends StoredKey>(keys: readonly K[]): K | undefined {
  return keys.find((key) => stateOf(key) === 'active');
}

/** The key that signs next. */
export function nextOf<K extends StoredKey>(keys: readonly K[]): K | undefined {
  return keys.find((key) => stateOf(key) === 'next');
}

/** Makes the next key the one that signs, and retires the one that did. */
export function promote<K extends StoredKey>(keys: readonly K[], next: K, now: number, pace: Pace): K[] {
  return keys.map((key) => {
    if (key.kid === next.kid) return { ...key, activatedAt: now };
    return stateOf(key) === 'active' ? { ...key, retiredAt: now, forgetAt: now + pace.retireMs } : key;
  });
}

/** Takes a key out, and makes another the one that signs when it was the one. */
export function withdraw<K extends StoredKey>(
  keys: readonly K[],
  withdrawn: K,
  successor: K,
  now: number,
): K[] {
  const left = keys.filter(({ kid }) => kid !== withdrawn.kid);
  if (stateOf(withdrawn) !== 'active') return left;
  const others = left.filter(({ kid }) => kid !== successor.kid);
  return [...others, { ...successor, activatedAt: now }];
}

/** The keys that are still of use. */
export function withoutForgotten<K extends StoredKey>(keys: readonly K[], now: number): K[] {
  return keys.filter((key) => !isForgotten(key, now));
}

/** Whole seconds until a moment; 0 when it has come. */
export function secondsUntil(moment: number, now: number): number {
  return Math.max(0, Math.ceil((moment - now) / 1000));
}
