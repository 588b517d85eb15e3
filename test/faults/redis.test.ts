import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { redisStore } from '../../src/stores/redis.ts';
import { type AuthNode, startAuthNode } from '../support/auth-node.ts';
import { CAN_START_REDIS, startRedis } from '../support/redis.ts';
import { MOST_MS } from './engines.ts';
import { expectOnlyOutages, startLoad, statuses, untilGood } from './load.ts';
import { startSentinelSet } from './sentinel.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function nodeOver(client: Redis, options: object = {}): Promise<AuthNode> {
  const store = redisStore({ client });
  ends.push(() => store.close());
  const settings = { maxStaleMs: 5_000, feedPollMs: 250, ...options };
  const node = await startAuthNode(store, { b2b: settings, bearer: settings });
  ends.push(() => node.stop());
  return node;
}

describe.skipIf(!CAN_START_REDIS || spawnSync('redis-server', ['--version']).status !== 0)(
  'Redis behind three Sentinels',
  () => {
    it('F7 that fails over is at most ten seconds of 503, logs nobody out, and accepts no refresh twice', async () => {
      const set = await startSentinelSet();
      ends.push(() => set.stop());
      const client = new Redis({ sentinels: set.sentinels, name: set.primaryName, lazyConnect: true });
      const node = await nodeOver(client);
      const load = await startLoad(node, 6);
      await pause(1_000);
      const from = performance.now();
      await set.failOver();
      await untilGood(
        () => node.post('/auth/login', { username: 'late', password: 'correct horse battery staple' }),
        10_000,
      );
      await pause(1_500);
      const pairs = await load.stop();
      expectOnlyOutages(load.seen, MOST_MS);
      expect(load.seen.filter(({ text }) => text.includes('READONLY'))).toEqual([]);
      const refused = load.seen.filter(({ status }) => status === 503).map(({ askedAt }) => askedAt - from);
      expect(Math.max(0, ...refused)).toBeLessThan(10_000);
      for (const { jwt, opaque } of pairs) {
        const answers = await Promise.all(Array.from({ length: 4 }, () => node.refresh(jwt.refresh)));
        expect(statuses(answers)).toEqual({ 200: 4 });
        expect(new Set(answers.map(({ pair }) => pair?.refresh)).size).toBe(1);
        expect((await node.opaqueRefresh(opaque.refresh)).status).toBe(200);
      }
    });
  },
);

describe.skipIf(!CAN_START_REDIS)('Redis that loses everything', () => {
  it('F9 keeps a revoked token refused by whoever knew, and lets it live no longer than its own end elsewhere', async () => {
    const server = await startRedis();
    ends.push(() => server.stop());
    const admin = new Redis(server.url);
    ends.push(async () => admin.disconnect());
    const accessSeconds = 5;
    const node = await nodeOver(new Redis(server.url, { lazyConnect: true }), { accessSeconds });
    const issuedAt = Date.now();
    const revoked = await node.login('ada');
    const other = await node.login('grace');
    expect((await node.logout(revoked.access)).status).toBe(200);
    await admin.flushall();
    await pause(500);
    // The node has the feed in its memory, and goes by that.
    expect((await node.get('/products', revoked.access)).status).toBe(401);
    expect((await node.get('/strict', revoked.access)).status).toBe(401);
    // Every session is gone: a clean refusal, so that people sign in again.
    for (const { refresh } of [revoked, other]) expect((await node.refresh(refresh)).status).toBe(401);
    expect((await node.login('grace')).access).toMatch(/^ey/);
    // A node that starts only now knows of no revocation: the token's own end is the bound.
    const late = await nodeOver(new Redis(server.url, { lazyConnect: true }), { accessSeconds });
    await pause(Math.max(0, issuedAt + accessSeconds * 1_000 + 1_100 - Date.now()));
    expect((await late.get('/products', revoked.access)).status).toBe(401);
  });
});
