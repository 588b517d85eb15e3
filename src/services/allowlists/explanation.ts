import { formatAddress, parseAddress, type Address } from '../../network/address.ts';
import { distanceTo, type Distance } from '../../network/distance.ts';
import { type Network, parseNetwork, problemOfAddress } from '../../network/network.ts';
import { findMatch } from '../../network/network-set.ts';
import { isEnforcing, isLive, type Allowlist, type AllowlistEntry, type AllowlistMode } from './document.ts';
import { activeOverride, type AllowlistOverride } from './override.ts';
import { refused, type EditRefusal } from './refusal.ts';

/** What a list says to an address, and why. */
export interface Explanation {
  readonly ok: true;
  /** The list's subject key. */
  readonly list: string;
  /** The address in its canonical form. */
  readonly address: string;
  readonly passes: boolean;
  /**
   * `unconfigured` and `off`: the list asks nothing. `entry`: an entry lets the address in. `observed`: none does, and the
   * list only observes. `overridden`: none does, and the list is overridden. `no_entry`: none does.
   */
  readonly because: 'unconfigured' | 'off' | 'entry' | 'observed' | 'overridden' | 'no_entry';
  readonly mode: AllowlistMode;
  /** The live entry that lets the address in: of several the one with the longest prefix. */
  readonly entry: AllowlistEntry | null;
  /** The entry that let the address in until it expired. */
  readonly expired: AllowlistEntry | null;
  /** The live entry that comes nearest, when none lets the address in. */
  readonly nearest: NearestMiss | null;
  /** The override that is in force. */
  readonly override: AllowlistOverride | null;
}

/** An entry that nearly lets an address in. */
export interface NearestMiss {
  readonly entry: AllowlistEntry;
  /** How many addresses beyond it, in decimal digits; `1` is the neighbour. */
  readonly addresses: string;
  /** On which side of the entry's network the address is. */
  readonly side: 'below' | 'above';
  /** The smallest network that contains both. */
  readonly together: string;
}

export function explain(
  subject: string,
  list: Allowlist,
  text: string,
  now: number,
): Explanation | EditRefusal {
  const address = parseAddress(text);
  if (address === null) return refused('address_invalid', `That is no address: ${problemOfAddress(text)}`);
  const live = networksOf(list.entries.filter((entry) => isLive(entry, now)));
  const past = networksOf(list.entries.filter((entry) => !isLive(entry, now)));
  const entry = findMatch(live, address)?.entry ?? null;
  const override = activeOverride(list.overrides, now);
  const because = reasonOf(list, entry !== null, override !== null);
  return {
    ok: true,
    list: subject,
    address: formatAddress(address),
    passes: because !== 'no_entry',
    because,
    mode: list.mode,
    entry,
    expired: entry === null ? (findMatch(past, address)?.entry ?? null) : null,
    nearest: entry === null ? nearestOf(live, address) : null,
    override,
  };
}

function reasonOf(list: Allowlist, isListed: boolean, isOverridden: boolean): Explanation['because'] {
  if (!list.configured) return 'unconfigured';
  if (list.mode === 'off') return 'off';
  if (isListed) return 'entry';
  if (!isEnforcing(list)) return 'observed';
  return isOverridden ? 'overridden' : 'no_entry';
}

type EntryNetwork = Network & { readonly entry: AllowlistEntry };

function networksOf(entries: readonly AllowlistEntry[]): readonly EntryNetwork[] {
  return entries.flatMap((entry) => {
    const reading = parseNetwork(entry.network);
    return reading.ok ? [{ ...reading.network, entry }] : [];
  });
}

function nearestOf(networks: readonly EntryNetwork[], address: Address): NearestMiss | null {
  let best: { readonly entry: AllowlistEntry; readonly distance: Distance } | null = null;
  for (const network of networks) {
    const distance = distanceTo(network, address);
    if (distance === null || (best !== null && distance.addresses >= best.distance.addresses)) continue;
    best = { entry: network.entry, distance };
  }
  if (best === null) return null;
  const { addresses, side, together } = best.distance;
  return { entry: best.entry, addresses: String(addresses), side, together: together.text };
}
