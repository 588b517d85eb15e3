import { expect, it } from 'vitest';
import { NetworkSet } from '../../src/network/network-set.ts';
import { networkOf } from './network-of.ts';

const ipv4 = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
const ipv6 = (index: number): string =>
  `2001:db8:${(index >> 16).toString(16)}:${(index & 0xffff).toString(16)}::`;

it('IP-07 a NetworkSet holds a hundred thousand networks and answers for each of them and for what lies between', () => {
  const even = Array.from({ length: 50_000 }, (_, index) => index * 2);
  const odd = even.map((index) => index + 1);

  const set = NetworkSet.of([
    ...even.map((index) => networkOf(`${ipv6(index)}/64`)),
    ...even.map((index) => networkOf(ipv4(index))),
  ]);

  expect([set.size, set.intervals]).toEqual([100_000, 100_000]);
  expect([...even.map(ipv4), ...even.map(ipv6)].filter((text) => !set.hasText(text))).toEqual([]);
  expect([...odd.map(ipv4), ...odd.map(ipv6)].filter((text) => set.hasText(text))).toEqual([]);
});
