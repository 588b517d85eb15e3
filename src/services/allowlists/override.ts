import type { Json } from '../../core/store.ts';

/** A break-glass override: for a while everyone may pass, whatever the list says. */
export interface AllowlistOverride {
  /** Who broke the glass. */
  readonly author: string;
  /** Why, in their words. */
  readonly reason: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** From this moment on, in milliseconds since the Unix epoch, the list is in force again. */
  readonly until: number;
  /** When somebody ended it before its time. */
  readonly endedAt?: number;
}

/** The longest that an override lasts: whoever needs more changes the list. */
export const LONGEST_OVERRIDE_MS = 24 * 60 * 60_000;

/** How many overrides a list remembers, for whoever reviews it. */
const MOST_REMEMBERED = 20;

/** The override that is in force at this moment, or `null`. */
export function activeOverride(
  overrides: readonly AllowlistOverride[] | undefined,
  now: number,
): AllowlistOverride | null {
  const last = overrides?.at(-1);
  return last !== undefined && now < endOf(last) ? last : null;
}

/** When it ended, or will. */
function endOf({ until, endedAt }: AllowlistOverride): number {
  return Math.min(until, endedAt ?? until);
}

/** Begins one; it takes the place of one that is in force. */
export function withOverride(
  overrides: readonly AllowlistOverride[] | undefined,
  added: AllowlistOverride,
): readonly AllowlistOverride[] {
  return [...endActive(overrides, added.at), added].slice(-MOST_REMEMBERED);
}

/** Ends the one that is in force, if any. */
export function endActive(
  overrides: readonly AllowlistOverride[] | undefined,
  now: number,
): readonly AllowlistOverride[] {
  const active = activeOverride(overrides, now);
  return (overrides ?? []).map((each) => (each === active ? { ...each, endedAt: now } : each));
}

/** Whether a member of a stored list is an override. */
export function isOverride(value: Json): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { author, reason, at, until, endedAt } = value as Record<string, Json>;
  return (
    typeof author === 'string' &&
    typeof reason === 'string' &&
    typeof at === 'number' &&
    typeof until === 'number' &&
    (endedAt === undefined || typeof endedAt === 'number')
  );
}
