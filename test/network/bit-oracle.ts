/**
 * What addresses and networks are, told one bit at a time, so slowly that it is plainly right. Nothing in here comes
 * from the code under test.
 */

/** `first` to `last` of the network around an address. */
export function boundsOf(bytes: readonly number[], prefix: number): { first: number[]; last: number[] } {
  const shared = bitsOf(bytes).slice(0, prefix);
  const length = bytes.length * 8;
  return { first: bytesOf(shared.padEnd(length, '0')), last: bytesOf(shared.padEnd(length, '1')) };
}

export function containsByBits(
  network: readonly number[],
  prefix: number,
  address: readonly number[],
): boolean {
  return network.length === address.length && bitsOf(address).startsWith(bitsOf(network).slice(0, prefix));
}

/** The address with one bit turned over. */
export function withBitFlipped(bytes: readonly number[], index: number): number[] {
  const bits = bitsOf(bytes);
  return bytesOf(bits.slice(0, index) + (bits[index] === '0' ? '1' : '0') + bits.slice(index + 1));
}

/** The address before (-1) or after (+1), around the end of the family. */
export function neighbour(bytes: readonly number[], step: 1 | -1): number[] {
  const length = bytes.length * 8;
  const value = BigInt.asUintN(length, BigInt(`0b${bitsOf(bytes)}`) + BigInt(step));
  return bytesOf(value.toString(2).padStart(length, '0'));
}

export function isMapped(bytes: readonly number[]): boolean {
  return bytes.length === 16 && bitsOf(bytes).startsWith('0'.repeat(80) + '1'.repeat(16));
}

/** Canonical text. For IPv6 the serializer of the URL standard, which follows RFC 5952, is the witness. */
export function canonicalText(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  return new URL(`http://[${spell(bytes, 0)}]/`).hostname.slice(1, -1);
}

/** How many ways {@link spell} has to write an IPv6 address. */
export const SPELLINGS = 7;

/** Writes an IPv6 address in one of the ways that RFC 4291 section 2.2 allows; IPv4 has only one. */
export function spell(bytes: readonly number[], style: number): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from(
    { length: 8 },
    (_, index) => (bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0),
  );
  const hex = groups.map((group) => group.toString(16));
  const dotted = bytes.slice(12).join('.');
  switch (style) {
    case 1:
      return hex.join(':').toUpperCase();
    case 2:
      return hex.map((group) => group.padStart(4, '0')).join(':');
    case 3:
      return canonicalText(bytes);
    case 4:
      return [...hex.slice(0, 6), dotted].join(':');
    case 5:
      return withFirstZeroRunCut(hex);
    case 6:
      return withFirstZeroRunCut([...hex.slice(0, 6), dotted]);
    default:
      return hex.join(':');
  }
}

/** Cuts the first run of zero groups, even a run of one or one that is not the longest. */
function withFirstZeroRunCut(groups: readonly string[]): string {
  const start = groups.indexOf('0');
  if (start === -1) return groups.join(':');
  const rest = groups.slice(start).findIndex((group) => group !== '0');
  const end = rest === -1 ? groups.length : start + rest;
  return `${groups.slice(0, start).join(':')}::${groups.slice(end).join(':')}`;
}

function bitsOf(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

function bytesOf(bits: string): number[] {
  return Array.from({ length: bits.length / 8 }, (_, index) =>
    Number.parseInt(bits.slice(index * 8, index * 8 + 8), 2),
  );
}
