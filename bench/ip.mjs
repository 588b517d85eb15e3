import { BlockList, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { NetworkSet } from '../dist/src/network/network-set.js';
import { parseNetwork } from '../dist/src/network/network.js';
import { demand, measure } from './lib/measure.mjs';

const ADDRESSES = 1000;

/** @returns {import('./lib/report.mjs').Row[]} */
export function ipRows() {
  return [10, 1_000, 10_000, 100_000].map(rowOf);
}

/** Looking an address up in a list, from its text. @param {number} count */
function rowOf(count) {
  const random = randomFrom(count);
  const networks = Array.from(
    { length: count },
    () => `${addressText(random)}/${20 + Math.floor(random() * 13)}`,
  ).map((text) => parsed(text).text);
  const texts = Array.from({ length: ADDRESSES }, (_, index) =>
    index % 2 === 0 ? addressText(random) : networks[index % count].split('/')[0],
  );
  const set = NetworkSet.of(networks.map(parsed));
  const byHand = handWritten(networks);
  const blockList = new BlockList();
  for (const network of networks) {
    const [address, prefix] = network.split('/');
    blockList.addSubnet(address, Number(prefix), 'ipv4');
  }
  const ranges = networks.map((network) => ipaddr.parseCIDR(network));

  const candidates = {
    'hand-written binary search': (text) => byHand(text),
    portcullis: (text) => set.hasText(text),
    'net.BlockList': (text) => blockList.check(text, 'ipv4'),
    'ipaddr.js, parsed before': (text) => {
      const address = ipaddr.parse(text);
      return ranges.some((range) => address.match(range));
    },
  };
  for (const text of texts.slice(0, 100)) {
    const answers = new Set(Object.values(candidates).map((has) => has(text)));
    demand(`all candidates agree on ${text}`, answers.size === 1);
  }

  let fresh = [];
  const slow = count >= 10_000;
  return {
    group: 'ip',
    row: `${count.toLocaleString('en')} networks`,
    floor: 'hand-written binary search',
    results: measure(
      Object.fromEntries(
        Object.entries(candidates).map(([name, has]) => [name, (index) => has(fresh[index])]),
      ),
      {
        operations: slow ? 60 : ADDRESSES,
        rounds: slow ? 5 : 15,
        prepare: () => (fresh = texts.map((text) => Buffer.from(text).toString('latin1'))),
      },
    ),
  };
}

/** @param {string} text */
function parsed(text) {
  const result = parseNetwork(text);
  demand(`${text} is a network`, result.ok);
  return result.network;
}

/** Strict parsing and a binary search over merged intervals, as one would write it for this one purpose. */
function handWritten(networks) {
  const intervals = networks
    .map((network) => {
      const [address, prefix] = network.split('/');
      const first = toNumber(address);
      return [first, first + 2 ** (32 - Number(prefix)) - 1];
    })
    .toSorted(([a], [b]) => a - b);
  const merged = [];
  for (const [first, last] of intervals) {
    const previous = merged.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else merged.push([first, last]);
  }
  const firsts = Float64Array.from(merged, ([first]) => first);
  const lasts = Float64Array.from(merged, ([, last]) => last);
  return function has(text) {
    if (isIP(text) !== 4) return false;
    const address = toNumber(text);
    let low = 0;
    let high = firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (firsts[middle] <= address) low = middle + 1;
      else high = middle;
    }
    return low > 0 && address <= lasts[low - 1];
  };
}

/** @param {string} text */
function toNumber(text) {
  let value = 0;
  let octet = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 46) {
      value = value * 256 + octet;
      octet = 0;
    } else octet = octet * 10 + code - 48;
  }
  return value * 256 + octet;
}

function addressText(random) {
  return Array.from({ length: 4 }, () => Math.floor(random() * 256)).join('.');
}

/** The same numbers in every run. @param {number} seed */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
