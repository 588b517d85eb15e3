import { type Address, compareAddresses } from './address.ts';
import { type Network, networkAround } from './network.ts';

/** How far an address lies outside of a network of its own family. */
export interface Distance {
  /** How many addresses away the nearest address of the network is; 1 is the neighbour. */
  readonly addresses: bigint;
  readonly side: 'below' | 'above';
  /** The smallest network that contains the address and the network. */
  readonly together: Network;
}

/** @returns `null` when the address lies in the network, or is of the other family. */
export function distanceTo(network: Network, address: Address): Distance | null {
  if (network.family !== address.family) return null;
  const below = compareAddresses(address, network.first) < 0;
  if (!below && compareAddresses(address, network.last) <= 0) return null;
  const edge = numberOf(below ? network.first : network.last);
  const own = numberOf(address);
  return {
    addresses: below ? edge - own : own - edge,
    side: below ? 'below' : 'above',
    together: networkAround(
      address,
      Math.min(network.prefix, commonBits(numberOf(network.first), own, address)),
    ),
  };
}

function numberOf(address: Address): bigint {
  if (address.family === 4) return BigInt(address.value);
  const { w0, w1, w2, w3 } = address;
  return (BigInt(w0) << 96n) | (BigInt(w1) << 64n) | (BigInt(w2) << 32n) | BigInt(w3);
}

/** How many bits two different numbers begin with alike. */
function commonBits(a: bigint, b: bigint, { family }: Address): number {
  return (family === 4 ? 32 : 128) - (a ^ b).toString(2).length;
}
