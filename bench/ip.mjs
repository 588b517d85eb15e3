import { BlockList } from 'node:net';
import cidrMatcher from 'cidr-matcher';
import { getMatch } from 'ip-matching';
import ipaddr from 'ipaddr.js';
import { NetworkSet } from './dist/src/network/network-set.js';
import { parseNetwork } from './dist/src/network/network.js';
import { networksByHand } from './lib/by-hand.mjs';
import { usedBytes } from './lib/memory.mjs';
import { demand, interleave, measure } from './lib/measure.mjs';

const ADDRESSES = 1000;
const BY_HAND = 'strict parse and binary search by hand';

/** @returns {Promise<import('./lib/report.mjs').Row[]>} */
export async function ipRows() {
  // First of all, while nothing else of this size has been made and freed.
  const memory = memoryRow(100_000);
  const rows = [];
  for (const count of [10, 1_000, 10_000, 100_000]) rows.push(await rowOf(count));
  return [...rows, await compileRow(100_000), memory];
}

/** Networks and addresses to look up, half of them in the list. @param {number} count */
export function sampleOf(count) {
  const random = randomFrom(count);
  const networks = Array.from(
    { length: count },
    () => `${addressText(random)}/${20 + Math.floor(random() * 13)}`,
  ).map((text) => parsed(text).text);
  const texts = Array.from({ length: ADDRESSES }, (_, index) =>
    index % 2 === 0 ? addressText(random) : networks[index % count].split('/')[0],
  );
  return { networks, texts };
}

/** @param {readonly string[]} networks */
export function compiled(networks) {
  return NetworkSet.of(networks.map(parsed));
}

/** Looking an address up in a list, from its text. @param {number} count */
async function rowOf(count) {
  const { networks, texts } = sampleOf(count);
  const set = compiled(networks);
  const byHand = networksByHand(networks);
  const blockList = new BlockList();
  for (const network of networks) {
    const [address, prefix] = network.split('/');
    blockList.addSubnet(address, Number(prefix), 'ipv4');
  }
  const ranges = networks.map((network) => ipaddr.parseCIDR(network));

  const matcher = new cidrMatcher(networks);
  const matches = networks.map((network) => getMatch(network));

  const candidates = {
    [BY_HAND]: (text) => byHand(text),
    portcullis: (text) => set.hasText(text),
    'net.BlockList': (text) => blockList.check(text, 'ipv4'),
    'ipaddr.js, parsed before': (text) => {
      const address = ipaddr.parse(text);
      return ranges.some((range) => address.match(range));
    },
    'cidr-matcher': (text) => matcher.contains(text),
    'ip-matching': (text) => matches.some((match) => match.matches(text)),
  };
  for (const text of texts.slice(0, 100)) {
    const answers = new Set(Object.values(candidates).map((has) => has(text)));
    demand(`all candidates agree on ${text}`, answers.size === 1);
  }

  let fresh = [];
  const prepare = () => (fresh = texts.map((text) => Buffer.from(text).toString('latin1')));
  const operations = Object.entries(candidates).map(([name, has]) => [name, (index) => has(fresh[index])]);
  // Peers that walk through thousands of networks take so long that a few look-ups tell.
  const quick = operations.filter(([name]) => count < 10_000 || name === BY_HAND || name === 'portcullis');
  const slow = operations.filter((each) => !quick.includes(each));
  return {
    group: 'ip',
    row: `${count.toLocaleString('en')} networks`,
    floor: BY_HAND,
    results: {
      ...(await measure(Object.fromEntries(quick), { operations: ADDRESSES, prepare })),
      ...(await measure(Object.fromEntries(slow), { operations: 40, rounds: 5, warmUp: 1, prepare })),
    },
    targets: [
      { candidate: 'portcullis', atMost: 1.5 },
      ...(count === 10_000 ? [{ candidate: 'net.BlockList', over: 'portcullis', atLeast: 300 }] : []),
    ],
  };
}

/** Making a set of texts, as when a list changes. @param {number} count */
async function compileRow(count) {
  const { networks } = sampleOf(count);
  const run = {
    'ipaddr.js, parsing alone': () => networks.map((network) => ipaddr.parseCIDR(network)),
    portcullis: () => compiled(networks),
  };
  return {
    group: 'ip',
    row: `compiling ${count.toLocaleString('en')} networks`,
    floor: 'ipaddr.js, parsing alone',
    results: await interleave(
      Object.keys(run),
      async (name) => {
        const started = process.hrtime.bigint();
        run[name]();
        return Number(process.hrtime.bigint() - started);
      },
      7,
    ),
    targets: [{ candidate: 'portcullis', atMost: 2 }],
  };
}

/** What a compiled set keeps. @param {number} count */
function memoryRow(count) {
  const { networks } = sampleOf(count);
  // Once before it counts: the texts themselves become smaller when they are first read.
  compiled(networks);
  const before = usedBytes();
  const set = compiled(networks);
  const median = usedBytes() - before;
  demand('the set that is weighed still works', set.hasText(networks[0].split('/')[0]));
  return {
    group: 'ip',
    row: `memory kept for ${count.toLocaleString('en')} networks`,
    floor: null,
    unit: 'bytes',
    results: { portcullis: { median, spread: 0 } },
    targets: [{ candidate: 'portcullis', atMost: 4_000_000 }],
  };
}

/** @param {string} text */
function parsed(text) {
  const result = parseNetwork(text);
  demand(`${text} is a network`, result.ok);
  return result.network;
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
