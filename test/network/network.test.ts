import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, formatAddress, parseAddress } from '../../src/network/address.ts';
import { type Network, networkContains, parseNetwork } from '../../src/network/network.ts';
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

const PREFIX = 'After the slash stands the prefix as a plain decimal number, not a mask.';
const HEX =
  'A hexadecimal number, as in 0x7f.1, is another address in each program; write four decimal octets.';
const NEITHER = 'It is neither an IPv4 nor an IPv6 address, such as 10.0.0.0/8 or 2001:db8::/32.';

describe('parseNetwork', () => {
  it.each([
    ['10.0.0.7', '10.0.0.7/32', '10.0.0.7', '10.0.0.7'],
    ['10.0.0.0/8', '10.0.0.0/8', '10.0.0.0', '10.255.255.255'],
    ['0.0.0.0/0', '0.0.0.0/0', '0.0.0.0', '255.255.255.255'],
    ['128.0.0.0/1', '128.0.0.0/1', '128.0.0.0', '255.255.255.255'],
    ['203.0.113.6/31', '203.0.113.6/31', '203.0.113.6', '203.0.113.7'],
    ['2001:DB8:0:0::1', '2001:db8::1/128', '2001:db8::1', '2001:db8::1'],
    ['2001:db8::/32', '2001:db8::/32', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['2001:db8::/33', '2001:db8::/33', '2001:db8::', '2001:db8:7fff:ffff:ffff:ffff:ffff:ffff'],
    ['::/0', '::/0', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['::10.0.0.0/120', '::a00:0/120', '::a00:0', '::a00:ff'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8', '10.0.0.0', '10.255.255.255'],
    ['::ffff:a00:0/104', '10.0.0.0/8', '10.0.0.0', '10.255.255.255'],
    ['::ffff:0:0/96', '0.0.0.0/0', '0.0.0.0', '255.255.255.255'],
    ['::ffff:10.0.0.7', '10.0.0.7/32', '10.0.0.7', '10.0.0.7'],
    ['::ffff:10.0.0.7/128', '10.0.0.7/32', '10.0.0.7', '10.0.0.7'],
  ])('reads %s as %s, from %s to %s, without a warning', (text, canonical, first, last) => {
    const network = networkOf(text);

    expect(facts(network)).toEqual({ text: canonical, first, last, warnings: [] });
    expect(network.prefix).toBe(Number(canonical.split('/')[1]));
    expect(network.family).toBe(canonical.includes(':') ? 6 : 4);
    expect(networkOf(network.text)).toEqual(network);
  });

  it.each([
    ['10.0.0.7/8', '10.0.0.0/8', '10.255.255.255'],
    ['203.0.113.7/31', '203.0.113.6/31', '203.0.113.7'],
    ['2001:db8::1/64', '2001:db8::/64', '2001:db8::ffff:ffff:ffff:ffff'],
    ['::ffff:10.0.0.7/104', '10.0.0.0/8', '10.255.255.255'],
    ['1.2.3.4/0', '0.0.0.0/0', '255.255.255.255'],
  ])('takes the whole network of %s and warns of the bits after the prefix', (text, canonical, last) => {
    const network = networkOf(text);

    expect(facts(network)).toEqual({
      text: canonical,
      first: canonical.split('/')[0],
      last,
      warnings: ['host_bits_set'],
    });
  });

  it.each([
    ['::ffff:10.0.0.0/8', '::/8', ['host_bits_set', 'mapped_prefix_short']],
    ['::ffff:0:0/95', '::fffe:0:0/95', ['host_bits_set', 'mapped_prefix_short']],
    ['::ffff:0.0.0.0/80', '::/80', ['host_bits_set', 'mapped_prefix_short']],
  ])('leaves %s IPv6, so that it contains no IPv4 address, and warns', (text, canonical, warnings) => {
    const network = networkOf(text);

    expect(network.text).toBe(canonical);
    expect(network.warnings).toEqual(warnings);
    expect(networkContains(network, parseAddress('::ffff:10.0.0.1') as Address)).toBe(false);
  });

  it.each([
    ['nothing', '', 'There is no address.'],
    ['only a prefix', '/8', 'There is no address.'],
    ['a prefix above 32', '1.2.3.4/33', 'The prefix is larger than 32.'],
    ['a prefix above 128', '2001:db8::/129', 'The prefix is larger than 128.'],
    ['a mapped prefix above 128', '::ffff:10.0.0.0/129', 'The prefix is larger than 128.'],
    ['an absurd prefix', '1.2.3.4/999', 'The prefix is larger than 32.'],
    ['a leading zero in the prefix', '10.0.0.0/08', PREFIX],
    ['a sign in the prefix', '10.0.0.0/+8', PREFIX],
    ['a minus in the prefix', '10.0.0.0/-8', PREFIX],
    ['a fraction', '10.0.0.0/8.0', PREFIX],
    ['an exponent', '10.0.0.0/1e1', PREFIX],
    ['hex', '10.0.0.0/0x8', PREFIX],
    ['no prefix after the slash', '10.0.0.0/', PREFIX],
    ['two slashes', '10.0.0.0/8/8', PREFIX],
    ['a mask', '10.0.0.0/255.0.0.0', PREFIX],
    ['a host mask', '10.0.0.0/0.255.255.255', PREFIX],
    ['a blank after', '10.0.0.0/8 ', PREFIX],
    ['a line end after', '10.0.0.0/8\n', PREFIX],
    ['a blank before the prefix', '10.0.0.0/ 8', PREFIX],
    ['digits of another script', '10.0.0.0/٨', PREFIX],
    ['a blank before', ' 10.0.0.0/8', 'It holds a blank.'],
    ['a blank before the slash', '10.0.0.0 /8', 'It holds a blank.'],
    ['one octet', '10/8', 'An IPv4 address has four octets, as in 10.0.0.0/8.'],
    ['two octets', '10.0/16', 'An IPv4 address has four octets, as in 10.0.0.0/8.'],
    ['one number', '167772160/8', 'An IPv4 address has four octets, as in 10.0.0.0/8.'],
    ['an octet of 256', '10.0.0.256', 'An octet of an IPv4 address is a number from 0 to 255.'],
    [
      'an octal octet',
      '010.0.0.0/8',
      'An octet begins with a zero, which some programs read as octal; leave the zero out.',
    ],
    ['a hex octet', '0x0a.0.0.0/8', HEX],
    ['hex and too few', '0x7f.1', HEX],
    ['one hex number', '0x7f000001', HEX],
    ['a name', 'example.com', NEITHER],
    ['a range', '10.0.0.1-10.0.0.9', NEITHER],
    ['a wildcard', '10.0.0.*', NEITHER],
    ['a port', '10.0.0.1:80', 'Write the address without a port.'],
    ['brackets', '[2001:db8::]/32', 'Write an IPv6 address without brackets and without a port.'],
    ['brackets and a port', '[2001:db8::1]:80', 'Write an IPv6 address without brackets and without a port.'],
    ['a zone', 'fe80::1%eth0', 'A zone, as in fe80::1%eth0, means nothing on another machine; leave it out.'],
    ['a bomb', `10.0.0.0/${'8'.repeat(7_000)}`, 'It is longer than any network is.'],
  ])('refuses %s', (_, text, problem) => {
    expect(parseNetwork(text)).toEqual({ ok: false, problem });
  });

  it('reads the longest spelling of a network', () => {
    const text = 'ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128';

    expect(networkOf(text).text).toBe('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128');
  });

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

  it('IP-01 keeps the families apart', () => {
    const everyIpv4 = networkOf('0.0.0.0/0');
    const everyIpv6 = networkOf('::/0');
    const ipv4 = parseAddress('10.0.0.1') as Address;
    const ipv6 = parseAddress('::10.0.0.1') as Address;

    expect(networkContains(everyIpv4, ipv4)).toBe(true);
    expect(networkContains(everyIpv6, ipv6)).toBe(true);
    expect(networkContains(everyIpv4, ipv6)).toBe(false);
    expect(networkContains(everyIpv6, ipv4)).toBe(false);
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
