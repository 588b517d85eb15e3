import { describe, expect, it } from 'vitest';
import { type Address, formatAddress, parseAddress } from '../../src/network/address.ts';
import { type Network, networkContains, parseNetwork } from '../../src/network/network.ts';
import { networkOf } from './network-of.ts';

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
    ['8000::/1', '8000::/1', '8000::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['2001:db8::/31', '2001:db8::/31', '2001:db8::', '2001:db9:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['1:2:3:4::/63', '1:2:3:4::/63', '1:2:3:4::', '1:2:3:5:ffff:ffff:ffff:ffff'],
    ['1:2:3:4::/64', '1:2:3:4::/64', '1:2:3:4::', '1:2:3:4:ffff:ffff:ffff:ffff'],
    ['1:2:3:4::/65', '1:2:3:4::/65', '1:2:3:4::', '1:2:3:4:7fff:ffff:ffff:ffff'],
    ['1:2:3:4:5:6::/95', '1:2:3:4:5:6::/95', '1:2:3:4:5:6::', '1:2:3:4:5:7:ffff:ffff'],
    ['1:2:3:4:5:6::/96', '1:2:3:4:5:6::/96', '1:2:3:4:5:6::', '1:2:3:4:5:6:ffff:ffff'],
    ['1:2:3:4:5:6::/97', '1:2:3:4:5:6::/97', '1:2:3:4:5:6::', '1:2:3:4:5:6:7fff:ffff'],
    ['1:2:3:4:5:6:7:8/127', '1:2:3:4:5:6:7:8/127', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:9'],
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
    ['2001:db8:1::/32', '2001:db8::/32', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['2001:db8:0:0:1::/64', '2001:db8::/64', '2001:db8::ffff:ffff:ffff:ffff'],
    ['2001:db9::/31', '2001:db8::/31', '2001:db9:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/1', '8000::/1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
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
    ['::ffff:0:0/0', '::/0', ['host_bits_set', 'mapped_prefix_short']],
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

  it.each([
    ['10.1.2.0', true],
    ['10.1.2.255', true],
    ['10.1.1.255', false],
    ['10.1.3.0', false],
    ['2001:db8::', true],
    ['2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', true],
    ['2001:db7:ffff:ffff:ffff:ffff:ffff:ffff', false],
    ['2001:db9::', false],
  ])('IP-01 ends a network at its first and last address: %s', (text, expected) => {
    const network = networkOf(text.includes(':') ? '2001:db8::/32' : '10.1.2.0/24');

    expect(networkContains(network, parseAddress(text) as Address)).toBe(expected);
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

function facts(network: Network): { text: string; first: string; last: string; warnings: readonly string[] } {
  return {
    text: network.text,
    first: formatAddress(network.first),
    last: formatAddress(network.last),
    warnings: network.warnings,
  };
}
