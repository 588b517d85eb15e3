import { type Network, parseNetwork } from '../../network/network.ts';
import { type Allowlist, type AllowlistEntry, isLive, NEVER_CONFIGURED } from './document.ts';
import { endActive } from './override.ts';
import { type EditRefusal, refused } from './refusal.ts';

/**
 * The most entries of one list. A list is one document: each edit writes all of it, and each process reads and
 * compiles all of it again between two requests, which for so many takes about a tenth of a second.
 */
const MOST_ENTRIES = 20_000;

/** What an edit comes to: the list after it, or `null` when it changes nothing. */
export interface Edited<R> {
  readonly ok: true;
  readonly list: Allowlist | null;
  readonly result: R;
}

/** What adding did. */
export interface Added {
  readonly ok: true;
  readonly added: readonly AllowlistEntry[];
  /** Entries of the same networks, with another label or expiry, whose place was taken. */
  readonly replaced: readonly AllowlistEntry[];
  /** Entries that were there already just so. */
  readonly unchanged: readonly AllowlistEntry[];
  /** The list after it. */
  readonly list: Allowlist;
}

/** What removing did. */
export interface Removed {
  readonly ok: true;
  readonly removed: readonly AllowlistEntry[];
  /** The list after it. */
  readonly list: Allowlist;
}

/**
 * Adds entries as if one after the other. A network stands in a list once: adding it again with another label or
 * expiry replaces its entry, so that the last word holds. The first entries make the list enforce, unless it observes
 * or is to observe.
 */
export function addTo(
  list: Allowlist,
  entries: readonly AllowlistEntry[],
  now: number,
  observe: boolean,
): Edited<Added> | EditRefusal {
  if (observe && list.configured && list.mode !== 'observe')
    return refused('mode_conflict', modeConflict(list));
  const byNetwork = new Map(list.entries.map((entry) => [entry.network, entry]));
  const unchanged = new Set<AllowlistEntry>();
  for (const entry of entries) {
    const present = byNetwork.get(entry.network);
    if (present !== undefined && present.label === entry.label && present.expiresAt === entry.expiresAt) {
      unchanged.add(present);
    } else {
      byNetwork.set(entry.network, entry);
    }
  }
  if (byNetwork.size > MOST_ENTRIES) return refused('list_full', problemOfFull(list, now));
  const present = new Set(byNetwork.values());
  const before = new Set(list.entries);
  const added = [...present].filter((entry) => !before.has(entry));
  const after: Allowlist = { ...begun(list, observe ? 'observe' : 'enforce', now), entries: [...present] };
  return {
    ok: true,
    list: added.length === 0 ? null : after,
    result: {
      ok: true,
      added,
      replaced: list.entries.filter((entry) => !present.has(entry)),
      unchanged: [...unchanged].filter((entry) => before.has(entry) && present.has(entry)),
      list: added.length === 0 ? list : after,
    },
  };
}

/** Removes one entry, named by its id or by its network in any spelling. */
export function removeFrom(list: Allowlist, idOrNetwork: string): Edited<Removed> | EditRefusal {
  const reading = parseNetwork(idOrNetwork);
  const isNamed: (entry: AllowlistEntry) => boolean = reading.ok
    ? ofNetwork(reading.network)
    : (entry) => entry.id === idOrNetwork;
  const removed = list.entries.filter(isNamed);
  if (removed.length === 0) {
    return refused('entry_unknown', `The list has no entry with this ${reading.ok ? 'network' : 'id'}.`);
  }
  const after = { ...list, entries: list.entries.filter((entry) => !isNamed(entry)) };
  return { ok: true, list: after, result: { ok: true, removed, list: after } };
}

/** Takes a list back to where it was before its first entry: everyone may pass. Its overrides stay on record. */
export function clearOf(list: Allowlist, now: number): Edited<Removed> {
  const { observedSince: _, overrides, ...others } = list;
  const after: Allowlist = {
    ...others,
    ...NEVER_CONFIGURED,
    ...(overrides === undefined ? {} : { overrides: endActive(overrides, now) }),
  };
  const result: Removed = { ok: true, removed: list.entries, list: list.configured ? after : list };
  return { ok: true, list: list.configured ? after : null, result };
}

/** The list as configured: one that was not begins in the given mode. */
export function begun(list: Allowlist, mode: 'observe' | 'enforce', now: number): Allowlist {
  if (list.configured) return list;
  return { ...list, configured: true, mode, ...(mode === 'observe' ? { observedSince: now } : {}) };
}

function ofNetwork(network: Network): (entry: AllowlistEntry) => boolean {
  return (entry) => entry.network === network.text;
}

function modeConflict({ mode }: Allowlist): string {
  const state = mode === 'off' ? 'is switched off' : 'is being enforced';
  return `The list ${state}, and observing can be asked for with its first entry only; set the mode of the list instead.`;
}

function problemOfFull({ entries }: Allowlist, now: number): string {
  const expired = entries.filter((entry) => !isLive(entry, now)).length;
  const mend = expired === 0 ? 'join neighbouring networks' : `remove the ${expired} that have expired`;
  return `A list has at most ${MOST_ENTRIES} entries, and there would be more; ${mend}.`;
}
