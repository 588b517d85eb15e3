import { authError, type AuthError } from '../../core/errors.ts';
import type { StoredRecord } from '../../core/store.ts';
import type { Address } from '../../network/address.ts';
import { parseNetwork } from '../../network/network.ts';
import { NetworkSet } from '../../network/network-set.ts';
import { damaged, enforcesAt, isLive, readAllowlist, type Allowlist } from './document.ts';
import { entryFinder, type ListedNetwork } from './entry-finder.ts';

/** One list, ready to be asked on each request. */
export interface CompiledList {
  /** The version of the record that it was compiled from; 0 when there is none. */
  readonly version: number;
  /** How many entries it holds, for the bound of the memory. */
  readonly size: number;
  /**
   * Why the address is not on the list, or `null` when it is. A list that asks nothing, since it was never configured or
   * is switched off, refuses nobody.
   *
   * @param address `null` when it cannot be known.
   */
  refuse(address: Address | null, now: number): AuthError | null;
  /** Whether such a refusal counts; otherwise the request passes, and the report counts it. */
  enforces(now: number): boolean;
  /** The network that lets the address in, as in `10.0.0.0/8`, or `null`. It is for events; `refuse` decides. */
  find(address: Address, now: number): string | null;
  /** Since when the report counts. */
  readonly observedSince: number;
}

/**
 * Compiles a record. Entries that never expire become one set; those that do become another, which is compiled anew
 * only when the time passes the expiry of one of them.
 *
 * @throws {@link StoreError} When the record is damaged.
 */
export function compileList(subject: string, record: StoredRecord | null): CompiledList {
  const list = readAllowlist(subject, record);
  const { configured, mode, entries, observedSince = 0 } = list;
  const version = record?.version ?? 0;
  const enforces = enforcement(list);

  const listed: ListedNetwork[] = [];
  for (const entry of entries) {
    const reading = parseNetwork(entry.network);
    // Leaving it out would lock out whoever comes from there, and nobody would learn why.
    if (!reading.ok) throw damaged(subject, new Error(reading.problem));
    listed.push({ network: reading.network, expiresAt: entry.expiresAt });
  }
  // After the entries have been read, since a list that is damaged must not be found out only when it is switched on.
  if (!configured || mode === 'off') {
    return { version, size: 0, refuse: () => null, find: () => null, enforces, observedSince };
  }
  const always = NetworkSet.of(listed.filter(isLasting).map(({ network }) => network));
  const passing = listed.filter(isPassing);
  const atPresent = passing.length === 0 ? () => EMPTY : setOfPresent(passing);

  return {
    version,
    size: entries.length,
    refuse(address, now) {
      if (address === null) return authError('ip_unknown');
      return always.has(address) || atPresent(now).has(address) ? null : authError('ip_denied');
    },
    find: entryFinder(listed),
    enforces,
    observedSince,
  };
}

/** Apart from the compiling, so that the entries as they were read are not kept with what is compiled. */
function enforcement({ configured, mode, overrides }: Allowlist): (now: number) => boolean {
  return (now) => enforcesAt({ configured, mode, overrides }, now);
}

type PassingNetwork = ListedNetwork & { readonly expiresAt: number };

function isLasting({ expiresAt }: ListedNetwork): boolean {
  return expiresAt === undefined;
}

function isPassing(listed: ListedNetwork): listed is PassingNetwork {
  return !isLasting(listed);
}

const EMPTY = NetworkSet.of([]);

/** The set of those that are live at a moment, kept for as long as none of them expires, whichever way the clock moves. */
function setOfPresent(passing: readonly PassingNetwork[]): (now: number) => NetworkSet {
  let set = EMPTY;
  let from = Infinity;
  let until = -Infinity;
  return function presentAt(now) {
    if (now >= from && now < until) return set;
    const live = passing.filter((each) => isLive(each, now));
    set = NetworkSet.of(live.map(({ network }) => network));
    from = -Infinity;
    until = Infinity;
    for (const { expiresAt } of passing) {
      if (expiresAt <= now) from = Math.max(from, expiresAt);
      else until = Math.min(until, expiresAt);
    }
    return set;
  };
}
