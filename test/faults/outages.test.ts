import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../src/core/errors.ts';
import type { Store } from '../../src/core/store.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { type AuthNode, startAuthNode } from '../support/auth-node.ts';
import { type Engine, type EngineKind, ENGINES, MOST_MS } from './engines.ts';
import { expectOnlyOutages, percentile, startLoad, statuses, untilGood } from './load.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

/** What a node goes by without its store, and how long it looks for it. */
const MAX_STALE_MS = 1_500;
const RECOVERY_MS = 5_000;

const LOGIN = { username: 'ada', password: 'correct horse battery staple' } as const;

const engines: Engine[] = [];
const nodes: AuthNode[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
  for (const engine of engines.splice(0)) await engine.stop();
});

async function nodeOver(store: Store): Promise<AuthNode> {
  const stale = { maxStaleMs: MAX_STALE_MS, feedPollMs: 250 };
  const node = await startAuthNode(store, { b2b: stale, bearer: stale });
  nodes.push(node);
  return node;
}

async function started(kind: EngineKind): Promise<Engine> {
  const engine = await kind.start();
  engines.push(engine);
  return engine;
}

const [REDIS, POSTGRES] = ENGINES as readonly [EngineKind, EngineKind];

describe.skipIf(REDIS.isMissing)('Redis that is down at start', () => {
  it('F1 lets the process start: protected routes answer 503 until it comes, and then work', async () => {
    const engine = await started(REDIS);
    await engine.kill();
    // A token of another node that shares the keys, so that only the store can be in the way.
    const elsewhere = await nodeOver(memoryStore());
    const { access } = await elsewhere.login();
    const node = await nodeOver(await engine.open());
    const answers = [
      await node.get('/products', access),
      await node.get('/reports', randomUUID()),
      await node.post('/auth/login', LOGIN),
      await node.get('/open'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 200]);
    expectOnlyOutages(answers, MOST_MS);
    await engine.begin();
    await untilGood(() => node.get('/products', access), RECOVERY_MS);
  });
});

describe.skipIf(POSTGRES.isMissing)('PostgreSQL that is down at start', () => {
  it('F1 is told in one clear line, so that the process ends instead of pretending', async () => {
    const engine = await started(POSTGRES);
    await engine.kill();
    const error = await engine.open().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect((error as StoreError).message).toMatch(/^The PostgreSQL store failed with [A-Z_]+: [^\n]+\.$/);
    await engine.begin();
    expect((await (await nodeOver(await engine.open())).login()).access).toMatch(/^ey/);
  });
});

