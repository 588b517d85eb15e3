import type { Address } from './address.ts';
import { networkAround } from './network.ts';

/**
 * The text under which a rate limit counts an address: the IPv4 address itself, but the network of an IPv6 address,
 * because one subscriber is given at least a /64 and could otherwise take a new bucket with every request. IPv4-mapped
 * peers share the bucket of their IPv4 address, since {@link Address} holds them as IPv4.
 *
 * @param ipv6Prefix 64 (the default), or 56 where subscribers are given larger blocks.
 * @returns A canonical network, as in `203.0.113.7/32` or `2001:db8:0:1::/64`.
 * @see RFC 6177 section 2
 */
export function addressBucket(address: Address, ipv6Prefix: 56 | 64 = 64): string {
  return networkAround(address, address.family === 4 ? 32 : ipv6Prefix).text;
}
