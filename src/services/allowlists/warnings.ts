import { type Network, networkContains, parseNetwork } from '../../network/network.ts';
import { compareAddresses } from '../../network/address.ts';
import { isNearby } from '../../network/nearby-networks.ts';
import { isLive, type AllowlistEntry } from './document.ts';

/**
 * Why an entry that was accepted may not be the one that was meant.
 *
 * - `host_bits_set`: the text names one address of the network, as `10.0.0.7/8` does; the whole network is taken.
 * - `ipv4_mapped`: it was written as an IPv6 address, as in `::ffff:10.0.0.1`, and is taken as the IPv4 address.
 * - `covers_everything`: its prefix is 0, so that it contains every address of its family.
 * - `private_range`: nobody who comes from the internet has an address of it.
 * - `overlap`: it lies in another entry that is live, so that one of the two says nothing.
 * - `expired`: it lets nobody in any more.
 */
export type AllowlistWarningCode =
  'host_bits_set' | 'ipv4_mapped' | 'covers_everything' | 'private_range' | 'overlap' | 'expired';

/** What may not be meant as it stands. The entry is in force all the same. */
export interface AllowlistWarning {
  readonly warning: AllowlistWarningCode;
  /** The network of the entry. */
  readonly network: string;
  /** The network that contains it (`overlap`). */
  readonly other?: string;
  /** One sentence for people. */
  readonly sentence: string;
}

/** What is to be said of the entries of a list as they stand, in their order. */
export function warningsOf(entries: readonly AllowlistEntry[], now: number): readonly AllowlistWarning[] {
  const containers = containersOf(entries.filter((entry) => isLive(entry, now)));
  return entries.flatMap((entry) => {
    const { network } = entry;
    if (!isLive(entry, now)) return [warningOf('expired', network)];
    const reading = parseNetwork(network);
    const container = containers.get(network);
    return [
      ...(reading.ok && reading.network.prefix === 0 ? [warningOf('covers_everything', network)] : []),
      ...(reading.ok && isNearby(reading.network) ? [warningOf('private_range', network)] : []),
      ...(container === undefined ? [] : [warningOf('overlap', network, container)]),
    ];
  });
}

export function warningOf(warning: AllowlistWarningCode, network: string, other?: string): AllowlistWarning {
  const sentence = `${network} ${SENTENCES[warning](other ?? '')}`;
  return { warning, network, ...(other === undefined ? {} : { other }), sentence };
}

const SENTENCES: Readonly<Record<AllowlistWarningCode, (other: string) => string>> = {
  host_bits_set: () => 'is taken, the whole network, although the address of one machine in it was written.',
  ipv4_mapped: () => 'is taken, the IPv4 network, although it was written as IPv6.',
  covers_everything: () =>
    'is every address there is of its family, so that the list keeps none of them out.',
  private_range: () => 'is a private range, where nobody who comes from the internet is.',
  overlap: (other) => `lies in ${other}, which is on the list as well: to remove it keeps nobody out.`,
  expired: () => 'has expired and lets nobody in; remove it.',
};

/** For each network the smallest other one that contains it. Networks nest or are apart, so one walk finds them. */
function containersOf(entries: readonly AllowlistEntry[]): ReadonlyMap<string, string> {
  const sorted = entries
    .flatMap(({ network }) => {
      const reading = parseNetwork(network);
      return reading.ok ? [reading.network] : [];
    })
    .toSorted((a, b) => compareAddresses(a.first, b.first) || a.prefix - b.prefix);
  const containers = new Map<string, string>();
  const open: Network[] = [];
  for (const network of sorted) {
    while (open.length > 0 && !networkContains(open.at(-1) as Network, network.first)) open.pop();
    const container = open.at(-1);
    if (container !== undefined) containers.set(network.text, container.text);
    open.push(network);
  }
  return containers;
}
