import type { Address } from '../../src/network/address.ts';

/** The octets of an address as numbers, 4 or 16. */
export function bytesOf(address: Address): number[] {
  const words = address.family === 4 ? [address.value] : [address.w0, address.w1, address.w2, address.w3];
  return words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
}
