import type { Address } from '../../network/address.ts';
import { type Network, networkAround } from '../../network/network.ts';

/** A network of a list, and from when on it lets nobody in. */
export interface ListedNetwork {
  readonly network: Network;
  readonly expiresAt: number | undefined;
}

/**
 * Finds the network that lets an address in, for the events: of several the one with the longest prefix. It costs one
 * look-up for each length of a prefix that the list has. Of the networks it keeps their texts only.
 */
export function entryFinder(
  networks: readonly ListedNetwork[],
): (address: Address, now: number) => string | null {
  const expiries = new Map<string, number>();
  const seen = { 4: new Set<number>(), 6: new Set<number>() };
  for (const { network, expiresAt } of networks) {
    expiries.set(network.text, expiresAt ?? Infinity);
    seen[network.family].add(network.prefix);
  }
  const prefixes = { 4: longestFirst(seen[4]), 6: longestFirst(seen[6]) };

  return function findEntry(address, now) {
    for (const prefix of prefixes[address.family]) {
      const { text } = networkAround(address, prefix);
      const expiresAt = expiries.get(text);
      if (expiresAt !== undefined && now < expiresAt) return text;
    }
    return null;
  };
}

function longestFirst(prefixes: Iterable<number>): readonly number[] {
  return Array.from(prefixes).toSorted((a, b) => b - a);
}
