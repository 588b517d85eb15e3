import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { type Address, formatAddress, parseAddress } from '../../src/network/address.ts';
import { canonicalText, isMapped, spell, SPELLINGS } from './bit-oracle.ts';
import { bytesOf } from './bytes-of.ts';

describe('parseAddress', () => {
  it('reads every spelling of an address as the same bits, and writes them canonically', () => {
    fc.assert(
      fc.property(addressBytes, fc.nat(SPELLINGS - 1), (bytes, style) => {
        const address = parseAddress(spell(bytes, style)) as Address;
        const plain = isMapped(bytes) ? bytes.slice(12) : bytes;

        expect(bytesOf(address)).toEqual(plain);
        expect(formatAddress(address)).toBe(canonicalText(plain));
        expect(parseAddress(formatAddress(address))).toEqual(address);
      }),
      { numRuns: 5_000 },
    );
  });

  it('answers any text without throwing, and what it accepts is the same address in canonical text', () => {
    const characters = fc.constantFrom(...Array.from('0123456789abcfx.:%[]/, \t'));
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 50 }), (text) => {
        const address = parseAddress(text);
        const again = address && parseAddress(formatAddress(address));

        expect(again).toEqual(address);
      }),
      { numRuns: 5_000 },
    );
  });

  it('reads dotted decimal as ipaddr.js does', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }), (octets) => {
        const text = octets.join('.');

        expect(bytesOf(parseAddress(text) as Address)).toEqual(ipaddr.IPv4.parse(text).octets);
      }),
    );
  });
});

/** Bytes of IPv4, IPv6 with runs of zeros, and IPv4-mapped addresses. */
const addressBytes = fc.oneof(
  fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }),
  fc
    .array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })
    .map((groups) => groups.flatMap((group) => [group >> 8, group & 0xff])),
  fc
    .array(fc.nat(255), { minLength: 4, maxLength: 4 })
    .map((octets) => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...octets]),
);
