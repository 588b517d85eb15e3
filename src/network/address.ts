import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** One IP address as numbers. An IPv4-mapped IPv6 address is held as the IPv4 address that it stands for. */
export type Address = Ipv4Address | Ipv6Address;

export interface Ipv4Address {
  readonly family: 4;
  /** The 32 bits as an unsigned number. */
  readonly value: number;
}

/** The 128 bits as four unsigned 32-bit numbers, the most significant first: such numbers compare without bigints. */
export interface Ipv6Address {
  readonly family: 6;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
}

/**
 * Reads one IPv4 or IPv6 address, strictly: the whole text is the address and nothing else.
 *
 * Refuses what lenient parsers take for an address: octets in octal or hex, fewer than four octets, one big number,
 * ports, brackets, zones, blanks. Only `::ffff:0:0/96` becomes IPv4; `::10.0.0.1` (IPv4-compatible) and every other
 * form that embeds an IPv4 address stays IPv6.
 *
 * @returns The address, or `null` for anything that is not one.
 * @see RFC 4291 sections 2.2 and 2.5.5
 */
export function parseAddress(text: string): Address | null {
  if (text.length > LONGEST_ADDRESS) return null;
  // Dual-stack sockets write every IPv4 peer in this one form, so that it must not cost the reading of an IPv6 address.
  if (text.startsWith(MAPPED)) {
    const tail = text.slice(MAPPED.length);
    if (isIP(tail) === 4) return { family: 4, value: readOctets(tail) };
  }
  switch (isIP(text)) {
    case 4:
      return { family: 4, value: readOctets(text) };
    case 6:
      // A zone belongs to the machine that wrote it: the same text is another host elsewhere (RFC 4007 section 6).
      return text.includes('%') ? null : readGroups(text);
    default:
      return null;
  }
}

/** The canonical text: dotted decimal for IPv4, RFC 5952 section 4 for IPv6. */
export function formatAddress(address: Address): string {
  if (address.family === 4) {
    const { value } = address;
    return `${value >>> 24}.${(value >>> 16) & 0xff}.${(value >>> 8) & 0xff}.${value & 0xff}`;
  }
  return formatGroups(groupsOf(address));
}

/** Orders addresses for a sort: negative, zero or positive. Every IPv4 address comes before every IPv6 address. */
export function compareAddresses(a: Address, b: Address): number {
  if (a.family === 4) return b.family === 4 ? a.value - b.value : -1;
  if (b.family === 4) return 1;
  return a.w0 - b.w0 || a.w1 - b.w1 || a.w2 - b.w2 || a.w3 - b.w3;
}

/** `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`. */
const LONGEST_ADDRESS = 45;

const MAPPED = '::ffff:';

/** Reads four decimal octets. Only for text that `isIP` has passed as IPv4, which leaves this one spelling. */
function readOctets(text: string): number {
  let value = 0;
  let octet = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      value = value * 256 + octet;
      octet = 0;
    } else {
      octet = octet * 10 + code - DIGIT_ZERO;
    }
  }
  return value * 256 + octet;
}

const DOT = 0x2e;
const DIGIT_ZERO = 0x30;

function groupsOf({ w0, w1, w2, w3 }: Ipv6Address): readonly number[] {
  const low = 0xffff;
  return [w0 >>> 16, w0 & low, w1 >>> 16, w1 & low, w2 >>> 16, w2 & low, w3 >>> 16, w3 & low];
}

/** Cuts the longest run of zero groups, of equal runs the first, and no run of one group. */
function formatGroups(groups: readonly number[]): string {
  let cut = -1;
  let cutLength = 1;
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > cutLength) {
      cut = start;
      cutLength = end - start;
    }
  }
  let text = '';
  for (const [index, group] of groups.entries()) {
    if (index === cut) text += '::';
    else if (index < cut || index >= cut + cutLength) {
      if (index > 0 && index !== cut + cutLength) text += ':';
      text += group.toString(16);
    }
  }
  return text;
}

/** Reads an IPv6 address. Only for text that `isIP` has passed as IPv6, and without a zone. */
function readGroups(text: string): Address {
  const [g0, g1, g2, g3, g4, g5, g6, g7] = ipaddr.IPv6.parse(withoutOctets(text)).parts as Groups;
  const w0 = joined(g0, g1);
  const w1 = joined(g2, g3);
  const w2 = joined(g4, g5);
  const w3 = joined(g6, g7);
  if (w0 === 0 && w1 === 0 && w2 === 0xffff) return { family: 4, value: w3 };
  return { family: 6, w0, w1, w2, w3 };
}

type Groups = [number, number, number, number, number, number, number, number];

function joined(high: number, low: number): number {
  return ((high << 16) | low) >>> 0;
}

/**
 * Writes a dotted tail as two groups, since `ipaddr.js` reads `::10.0.0.1` as the IPv4-mapped `::ffff:10.0.0.1`: an
 * allowlist of 10.0.0.0/8 would let that IPv6 address in.
 */
function withoutOctets(text: string): string {
  if (!text.includes('.')) return text;
  const tail = text.lastIndexOf(':') + 1;
  const value = readOctets(text.slice(tail));
  return `${text.slice(0, tail)}${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;
}
