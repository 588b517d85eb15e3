import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, parseAddress } from '../../src/network/address.ts';
import { findMatch, NetworkSet } from '../../src/network/network-set.ts';
import { canonicalText, containsByBits, isMapped, neighbour, spell } from './bit-oracle.ts';
import { bytesOf } from './bytes-of.ts';
import { networkOf } from './network-of.ts';

describe('NetworkSet', () => {
  it('IP-01 contains exactly what one of its networks contains', () => {
    fc.assert(
      fc.property(
        fc.array(crowdedNetwork, { maxLength: 40 }),
        fc.array(crowdedAddress),
        (networks, others) => {
          const parsed = networks.map(({ bytes, prefix }) => networkOf(`${spell(bytes, 0)}/${prefix}`));
          const set = NetworkSet.of(parsed);
          // One list for each family: a BlockList lets an IPv6 network contain IPv4 addresses, as if they were mapped.
          const blocks = { ipv4: new BlockList(), ipv6: new BlockList() };
          for (const { bytes, prefix } of networks)
            blocks[familyOf(bytes)].addSubnet(canonicalText(bytes), prefix, familyOf(bytes));
          const edges = parsed.flatMap(({ first, last }) => {
            const bounds = [bytesOf(first), bytesOf(last)] as const;
            return [...bounds, neighbour(bounds[0], -1), neighbour(bounds[1], 1)];
          });

          for (const bytes of [...edges, ...others].filter((each) => !isMapped(each))) {
            const expected = networks.some((network) => containsByBits(network.bytes, network.prefix, bytes));
            const text = canonicalText(bytes);

            expect([text, set.hasText(text)]).toEqual([text, expected]);
            expect([text, blocks[familyOf(bytes)].check(text, familyOf(bytes))]).toEqual([text, expected]);
          }
          expect(set.intervals).toBeLessThanOrEqual(set.size);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('IP-01 gives the same set for every order of the same networks', () => {
    fc.assert(
      fc.property(
        fc
          .array(crowdedNetwork, { minLength: 2, maxLength: 20 })
          .chain((networks) =>
            fc.tuple(fc.constant(networks), fc.shuffledSubarray(networks, { minLength: networks.length })),
          ),
        fc.array(crowdedAddress, { minLength: 10 }),
        ([networks, shuffled], addresses) => {
          const [one, other] = [networks, shuffled].map((list) =>
            NetworkSet.of(list.map(({ bytes, prefix }) => networkOf(`${spell(bytes, 0)}/${prefix}`))),
          ) as [NetworkSet, NetworkSet];

          expect(other.intervals).toBe(one.intervals);
          for (const bytes of addresses) {
            expect(other.hasText(canonicalText(bytes))).toBe(one.hasText(canonicalText(bytes)));
          }
        },
      ),
    );
  });

  it('IP-07 holds a hundred thousand networks and answers for each of them and for what lies between', () => {
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
});

describe('findMatch', () => {
  it('says there is a match exactly when the set does', () => {
    fc.assert(
      fc.property(fc.array(crowdedNetwork, { maxLength: 10 }), crowdedAddress, (list, bytes) => {
        const parsed = list.map(({ bytes: network, prefix }) => networkOf(`${spell(network, 0)}/${prefix}`));
        const address = parseAddress(canonicalText(bytes)) as Address;

        expect(findMatch(parsed, address) !== null).toBe(NetworkSet.of(parsed).has(address));
      }),
    );
  });
});

/** Addresses of a few values, so that networks meet, nest and touch; the last bytes of IPv6 reach over words. */
const crowdedByte = fc.constantFrom(0, 1, 127, 128, 254, 255);
const crowdedAddress = fc
  .oneof(
    fc.array(crowdedByte, { minLength: 4, maxLength: 4 }),
    fc.array(crowdedByte, { minLength: 16, maxLength: 16 }),
    fc.array(fc.constantFrom(0, 255), { minLength: 16, maxLength: 16 }),
    fc
      .array(crowdedByte, { minLength: 2, maxLength: 2 })
      .map((tail) => [...Array.from({ length: 14 }, () => 0), ...tail]),
  )
  .filter((bytes) => !isMapped(bytes));
const crowdedNetwork = fc
  .record({ bytes: crowdedAddress, free: fc.oneof(fc.nat(10), fc.nat(128)) })
  .map(({ bytes, free }) => ({ bytes, prefix: Math.max(0, bytes.length * 8 - free) }));

const ipv4 = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
const ipv6 = (index: number): string =>
  `2001:db8:${(index >> 16).toString(16)}:${(index & 0xffff).toString(16)}::`;

function familyOf(bytes: readonly number[]): 'ipv4' | 'ipv6' {
  return bytes.length === 4 ? 'ipv4' : 'ipv6';
}
