import { describe, expect, it } from 'vitest';
import { problemOfAddress } from '../../src/network/network.ts';

const BRACKETS = 'Write an IPv6 address without brackets and without a port.';
const PORT = 'Write the address without a port.';
const HEX =
  'A hexadecimal number, as in 0x7f.1, is another address in each program; write four decimal octets.';
const OCTAL = 'An octet begins with a zero, which some programs read as octal; leave the zero out.';
const RANGE = 'An octet of an IPv4 address is a number from 0 to 255.';
const FOUR = 'An IPv4 address has four octets, as in 10.0.0.0/8.';
const NEITHER = 'It is neither an IPv4 nor an IPv6 address, such as 10.0.0.0/8 or 2001:db8::/32.';

describe('problemOfAddress', () => {
  it('says of a network that it is one', () => {
    expect(problemOfAddress('10.0.0.0/8')).toBe('It is a network; name one address of it.');
  });

  it.each(['[2001:db8::1]', '[::]:80', '[]', '[10.0.0.1]'])('takes %s for an address in brackets', (text) => {
    expect(problemOfAddress(text)).toBe(BRACKETS);
  });

  it.each(['10.0.0.1:8', '10.0.0.1:8080', '10.0.0.1:'])('takes %s for an address with a port', (text) => {
    expect(problemOfAddress(text)).toBe(PORT);
  });

  it.each([
    '0x',
    '0x7F.1',
    '0X7f000001',
    '127.0x1',
    '10.0x0a.0.0',
    '10.20.30.0xff',
    '0x1.0x2.0x3.0x4',
    '0x1.10',
  ])('takes %s for an address with a hexadecimal number', (text) => {
    expect(problemOfAddress(text)).toBe(HEX);
  });

  it.each(['010.0.0.1', '10.01.0.1', '10.0.0.08', '10.00.0.1', '010.0.0.256'])(
    'takes %s for an address with an octet that begins with a zero',
    (text) => {
      expect(problemOfAddress(text)).toBe(OCTAL);
    },
  );

  it.each(['256.0.0.0', '300.100.0.0', '10.0.0.1000'])('takes %s for an octet out of range', (text) => {
    expect(problemOfAddress(text)).toBe(RANGE);
  });

  it.each(['0', '10', '10.20', '10.20.30'])('takes %s for an address that is cut off', (text) => {
    expect(problemOfAddress(text)).toBe(FOUR);
  });

  it.each([
    ['an opening bracket alone', '[2001:db8::1'],
    ['a bracket behind something else', 'a[::1]'],
    ['a port in the middle', '10.0.0:8.1'],
    ['a port of letters', '10.0.0.1:http'],
    ['something in front of hex', 'a0x7f'],
    ['something behind hex', '0x7fg'],
    ['five numbers, one of them hex', '0x1.2.3.4.5'],
    ['hex and an empty octet', '0x7f..1'],
    ['something in front of four octets', 'a10.0.0.256'],
    ['something behind four octets', '10.0.0.256a'],
    ['five octets', '10.0.0.1.2'],
    ['something in front of a number', 'a10'],
    ['something behind a number', '10a'],
    ['a dot at the end', '10.0.'],
  ])('takes %s for no address at all', (_, text) => {
    expect(problemOfAddress(text)).toBe(NEITHER);
  });
});
