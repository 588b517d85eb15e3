import { isIP } from 'node:net';
import {
  type Address,
  compareAddresses,
  formatAddress,
  type Ipv4Address,
  type Ipv6Address,
  parseAddress,
} from './address.ts';

/** A block of addresses that share their first bits; a single address is a block of one. */
export type Network = Ipv4Network | Ipv6Network;

export interface Ipv4Network extends NetworkFacts {
  readonly family: 4;
  readonly first: Ipv4Address;
  readonly last: Ipv4Address;
}

export interface Ipv6Network extends NetworkFacts {
  readonly family: 6;
  readonly first: Ipv6Address;
  readonly last: Ipv6Address;
}

interface NetworkFacts {
  /** The canonical text, always with the prefix, as in `10.0.0.7/32`: two spellings of one network have one text. */
  readonly text: string;
  /** How many leading bits the addresses share: 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly prefix: number;
  readonly warnings: readonly NetworkWarning[];
}

/**
 * Why a network that was accepted may not be the one that was meant.
 *
 * - `host_bits_set`: the text names one address of the network, as `10.0.0.7/8` does; the whole network is taken.
 * - `mapped_prefix_short`: an IPv4-mapped address with a prefix below 96, as in `::ffff:10.0.0.0/8`. That is a network
 *   of IPv6 addresses and contains no IPv4 address; the IPv4 network would be `10.0.0.0/8` or `::ffff:10.0.0.0/104`.
 */
export type NetworkWarning = 'host_bits_set' | 'mapped_prefix_short';

/** A network, or one sentence that says what is wrong with the text. The sentence does not repeat the text. */
export type NetworkReading =
  { readonly ok: true; readonly network: Network } | { readonly ok: false; readonly problem: string };

/**
 * Reads one address or one network in CIDR form, IPv4 or IPv6.
 *
 * Refuses everything that {@link parseAddress} refuses before the slash, and after it everything but a plain decimal
 * number: masks (`/255.0.0.0`), signs, leading zeros, blanks. An IPv4-mapped network with a prefix of 96 or more
 * becomes the IPv4 network. Bits that are set after the prefix are cleared, with a warning, because people write the
 * address of a machine and the prefix of its network.
 *
 * @see RFC 4632 section 3.1, RFC 4291 section 2.3
 */
export function parseNetwork(text: string): NetworkReading {
  if (text.length > LONGEST_NETWORK) return problem('It is longer than any network is.');
  const slash = text.indexOf('/');
  const addressText = slash === -1 ? text : text.slice(0, slash);
  const address = parseAddress(addressText);
  if (address === null) return problem(problemOfAddress(addressText));

  const writtenBits = addressText.includes(':') ? 128 : 32;
  const prefix = slash === -1 ? writtenBits : readPrefix(text.slice(slash + 1));
  if (prefix === null)
    return problem('After the slash stands the prefix as a plain decimal number, not a mask.');
  if (prefix > writtenBits) return problem(`The prefix is larger than ${writtenBits}.`);

  if (address.family === 6 || writtenBits === 32) return accepted(networkAround(address, prefix));
  if (prefix >= MAPPED_BITS) return accepted(networkAround(address, prefix - MAPPED_BITS));
  const network = ipv6Around(mappedAddress(address), prefix);
  return accepted({ ...network, warnings: [...network.warnings, 'mapped_prefix_short'] });
}

/** Whether an address lies in a network. An address of the other family never does. */
export function networkContains(network: Network, address: Address): boolean {
  return compareAddresses(network.first, address) <= 0 && compareAddresses(address, network.last) <= 0;
}

/**
 * The network of so many leading bits around an address. Its warnings say whether the address is its first.
 *
 * @param prefix A whole number from 0 to the bits of the family, 32 or 128; it is not checked again here.
 */
export function networkAround(address: Address, prefix: number): Network {
  return address.family === 4 ? ipv4Around(address, prefix) : ipv6Around(address, prefix);
}

/** `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128`. */
const LONGEST_NETWORK = 49;

/** The length of the prefix `::ffff:0:0`, RFC 4291 section 2.5.5.2. */
const MAPPED_BITS = 96;

const NO_WARNINGS: readonly NetworkWarning[] = Object.freeze([]);
const HOST_BITS_SET: readonly NetworkWarning[] = Object.freeze(['host_bits_set']);

function ipv4Around(address: Ipv4Address, prefix: number): Ipv4Network {
  const mask = leadingBits(prefix);
  const first: Ipv4Address = { family: 4, value: (address.value & mask) >>> 0 };
  const last: Ipv4Address = { family: 4, value: (address.value | ~mask) >>> 0 };
  const warnings = first.value === address.value ? NO_WARNINGS : HOST_BITS_SET;
  return { family: 4, text: `${formatAddress(first)}/${prefix}`, prefix, first, last, warnings };
}

function ipv6Around(address: Ipv6Address, prefix: number): Ipv6Network {
  const m0 = leadingBits(prefix);
  const m1 = leadingBits(prefix - 32);
  const m2 = leadingBits(prefix - 64);
  const m3 = leadingBits(prefix - 96);
  const first: Ipv6Address = {
    family: 6,
    w0: (address.w0 & m0) >>> 0,
    w1: (address.w1 & m1) >>> 0,
    w2: (address.w2 & m2) >>> 0,
    w3: (address.w3 & m3) >>> 0,
  };
  const last: Ipv6Address = {
    family: 6,
    w0: (address.w0 | ~m0) >>> 0,
    w1: (address.w1 | ~m1) >>> 0,
    w2: (address.w2 | ~m2) >>> 0,
    w3: (address.w3 | ~m3) >>> 0,
  };
  const warnings = compareAddresses(first, address) === 0 ? NO_WARNINGS : HOST_BITS_SET;
  return { family: 6, text: `${formatAddress(first)}/${prefix}`, prefix, first, last, warnings };
}

/** A 32-bit mask of so many leading ones, as a signed number; out of range means none or all. */
function leadingBits(count: number): number {
  if (count <= 0) return 0;
  return count >= 32 ? -1 : -1 << (32 - count);
}

function mappedAddress(address: Ipv4Address): Ipv6Address {
  return { family: 6, w0: 0, w1: 0, w2: 0xffff, w3: address.value };
}

function readPrefix(text: string): number | null {
  return /^(?:0|[1-9][0-9]{0,2})$/.test(text) ? Number(text) : null;
}

function accepted(network: Network): NetworkReading {
  return { ok: true, network };
}

function problem(sentence: string): NetworkReading {
  return { ok: false, problem: sentence };
}

/** One sentence that says what a person most likely did, for text that {@link parseAddress} refuses. */
export function problemOfAddress(text: string): string {
  if (text === '') return 'There is no address.';
  if (text.includes('/')) return 'It is a network; name one address of it.';
  if (/\s/.test(text)) return 'It holds a blank.';
  if (text.includes('%'))
    return 'A zone, as in fe80::1%eth0, means nothing on another machine; leave it out.';
  if (/^\[.*\]/.test(text)) return 'Write an IPv6 address without brackets and without a port.';
  if (isIP(text.replace(/:\d*$/, '')) === 4) return 'Write the address without a port.';
  if (/^(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}$/i.test(text) && /0x/i.test(text))
    return 'A hexadecimal number, as in 0x7f.1, is another address in each program; write four decimal octets.';
  if (/^\d+(?:\.\d+){3}$/.test(text)) {
    return /(?:^|\.)0\d/.test(text)
      ? 'An octet begins with a zero, which some programs read as octal; leave the zero out.'
      : 'An octet of an IPv4 address is a number from 0 to 255.';
  }
  if (/^\d+(?:\.\d+){0,2}$/.test(text)) return 'An IPv4 address has four octets, as in 10.0.0.0/8.';
  return 'It is neither an IPv4 nor an IPv6 address, such as 10.0.0.0/8 or 2001:db8::/32.';
}
