import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, formatAddress, parseAddress } from '../../src/network/address.ts';
import { type Network, networkContains } from '../../src/network/network.ts';
import { NetworkSet } from '../../src/network/network-set.ts';
import {
  boundsOf,
  canonicalText,
  containsByBits,
  isMapped,
  neighbour,
  spell,
  SPELLINGS,
  withBitFlipped,
} from './bit-oracle.ts';
import { networkOf } from './network-of.ts';
import { askPython } from './python-ipaddress.ts';

describe('parseNetwork', () => {
  it('IP-01 agrees with an oracle of bits, with BlockList and with the ipaddress module of Python', () => {
    const asked: { plain: string; address: string; network: Network; contains: boolean }[] = [];

    fc.assert(
      fc.property(cidrCase, ({ bytes, prefix, style, probe }) => {
        const mapped = isMapped(bytes);
        const plainBytes = mapped ? bytes.slice(12) : bytes;
        const plainPrefix = mapped ? prefix - 96 : prefix;
        const bounds = boundsOf(plainBytes, plainPrefix);
        const address = parseAddress(spell(probe, style)) as Address;
        const contains = containsByBits(plainBytes, plainPrefix, probe);

        const network = networkOf(`${spell(bytes, style)}/${prefix}`);

        expect(facts(network)).toEqual({
          text: `${canonicalText(bounds.first)}/${plainPrefix}`,
          first: canonicalText(bounds.first),
          last: canonicalText(bounds.last),
          warnings: String(bounds.first) === String(plainBytes) ? [] : ['host_bits_set'],
        });
        expect(networkContains(network, address)).toBe(contains);
        expect(NetworkSet.of([network]).has(address)).toBe(contains);
        expect(inBlockList(plainBytes, plainPrefix, probe)).toBe(contains);

        asked.push({
          plain: `${canonicalText(plainBytes)}/${plainPrefix}`,
          address: canonicalText(probe),
          network,
          contains,
        });
      }),
      { numRuns: 10_000 },
    );

    expect(asked.filter(({ contains }) => contains).length).toBeGreaterThan(2_000);
    expect(asked.filter(({ contains }) => !contains).length).toBeGreaterThan(2_000);
    const verdicts = askPython(asked.map(({ plain, address }) => [plain, address]));
    const ours = asked.map(({ network, contains }) => ({
      text: network.text,
      hostBitsSet: network.warnings.includes('host_bits_set'),
      first: hex(network.first),
      last: hex(network.last),
      contains,
    }));
    // The oracle has already judged every case, so that a machine without Python loses the second witness only.
    expect(ours).toEqual(verdicts ?? ours);
  });
});

interface CidrCase {
  readonly bytes: readonly number[];
  readonly prefix: number;
  /** How the network and the address are written. */
  readonly style: number;
  /** An address of the network's family, mostly near an edge of the network. */
  readonly probe: readonly number[];
}

const octets = fc.array(fc.oneof(fc.constantFrom(0, 255), fc.nat(255)), { minLength: 4, maxLength: 4 });
const groups = fc.array(fc.oneof(fc.constantFrom(0, 0xffff), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });

const cidrCase: fc.Arbitrary<CidrCase> = fc
  .record({
    bytes: fc.oneof(
      octets,
      octets.map((four) => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...four]),
      groups.map((eight) => eight.flatMap((group) => [group >> 8, group & 255])),
    ),
    share: fc.nat(128),
    clean: fc.boolean(),
    style: fc.nat(SPELLINGS - 1),
    where: fc.constantFrom('first', 'before', 'last', 'after', 'shared bit', 'free bit', 'anywhere'),
    pick: fc.nat(127),
    other: groups,
  })
  .map(({ bytes: drawn, share, clean, style, where, pick, other }) => {
    const mapped = isMapped(drawn);
    const width = drawn.length * 8;
    const prefix = mapped ? 96 + (share % 33) : share % (width + 1);
    const bytes = clean ? boundsOf(drawn, prefix).first : drawn;
    const plain = mapped ? bytes.slice(12) : bytes;
    const plainPrefix = mapped ? prefix - 96 : prefix;
    const { first, last } = boundsOf(plain, plainPrefix);
    const free = plain.length * 8 - plainPrefix;
    const probes: Record<typeof where, number[]> = {
      first,
      before: neighbour(first, -1),
      last,
      after: neighbour(last, 1),
      'shared bit': plainPrefix === 0 ? first : withBitFlipped(first, pick % plainPrefix),
      'free bit': free === 0 ? first : withBitFlipped(first, plainPrefix + (pick % free)),
      anywhere: other.flatMap((group) => [group >> 8, group & 255]).slice(0, plain.length),
    };
    return { bytes, prefix, style, probe: probes[where] };
  })
  // Such an address is read as IPv4, so that it is no probe of an IPv6 network.
  .filter(({ probe }) => !isMapped(probe));

function inBlockList(network: readonly number[], prefix: number, address: readonly number[]): boolean {
  const family = network.length === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(canonicalText(network), prefix, family);
  return list.check(canonicalText(address), family);
}

function facts(network: Network): { text: string; first: string; last: string; warnings: readonly string[] } {
  return {
    text: network.text,
    first: formatAddress(network.first),
    last: formatAddress(network.last),
    warnings: network.warnings,
  };
}

function hex(address: Address): string {
  const words = address.family === 4 ? [address.value] : [address.w0, address.w1, address.w2, address.w3];
  return BigInt(`0x${words.map((word) => word.toString(16).padStart(8, '0')).join('')}`).toString(16);
}
