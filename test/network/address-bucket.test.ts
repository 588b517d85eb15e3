import { describe, expect, it } from 'vitest';
import { type Address, parseAddress } from '../../src/network/address.ts';
import { addressBucket } from '../../src/network/address-bucket.ts';

describe('addressBucket', () => {
  it.each([
    ['each IPv4 address has its own', '203.0.113.7', '203.0.113.7/32'],
    ['a mapped peer shares the bucket of its IPv4 address', '::ffff:203.0.113.7', '203.0.113.7/32'],
    ['so does the mapped spelling in hex', '::ffff:cb00:7107', '203.0.113.7/32'],
    ['an IPv6 address counts under its /64', '2001:db8:0:1:aaaa:bbbb:cccc:dddd', '2001:db8:0:1::/64'],
    ['its neighbour in the /64 counts with it', '2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['the next /64 does not', '2001:db8:0:2::1', '2001:db8:0:2::/64'],
    ['an IPv4-compatible look-alike is IPv6', '::203.0.113.7', '::/64'],
  ])('IP-08 %s', (_, text, bucket) => {
    expect(addressBucket(addressOf(text))).toBe(bucket);
  });

  it.each([
    ['2001:db8:0:1ff::1', 56, '2001:db8:0:100::/56'],
    ['2001:db8:0:100::1', 56, '2001:db8:0:100::/56'],
    ['2001:db8:0:200::1', 56, '2001:db8:0:200::/56'],
    ['2001:db8:0:1ff::1', 64, '2001:db8:0:1ff::/64'],
    ['203.0.113.7', 56, '203.0.113.7/32'],
  ] as const)('IP-08 counts %s by /%i under %s', (text, prefix, bucket) => {
    expect(addressBucket(addressOf(text), prefix)).toBe(bucket);
  });
});

function addressOf(text: string): Address {
  return parseAddress(text) as Address;
}
