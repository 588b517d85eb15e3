import { describe, expect, it } from 'vitest';
import { type Address, compareAddresses, formatAddress, parseAddress } from '../../src/network/address.ts';

describe('parseAddress', () => {
  it.each(['10.0.0.1', '::ffff:10.0.0.1', '::FFFF:10.0.0.1', '::ffff:a00:1', '::FfFf:0A00:0001'])(
    'IP-06 reads %s as the IPv4 address',
    (text) => {
      expect(parseAddress(text)).toEqual({ family: 4, value: 0x0a000001 });
    },
  );

  it.each(['0:0:0:0:0:ffff:10.0.0.1', '0000:0000:0000:0000:0000:ffff:0a00:0001', '0::ffff:10.0.0.1'])(
    'IP-06 reads the long spelling %s of an IPv4-mapped address as the IPv4 address',
    (text) => {
      expect(parseAddress(text)).toEqual({ family: 4, value: 0x0a000001 });
    },
  );

  it.each([
    ['IPv4-compatible', '::10.0.0.1', '::a00:1'],
    ['IPv4-compatible in hex', '::a00:1', '::a00:1'],
    ['IPv4-compatible in full', '0:0:0:0:0:0:10.0.0.1', '::a00:1'],
    ['NAT64', '64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
    ['IPv4-translated', '::ffff:0:10.0.0.1', '::ffff:0:a00:1'],
    ['6to4', '2002:a00:1::', '2002:a00:1::'],
    ['one bit off', '::fffe:10.0.0.1', '::fffe:a00:1'],
    ['a bit set before the mark', '::1:ffff:10.0.0.1', '::1:ffff:a00:1'],
    ['a bit set in the second word', '0:0:1::ffff:10.0.0.1', '::1:0:0:ffff:a00:1'],
    ['the first bit set', '8000::ffff:10.0.0.1', '8000::ffff:a00:1'],
    ['ISATAP', 'fe80::5efe:10.0.0.1', 'fe80::5efe:a00:1'],
  ])('IP-06 leaves an address that only embeds an IPv4 address IPv6: %s', (_, text, canonical) => {
    const address = parseAddress(text);

    expect(address?.family).toBe(6);
    expect(formatAddress(address as Address)).toBe(canonical);
  });

  it.each([
    ['an octal first octet', '010.0.0.1'],
    ['an octal octet that is 10', '012.0.0.1'],
    ['an octal last octet', '10.0.0.01'],
    ['two zeros', '10.00.0.1'],
    ['a hex octet', '0x0a.0.0.1'],
    ['hex, short', '0x7f.1'],
    ['one hex number', '0x0a000001'],
    ['one decimal number', '2130706433'],
    ['two parts', '127.1'],
    ['three parts', '10.0.1'],
    ['five parts', '10.0.0.1.1'],
    ['an octet above 255', '10.0.0.256'],
    ['a sign', '+10.0.0.1'],
    ['a dot at the end', '10.0.0.1.'],
    ['a dot at the start', '.10.0.0.1'],
    ['a missing octet', '10..0.1'],
    ['a port', '10.0.0.1:80'],
    ['brackets', '[::ffff:10.0.0.1]'],
    ['brackets and a port', '[2001:db8::1]:80'],
    ['a zone', 'fe80::1%eth0'],
    ['a zone after a mapped address', '::ffff:10.0.0.1%1'],
    ['a prefix', '10.0.0.1/32'],
    ['a blank before', ' 10.0.0.1'],
    ['a blank after', '10.0.0.1 '],
    ['a line end', '10.0.0.1\n'],
    ['a zero byte', '10.0.0.1\0'],
    ['full-width digits', '１0.0.0.1'],
    ['ideographic full stops', '10。0。0。1'],
    ['commas', '10,0,0,1'],
    ['two addresses', '10.0.0.1,10.0.0.2'],
    ['mapped octal', '::ffff:010.0.0.1'],
    ['mapped hex', '::ffff:0x0a.0.0.1'],
    ['mapped and short', '::ffff:10.1'],
    ['mapped twice', '::ffff:::ffff:10.0.0.1'],
    ['two gaps', '1::2::3'],
    ['three colons', ':::1'],
    ['nine groups', '1:2:3:4:5:6:7:8:9'],
    ['seven groups', '1:2:3:4:5:6:7'],
    ['five digits in a group', '2001:0db80::1'],
    ['a letter beyond f', '2001:db8::g'],
    ['a name', 'localhost'],
    ['what proxies write', 'unknown'],
    ['nothing', ''],
    ['a bomb of digits', '1'.repeat(7_000)],
    ['a bomb of groups', '1:'.repeat(3_500)],
    ['a bomb in a zone', `fe80::1%${'a'.repeat(7_000)}`],
  ])('IP-06 refuses %s', (_, text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it('reads the longest spelling of an address', () => {
    expect(formatAddress(parseAddress('ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255') as Address)).toBe(
      'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    );
  });

  it.each([
    '::',
    '::1',
    '1::',
    '::2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7::',
    '1::3:4:5:6:7:8',
    '1:2:3::6:7:8',
    '::1.2.3.4',
  ])('reads %s with the gap where it stands', (text) => {
    expect(formatAddress(parseAddress(text) as Address)).toBe(
      new URL(`http://[${text}]/`).hostname.slice(1, -1),
    );
  });
});

describe('formatAddress', () => {
  it.each([
    ['lower case and no leading zeros (4.1, 4.3)', '2001:0DB8::0001', '2001:db8::1'],
    ['the longest run is cut (4.2.3)', '2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['of two equal runs the first is cut (4.2.3)', '2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['a single zero group is not cut (4.2.2)', '2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['the run at the end', '1:0:0:0:0:0:0:0', '1::'],
    ['the run at the start', '0:0:0:0:0:0:0:1', '::1'],
    ['all zeros', '0:0:0:0:0:0:0:0', '::'],
  ])('writes RFC 5952 text: %s', (_, text, canonical) => {
    expect(formatAddress(parseAddress(text) as Address)).toBe(canonical);
  });
});

describe('compareAddresses', () => {
  it('orders IPv4 by value before IPv6 by bits', () => {
    const ordered = [
      '0.0.0.0',
      '10.0.0.2',
      '255.255.255.255',
      '::',
      '::1',
      '::ffff:ffff',
      '::1:0:0',
      '::1:0:0:0',
      '0:0:0:1::',
      '0:0:1::',
      '0:0:8000::',
      '0:1::',
      '8000::',
      'ffff::',
    ].map((text) => parseAddress(text) as Address);

    const signs = ordered.map((a) => ordered.map((b) => Math.sign(compareAddresses(a, b))));

    expect(signs).toEqual(ordered.map((_, a) => ordered.map((_each, b) => Math.sign(a - b))));
  });
});
