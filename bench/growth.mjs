import { createHash, randomBytes } from 'node:crypto';
import { guard } from '../dist/src/express.js';
import { authenticate } from '../dist/src/middleware/authenticate.js';
import { memoryStore } from '../dist/src/stores/memory.js';
import { feedReader } from './dist/src/tokens/feed-reader.js';
import { revocationsOf } from './dist/src/tokens/revocations.js';
import { JwtBearerStrategy } from '../dist/strategies/jwt-bearer.js';
import { compiled, sampleOf } from './ip.mjs';
import { headersOf, keysOf } from './jwt.mjs';
import { AUDIENCE, ISSUER } from './lib/by-hand.mjs';
import { measure } from './lib/measure.mjs';
import { gate, requestWith, responseStub } from './lib/requests.mjs';
import { refreshByConcurrency } from './refresh.mjs';

const CLOCK = { now: () => Date.now() };

/**
 * How cost grows with work.
 *
 * @typedef {{ name: string, title: string, x: string, y: string, series: Record<string, [number, number][]> }} Growth
 * @returns {Promise<Growth[]>}
 */
export async function growths() {
  return [await byNetworks(), await bySessions(), await byRevocations(), await byConcurrency()];
}

async function byNetworks() {
  const points = [];
  for (const count of [1, 10, 100, 1_000, 10_000, 100_000]) {
    const { networks, texts } = sampleOf(count);
    const set = compiled(networks);
    points.push([count, await timeOf((index) => set.hasText(texts[index % texts.length]), 20_000)]);
  }
  return {
    name: 'networks',
    title: 'Looking an address up',
    x: 'networks in the list',
    y: 'ns for each look-up',
    series: { 'look-up': points },
  };
}

async function bySessions() {
  const store = memoryStore();
  const ids = [];
  const found = [];
  const rotated = [];
  for (const count of [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]) {
    while (ids.length < count) {
      const id = randomBytes(16).toString('base64url');
      ids.push(id);
      await store.familyCreate({
        id,
        owner: `user-${ids.length % 300_000}`,
        data: null,
        idleMs: 604_800_000,
        absoluteAt: null,
        feedMs: 3_660_000,
      });
    }
    const step = Math.max(1, Math.floor(count / 5_003));
    const pick = (index) => ids[(index * step) % count];
    found.push([count, await timeOf((index) => store.familyGet(pick(index)), 5_000)]);
    rotated.push([
      count,
      // Every generation is presented as current or as later than the store knows, which rotates alike.
      await timeOf(
        (index) => store.familyRotate(pick(index), 1_000 + index, { idleMs: 604_800_000, graceMs: 0 }),
        1_000,
      ),
    ]);
  }
  await store.close();
  return {
    name: 'sessions',
    title: 'Sessions in the memory store',
    x: 'live sessions',
    y: 'ns for each call',
    series: { find: found, rotate: rotated },
  };
}

async function byRevocations() {
  const keys = keysOf('HS256');
  const headers = headersOf('HS256', keys);
  const points = [];
  for (const count of [0, 10, 100, 1_000, 10_000, 100_000]) {
    const store = memoryStore();
    const expiresAt = Date.now() + 3_600_000;
    const events = Array.from({ length: count }, (_, index) => ({
      key: `sid:${createHash('sha256').update(`${index}`).digest('base64url')}`,
      value: 0,
      expiresAt,
    }));
    for (let at = 0; at < count; at += 1_000) await store.feedAppend(events.slice(at, at + 1_000));
    const feed = feedReader({ store, clock: CLOCK });
    const revocations = revocationsOf(feed, CLOCK);
    await feed.fresh();
    const strategy = new JwtBearerStrategy({
      algorithm: 'HS256',
      keys: keys.verify,
      issuer: ISSUER,
      audience: AUDIENCE,
      revoked: (claims) =>
        revocations.check({
          sessionId: claims.sid,
          generation: 1,
          owner: claims.sub,
          workspace: null,
          authVersion: 1,
        }),
    });
    const door = guard(authenticate(strategy));
    const { next } = gate();
    let requests = [];
    const { run } = await measure(
      { run: (index) => door(requests[index], responseStub(), next) },
      {
        operations: headers.length,
        rounds: 21,
        prepare: () => (requests = headers.map((header) => requestWith(header))),
      },
    );
    // On the first point 0 cannot be drawn on a logarithmic axis.
    points.push([Math.max(1, count), run.median]);
    await feed.close();
    await store.close();
  }
  return {
    name: 'revocations',
    title: 'A warm JWT guard',
    x: 'revocations in the feed (the first point is none)',
    y: 'ns for each request',
    series: { guard: points },
  };
}

async function byConcurrency() {
  return {
    name: 'refreshes',
    title: 'Concurrent refreshes',
    x: 'refreshes under way',
    y: 'rotations a second',
    series: await refreshByConcurrency([1, 4, 16, 64]),
  };
}

/** @param {(index: number) => unknown} operate */
async function timeOf(operate, operations) {
  const { run } = await measure({ run: operate }, { operations, rounds: 7 });
  return run.median;
}
