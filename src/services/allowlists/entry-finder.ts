import type { Address } from '../../network/address.ts';
import { type Network, networkAround } from '../../network/network.ts';

/** A network of a list, and from when on it lets nobody in. */
export interface ListedNetwork {
  readonly network: Network;
  readonly expiresAt: number | undefined;
}

/**
 * Finds the network that lets an address in, for the events: of several the one with the longest prefix. It costs one
 * look-up for each length of a prefix that the list has, and is put together when it is first asked.
 */
export function entryFinder(
  networks: readonly ListedNetwork[],
): (address: Address, now: number) => string | null {
  let found:
    { readonly expiries: ReadonlyMap<string, number>; readonly prefixes: PrefixesByFamily } | undefined;

  function index(): typeof found & object {
    const expiries = new Map<string, number>();
    const prefixes = { 4: new Set<number>(), 6: new Set<number>() };
    for (const { network, expiresAt } of networks) {
      expiries.set(network.text, expiresAt ?? Infinity);
      prefixes[network.family].add(network.prefix);
    }
    return { expiries, prefixes: { 4: longestFirst(prefixes[4]), 6: longestFirst(prefixes[6]) } };
  }

  return function findEntry(address, now) {
    found ??= index();
    for (const prefix of found.prefixes[address.family]) {
      const { text } = networkAround(address, prefix);
      const expiresAt = found.expiries.get(text);
      if (expiresAt !== undefined && now < expiresAt) return text;
    }
    return null;
  };
}

type PrefixesByFamily = Readonly<Record<4 | 6, readonly number[]>>;

function longestFirst(prefixes: Iterable<number>): readonly number[] {
  return Array.from(prefixes).toSorted((a, b) => b - a);
}
