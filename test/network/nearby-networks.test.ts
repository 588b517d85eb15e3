import { describe, expect, it } from 'vitest';
import { isNearby } from '../../src/network/nearby-networks.ts';
import { networkOf } from './network-of.ts';

describe('isNearby', () => {
  it.each([
    ['10.0.0.0/8', true],
    ['10.1.0.0/16', true],
    ['10.0.0.0/7', false],
    ['0.0.0.0/0', false],
    ['172.31.255.255', true],
    ['172.32.0.0', false],
    ['192.168.1.0/24', true],
    ['127.0.0.1', true],
    ['100.127.255.255', true],
    ['100.128.0.0', false],
    ['::ffff:10.0.0.1', true],
    ['::1', true],
    ['::2', false],
    ['fd12::/16', true],
    ['fe80::1', true],
    ['2001:db8::/32', false],
    ['203.0.113.0/24', false],
  ])('of %s is %s', (text, expected) => {
    expect(isNearby(networkOf(text))).toBe(expected);
  });
});
