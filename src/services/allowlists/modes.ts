import { enforcesAt, isEnforcing, type Allowlist, type AllowlistMode } from './document.ts';
import { begun, type Edited } from './edits.ts';
import { refusalOfChange, type LockOutGuard } from './lock-out.ts';
import { isLine, MUST_BE_LINE } from './new-entry.ts';
import {
  activeOverride,
  endActive,
  LONGEST_OVERRIDE_MS,
  withOverride,
  type AllowlistOverride,
} from './override.ts';
import { type EditRefusal, refused } from './refusal.ts';

/** What setting a mode, or an override, did. */
export interface Changed {
  readonly ok: true;
  /** False when the list was so already. */
  readonly changed: boolean;
  /** The list after it. */
  readonly list: Allowlist;
}

/** What an override needs to be told. */
export interface NewOverride {
  /** Who breaks the glass: at most 100 characters on one line. */
  readonly author: string;
  /** Why: at most 100 characters on one line. */
  readonly reason: string;
  /** When it ends by itself, in milliseconds since the Unix epoch: within a day. */
  readonly until: number;
}

/**
 * Sets what a list does. Observing begins a report; of a list that was never configured it reports everyone. A list that
 * is enforced already is looked at all the same, since whoever enforces it asks whether they stay in.
 */
export function modeOf(
  list: Allowlist,
  mode: AllowlistMode,
  guard: LockOutGuard,
  now: number,
): Edited<Changed> | EditRefusal {
  if (!list.configured) {
    if (mode === 'off') return unchanged(list);
    if (mode === 'enforce') {
      return refused('list_unconfigured', 'The list has no entries yet; adding the first one enforces it.');
    }
    return changed(begun(list, 'observe', now));
  }
  if (list.mode === mode) {
    const refusal = mode === 'enforce' ? refusalOfChange({ ...list, mode: 'off' }, list, guard, now) : null;
    return refusal ?? unchanged(list);
  }
  return changed({ ...list, mode, ...(mode === 'observe' ? { observedSince: now } : {}) });
}

/** Lets everyone pass until a moment. What the list would have refused meanwhile is in the report. */
export function overrideOf(list: Allowlist, wanted: NewOverride, now: number): Edited<Changed> | EditRefusal {
  if (!isEnforcing(list)) {
    return refused('not_enforcing', 'The list refuses nobody, so that there is nothing to override.');
  }
  const { author, reason, until } = wanted;
  if (!isLine(author)) return refused('author_invalid', `The author ${MUST_BE_LINE}`);
  if (!isLine(reason)) return refused('reason_invalid', `The reason ${MUST_BE_LINE}`);
  if (!Number.isSafeInteger(until) || until <= now || until > now + LONGEST_OVERRIDE_MS) {
    return refused('expiry_invalid', 'An override ends by itself, after at most a day.');
  }
  const added: AllowlistOverride = { author, reason, at: now, until };
  return changed({
    ...list,
    overrides: withOverride(list.overrides, added),
    observedSince: enforcesAt(list, now) ? now : (list.observedSince ?? now),
  });
}

/** Puts a list in force again before its override ends by itself. */
export function endOverrideOf(list: Allowlist, now: number): Edited<Changed> | EditRefusal {
  if (activeOverride(list.overrides, now) === null) {
    return refused('override_missing', 'No override of the list is in force.');
  }
  return changed({ ...list, overrides: endActive(list.overrides, now) });
}

function changed(list: Allowlist): Edited<Changed> {
  return { ok: true, list, result: { ok: true, changed: true, list } };
}

function unchanged(list: Allowlist): Edited<Changed> {
  return { ok: true, list: null, result: { ok: true, changed: false, list } };
}
