import { type Address, compareAddresses, type Ipv6Address, parseAddress } from './address.ts';
import { type Ipv4Network, type Ipv6Network, type Network, networkContains } from './network.ts';

/**
 * Many networks, compiled once for the question whether an address lies in any of them. Overlapping and neighbouring
 * networks become one interval; a question is one binary search over sorted intervals, so that a list of a hundred
 * thousand networks costs about as much to ask as a list of ten. A set never changes: build a new one, away from the
 * requests, and exchange the whole.
 */
export class NetworkSet {
  /** How many networks it was compiled from. */
  readonly size: number;
  readonly #ipv4: Ipv4Intervals;
  readonly #ipv6: Ipv6Intervals;

  private constructor(size: number, ipv4: Ipv4Intervals, ipv6: Ipv6Intervals) {
    this.size = size;
    this.#ipv4 = ipv4;
    this.#ipv6 = ipv6;
    Object.freeze(this);
  }

  /** Compiles a set. An empty set contains nothing. */
  static of(networks: Iterable<Network>): NetworkSet {
    const ipv4: Ipv4Network[] = [];
    const ipv6: Ipv6Network[] = [];
    for (const network of networks) {
      if (network.family === 4) ipv4.push(network);
      else ipv6.push(network);
    }
    return new NetworkSet(ipv4.length + ipv6.length, compileIpv4(ipv4), compileIpv6(ipv6));
  }

  /** How many intervals are left after merging. */
  get intervals(): number {
    return this.#ipv4.first.length + this.#ipv6.first.length / WORDS;
  }

  has(address: Address): boolean {
    return address.family === 4 ? containsIpv4(this.#ipv4, address.value) : containsIpv6(this.#ipv6, address);
  }

  /** Whether a text is an address, by the rules of {@link parseAddress}, and lies in the set. */
  hasText(text: string): boolean {
    const address = parseAddress(text);
    return address !== null && this.has(address);
  }
}

/**
 * The network that decides about an address: of those that contain it, the one with the longest prefix, and the first
 * of equals. It walks the whole list, so it is for explaining a decision; {@link NetworkSet.has} is for making one.
 */
export function findMatch<N extends Network>(networks: Iterable<N>, address: Address): N | null {
  let best: N | null = null;
  for (const network of networks) {
    if ((best === null || network.prefix > best.prefix) && networkContains(network, address)) best = network;
  }
  return best;
}

/** Interval `i` is `first[i]` to `last[i]`, both included. */
interface Ipv4Intervals {
  readonly first: Uint32Array;
  readonly last: Uint32Array;
}

/** Interval `i` is the four words from `first[4 * i]` to the four words from `last[4 * i]`, both included. */
interface Ipv6Intervals {
  readonly first: Uint32Array;
  readonly last: Uint32Array;
}

/** How many 32-bit words an IPv6 address has. */
const WORDS = 4;

// Indices below are within bounds by construction; the assertions spare the hot loops a check for `undefined`.

function containsIpv4({ first, last }: Ipv4Intervals, value: number): boolean {
  let low = 0;
  let high = first.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((first[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low > 0 && (last[low - 1] as number) >= value;
}

function containsIpv6({ first, last }: Ipv6Intervals, address: Ipv6Address): boolean {
  let low = 0;
  let high = first.length / WORDS;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareAt(first, middle * WORDS, address) <= 0) low = middle + 1;
    else high = middle;
  }
  return low > 0 && compareAt(last, (low - 1) * WORDS, address) >= 0;
}

function compareAt(words: Uint32Array, offset: number, { w0, w1, w2, w3 }: Ipv6Address): number {
  return (
    (words[offset] as number) - w0 ||
    (words[offset + 1] as number) - w1 ||
    (words[offset + 2] as number) - w2 ||
    (words[offset + 3] as number) - w3
  );
}

function compileIpv4(networks: readonly Ipv4Network[]): Ipv4Intervals {
  // First address and prefix fit into 38 bits of one number, and numbers are sorted without calling back.
  const keys = Float64Array.from(
    networks,
    (network) => network.first.value * PREFIXES + network.prefix,
  ).toSorted();
  const first = new Uint32Array(keys.length);
  const last = new Uint32Array(keys.length);
  let count = 0;
  for (const key of keys) {
    const start = Math.floor(key / PREFIXES);
    const end = start + 2 ** (32 - (key % PREFIXES)) - 1;
    if (count > 0 && start <= (last[count - 1] as number) + 1) {
      last[count - 1] = Math.max(last[count - 1] as number, end);
    } else {
      first[count] = start;
      last[count] = end;
      count++;
    }
  }
  return { first: first.slice(0, count), last: last.slice(0, count) };
}

/** The least power of two above the longest IPv4 prefix. */
const PREFIXES = 64;

function compileIpv6(networks: readonly Ipv6Network[]): Ipv6Intervals {
  const sorted = networks.toSorted((a, b) => compareAddresses(a.first, b.first));
  const first = new Uint32Array(sorted.length * WORDS);
  const last = new Uint32Array(sorted.length * WORDS);
  let end = 0;
  for (const network of sorted) {
    if (end > 0 && reaches(last, end - WORDS, network.first)) {
      if (compareAt(last, end - WORDS, network.last) < 0) write(last, end - WORDS, network.last);
    } else {
      write(first, end, network.first);
      write(last, end, network.last);
      end += WORDS;
    }
  }
  return { first: first.slice(0, end), last: last.slice(0, end) };
}

/** Whether an address is at most one beyond the address that stands at the offset. */
function reaches(words: Uint32Array, offset: number, address: Ipv6Address): boolean {
  if (compareAt(words, offset, address) >= 0) return true;
  // One less than the address: words that are zero borrow from the word before them.
  const w3 = (address.w3 - 1) >>> 0;
  const w2 = address.w3 === 0 ? (address.w2 - 1) >>> 0 : address.w2;
  const w1 = address.w3 === 0 && address.w2 === 0 ? (address.w1 - 1) >>> 0 : address.w1;
  const w0 = address.w3 === 0 && address.w2 === 0 && address.w1 === 0 ? address.w0 - 1 : address.w0;
  return compareAt(words, offset, { family: 6, w0, w1, w2, w3 }) === 0;
}

function write(words: Uint32Array, offset: number, { w0, w1, w2, w3 }: Ipv6Address): void {
  words[offset] = w0;
  words[offset + 1] = w1;
  words[offset + 2] = w2;
  words[offset + 3] = w3;
}
