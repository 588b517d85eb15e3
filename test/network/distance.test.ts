import { describe, expect, it } from 'vitest';
import { type Address, parseAddress } from '../../src/network/address.ts';
import { distanceTo } from '../../src/network/distance.ts';
import { networkOf } from './network-of.ts';

describe('distanceTo', () => {
  it.each([
    ['203.0.113.0/24', '203.0.114.0', 1n, 'above', '203.0.112.0/22'],
    ['203.0.113.0/24', '203.0.112.255', 1n, 'below', '203.0.112.0/23'],
    ['203.0.113.8/32', '203.0.113.15', 7n, 'above', '203.0.113.8/29'],
    ['0.0.0.0/32', '255.255.255.255', 0xffff_ffffn, 'above', '0.0.0.0/0'],
    ['2001:db8::/32', '2001:db9::', 1n, 'above', '2001:db8::/31'],
    ['2001:db8::/64', '2001:db8:0:2::', 0x1_0000_0000_0000_0001n, 'above', '2001:db8::/62'],
    ['ffff::/16', '::', 0xffffn << 112n, 'below', '::/0'],
  ])('of %s to %s is %s %s, and %s holds both', (network, text, addresses, side, together) => {
    const distance = distanceTo(networkOf(network), parseAddress(text) as Address);
    expect({ ...distance, together: distance?.together.text }).toEqual({ addresses, side, together });
  });

  it.each([
    ['the first address', '203.0.113.0/24', '203.0.113.0'],
    ['the last address', '203.0.113.0/24', '203.0.113.255'],
    ['an address of the other family', '203.0.113.0/24', '::203.0.114.0'],
  ])('is none for %s', (_, network, text) => {
    expect(distanceTo(networkOf(network), parseAddress(text) as Address)).toBeNull();
  });
});
