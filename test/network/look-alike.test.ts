import { describe, expect, it } from 'vitest';
import { isIpv4Compatible } from '../../src/network/look-alike.ts';
import { networkOf } from './network-of.ts';

describe('isIpv4Compatible', () => {
  it.each([
    ['::10.0.0.1', true],
    ['::a00:1', true],
    ['::10.0.0.0/104', true],
    ['::10.0.0.0/96', false],
    ['::128.0.0.0/97', true],
    ['::1:0', true],
    ['::ffff', false],
    ['::', false],
    ['::1', false],
    ['::/0', false],
    ['::10.0.0.0/8', false],
    ['::ffff:10.0.0.1', false],
    ['10.0.0.1', false],
    ['::1:a00:1', false],
    ['::fffe:a00:1', false],
    ['0:0:0:1::a00:1', false],
    ['0:1::a00:1', false],
    ['64:ff9b::10.0.0.1', false],
    ['2001:db8::10.0.0.1', false],
  ])('of %s is %s', (text, expected) => {
    expect(isIpv4Compatible(networkOf(text))).toBe(expected);
  });
});