describe.each(ENGINES)('$name', (kind) => {
  const begin = (): Promise<Engine> => started(kind);

  describe.skipIf(kind.isMissing)('when it fails', () => {
    it('F2 F3 killed under load is answered with 503 and never 401, and found again within five seconds', async () => {
      const engine = await begin();
      const node = await nodeOver(await engine.open());
      const load = await startLoad(node, 8);
      await pause(1_000);
      expect(statuses(load.seen)).toEqual({ 200: load.seen.length });
      await engine.kill();
      const killedAt = performance.now();
      await pause(MAX_STALE_MS + 2_000);
      const during = load.seen.filter(({ askedAt }) => askedAt > killedAt);
      expectOnlyOutages(during, MOST_MS);
      // What needs the store is refused from the first moment; what goes by memory, for as long as it is fresh enough.
      const rotations = during.filter(({ what }) => what === 'refresh' || what === 'opaque refresh');
      expect(rotations.length).toBeGreaterThan(0);
      expect(statuses(rotations)).toEqual({ 503: rotations.length });
      const stale = during.filter(({ askedAt }) => askedAt > killedAt + MAX_STALE_MS + 250);
      const guarded = stale.filter(({ what }) => what === 'products' || what === 'reports');
      expect(guarded.length).toBeGreaterThan(0);
      expect(statuses(guarded)).toEqual({ 503: guarded.length });
      const open = during.filter(({ what }) => what === 'open');
      expect(statuses(open)).toEqual({ 200: open.length });

      await engine.begin();
      await untilGood(
        () => node.post('/auth/login', { username: 'late', password: 'correct horse battery staple' }),
        RECOVERY_MS,
      );
      await pause(1_000);
      const backAt = performance.now();
      await pause(500);
      const pairs = await load.stop();
      const after = load.seen.filter(({ askedAt }) => askedAt > backAt);
      expect(statuses(after)).toEqual({ 200: after.length });
      expectOnlyOutages(load.seen, MOST_MS);
      // Everybody still has the session of before, under the token that they heard of last.
      for (const { jwt, opaque } of pairs) {
        expect((await node.refresh(jwt.refresh)).status).toBe(200);
        expect((await node.opaqueRefresh(opaque.refresh)).status).toBe(200);
      }
    });

    it('F4 that hangs is answered with 503 within the deadline, in bounded memory, and found again', async () => {
      const engine = await begin();
      const node = await nodeOver(await engine.open());
      const { access, refresh } = await node.login();
      await node.get('/products', access);
      engine.freeze();
      try {
        await pause(MAX_STALE_MS + 300);
        global.gc?.();
        const before = process.memoryUsage().rss;
        for (let wave = 0; wave < 4; wave++) {
          const asked = Array.from({ length: 100 }, () => [
            node.get('/products', access),
            node.refresh(refresh),
            node.post('/auth/login', LOGIN),
          ]);
          const seen = await Promise.all(asked.flat());
          expectOnlyOutages(seen, MOST_MS + 1_000);
          expect(statuses(seen)).toEqual({ 503: 300 });
        }
        const grownMb = (process.memoryUsage().rss - before) / 2 ** 20;
        expect(grownMb).toBeLessThan(50);
      } finally {
        engine.thaw();
      }
      await untilGood(() => node.get('/products', access), RECOVERY_MS);
      expect((await node.refresh(refresh)).status).toBe(200);
    });

    it('F5 whose packets are dropped is answered like one that hangs, and reached again on new connections', async () => {
      const engine = await begin();
      const node = await nodeOver(await engine.open());
      const { access, refresh } = await node.login();
      await node.get('/products', access);
      engine.proxy.swallow();
      await pause(MAX_STALE_MS + 300);
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          index % 2 === 0 ? node.get('/products', access) : node.refresh(refresh),
        ),
      );
      expectOnlyOutages(answers, MOST_MS);
      expect(statuses(answers)).toEqual({ 503: 100 });
      engine.proxy.deliver();
      await untilGood(() => node.get('/products', access), RECOVERY_MS);
      await untilGood(() => node.refresh(refresh), RECOVERY_MS);
    });

    it('F5 whose connections are reset, again and again, is an outage for whoever is under way and for nobody later', async () => {
      const engine = await begin();
      const node = await nodeOver(await engine.open());
      let { refresh } = await node.login();
      for (const how of ['reset', 'end', 'reset'] as const) {
        const under = Promise.all(Array.from({ length: 20 }, () => node.refresh(refresh)));
        await pause(2);
        engine.proxy.cut(how);
        expectOnlyOutages(await under, MOST_MS);
        await untilGood(async () => {
          const answer = await node.refresh(refresh);
          refresh = answer.pair?.refresh ?? refresh;
          return answer;
        }, RECOVERY_MS);
      }
    });

    it('F6 that is slow by 300 ms is slow and nothing else: no storm of repeats, p99 below two seconds', async () => {
      const engine = await begin();
      const node = await nodeOver(await engine.open());
      const pairs = await Promise.all(Array.from({ length: 20 }, (_, index) => node.login(`u${index}`)));
      engine.proxy.latencyMs = 150;
      await pause(1_500);
      const before = engine.proxy.sent;
      const answers = await Promise.all(pairs.map(({ refresh }) => node.refresh(refresh)));
      const asked = engine.proxy.sent - before;
      expect(statuses(answers)).toEqual({ 200: 20 });
      expect(percentile(answers, 0.5)).toBeGreaterThan(290);
      expect(percentile(answers, 0.99)).toBeLessThan(2_000);
      // At most two for each request, the polls of the feed, and what connections that had to be made first cost.
      expect(asked).toBeLessThan(2 * 20 + 40);
      engine.proxy.latencyMs = 0;
    });
  });
});
