import { describe, expect, it } from 'vitest';
import { isTrustTooBroad } from '../../src/network/broad-trust.ts';
import { networkOf } from './network-of.ts';

describe('isTrustTooBroad', () => {
  it.each([
    ['0.0.0.0/0', true],
    ['10.0.0.0/7', true],
    ['10.0.0.0/8', false],
    ['10.0.0.0/9', false],
    ['10.0.0.1', false],
    ['::ffff:10.0.0.0/103', true],
    ['::ffff:10.0.0.0/104', false],
    ['::/0', true],
    ['fc00::/6', true],
    ['fc00::/7', false],
    ['fc00::/8', false],
    ['2001:db8::1', false],
  ])('IP-02 of %s is %s', (text, expected) => {
    expect(isTrustTooBroad(networkOf(text))).toBe(expected);
  });
});
