import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Store } from '../../src/core/store.ts';
import { postgresStore, type PostgresPool } from '../../src/stores/postgres.ts';
import { storeConformance } from '../../src/stores/testing.ts';
import { type AuthNode, startAuthNode } from '../support/auth-node.ts';
import { CAN_START_POSTGRES, type OwnPostgres, startOwnPostgres } from '../support/postgres.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { MOST_MS } from './engines.ts';
import { expectOnlyOutages, statuses, untilGood } from './load.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

describe.skipIf(!CAN_START_POSTGRES)('PostgreSQL', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });

  async function begin(settings: readonly string[] = []): Promise<{ server: OwnPostgres; url: string }> {
    const server = await startOwnPostgres(settings);
    ends.push(() => server.stop());
    return { server, url: await server.createDatabase() };
  }

  function poolOf(connectionString: string, config: pg.PoolConfig = {}): pg.Pool {
    const pool = new pg.Pool({ connectionString, connectionTimeoutMillis: 1_000, ...config });
    ends.push(() => pool.end());
    return pool;
  }

  async function nodeOver(
    pool: PostgresPool,
    maxStaleMs = 10_000,
  ): Promise<AuthNode & { readonly store: Store }> {
    const store = await postgresStore({ pool });
    ends.push(() => store.close());
    const stale = { maxStaleMs, feedPollMs: 250 };
    const node = await startAuthNode(store, { b2b: stale, bearer: stale });
    ends.push(() => node.stop());
    return { ...node, store };
  }

  it('F5 whose packets to the one connection that listens are dropped is heard again on another', async () => {
    const { server, url } = await begin();
    const proxy = await startTcpProxy(server.port);
    ends.push(() => proxy.stop());
    const through = new URL(url);
    through.port = String(proxy.port);
    const here = await postgresStore({ pool: poolOf(url) });
    const there = await postgresStore({ pool: poolOf(url), listenPool: poolOf(through.href, { max: 1 }) });
    ends.push(
      () => here.close(),
      () => there.close(),
    );
    let woken = 0;
    await there.feedWatch(() => {
      woken += 1;
    });
    proxy.swallow();
    proxy.deliver();
    const line = { key: 'acc:1', value: 1, expiresAt: Date.now() + 600_000 };
    await here.feedAppend([line]);
    await pause(500);
    // Deaf, without a word from the network; the connection is asked from time to time whether it is still there.
    expect(woken).toBe(0);
    await vi.waitFor(() => expect(woken).toBe(1), { timeout: 20_000, interval: 100 });
    await here.feedAppend([line]);
    await vi.waitFor(() => expect(woken).toBe(2), 5_000);
  });

  it('F12 that is restarted at once is 503 and then good again within five seconds, with no dead connection left', async () => {
    const { server, url } = await begin();
    const pool = poolOf(url);
    const node = await nodeOver(pool);
    const pairs = await Promise.all(Array.from({ length: 10 }, (_, index) => node.login(`u${index}`)));
    server.halt('immediate');
    const during = await Promise.all(pairs.map(({ refresh }) => node.refresh(refresh)));
    expectOnlyOutages(during, MOST_MS);
    expect(statuses(during)).toEqual({ 503: 10 });
    server.begin();
    const [first] = pairs;
    await untilGood(() => node.refresh(first?.refresh ?? ''), 5_000);
    const after = await Promise.all(pairs.map(({ refresh }) => node.refresh(refresh)));
    expect(statuses(after)).toEqual({ 200: 10 });
    expect(pool.totalCount).toBeLessThanOrEqual(10);
  });

  it('F13 whose pool is exhausted is a fast 503 for what needs it, and nothing for what does not', async () => {
    const { url } = await begin();
    const pool = poolOf(url, { max: 3 });
    const node = await nodeOver(pool, 60_000);
    const { access, refresh } = await node.login();
    await node.get('/products', access);
    // The host's own statements have all connections that the watch of the feed left.
    const busy = Promise.all([pool.query('SELECT pg_sleep(4)'), pool.query('SELECT pg_sleep(4)')]);
    await pause(100);
    const refreshes = Promise.all(Array.from({ length: 200 }, () => node.refresh(refresh)));
    const guarded = await Promise.all(Array.from({ length: 200 }, () => node.get('/products', access)));
    expect(statuses(guarded)).toEqual({ 200: 200 });
    const refused = await refreshes;
    expectOnlyOutages(refused, MOST_MS);
    expect(statuses(refused)).toEqual({ 503: 200 });
    await busy;
    expect((await node.refresh(refresh)).status).toBe(200);
  });

  it('F14 whose transactions are serializable gives concurrent refreshes one successor, by a bounded number of repeats', async () => {
    const { url } = await begin(['default_transaction_isolation=serializable']);
    const node = await nodeOver(poolOf(url, { max: 20 }));
    let { refresh } = await node.login();
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => node.refresh(refresh)));
      expectOnlyOutages(answers, MOST_MS);
      const successors = new Set(answers.flatMap(({ pair }) => pair?.refresh ?? []));
      expect(successors.size).toBe(1);
      [refresh = ''] = successors;
    }
  });

  it('F14 that breaks a deadlock off still gives the caller its answer', async () => {
    const { url } = await begin(['deadlock_timeout=1s']);
    const pool = poolOf(url, { max: 5 });
    const store = await postgresStore({ pool, timeoutMs: 20_000, acquireTimeoutMs: 5_000 });
    ends.push(() => store.close());
    const family = { owner: 'u1', data: null, idleMs: 3_600_000, absoluteAt: null, feedMs: 1_000 };
    for (const id of ['f1', 'f2']) await store.familyCreate({ ...family, id });
    const host = await pool.connect();
    // The host's transaction takes the rows in the other order, and is not the one that gives way.
    await host.query(
      "SET deadlock_timeout = '20s'; BEGIN; SELECT FROM portcullis.family WHERE id = 'f2' FOR UPDATE",
    );
    const revoking = store.familyRevokeAll('u1');
    await pause(300);
    await host.query("SELECT FROM portcullis.family WHERE id = 'f1' FOR UPDATE");
    await host.query('COMMIT');
    host.release(true);
    expect(await revoking).toBe(2);
    await vi.waitFor(async () => {
      const { rows } = await pool.query(
        'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
      );
      expect(rows).toEqual([{ deadlocks: '1' }]);
    }, 15_000);
  });

  it('F15 behind a proxy that gives each transaction another connection works without prepared statements', async () => {
    const { url } = await begin();
    // Each statement on a connection of its own: whatever the store left on the last one is gone.
    const pool = poolOf(url, { maxUses: 1, max: 20 });
    const listenPool = poolOf(url, { max: 1 });
    let made = 0;
    const cases = storeConformance(({ clock }) => {
      made += 1;
      const patient = { timeoutMs: 10_000, acquireTimeoutMs: 5_000 };
      return postgresStore({
        pool,
        schema: `case_${made}`,
        clock,
        prepare: false,
        listenPool: null,
        ...patient,
      });
    }).filter(({ name }) =>
      /^(?:familyRotate: (?:of 20|reuse|feedG)|put: (?:of 20|20 loops)|use: of 20|feed: none|handles: one)/.test(
        name,
      ),
    );
    expect(cases.length).toBeGreaterThan(8);
    for (const { run } of cases) await run();
    const store = await postgresStore({ pool, listenPool, prepare: false });
    ends.push(() => store.close());
    let woken = 0;
    await store.feedWatch(() => {
      woken += 1;
    });
    await store.feedAppend([{ key: 'acc:1', value: 1, expiresAt: Date.now() + 60_000 }]);
    await vi.waitFor(() => expect(woken).toBeGreaterThan(0), 5_000);
  });
});

describe.skipIf(!CAN_START_POSTGRES || spawnSync('pgbouncer', ['--version']).status !== 0)(
  'PgBouncer',
  () => {
    it('F15 in transaction mode lets the store work without prepared statements', async () => {
      const { startPgBouncer } = await import('./pgbouncer.ts');
      const server = await startOwnPostgres();
      const bouncer = await startPgBouncer(server.port);
      const url = new URL(await server.createDatabase());
      const direct = new pg.Pool({ connectionString: url.href });
      url.port = String(bouncer.port);
      const pool = new pg.Pool({ connectionString: url.href, max: 20 });
      const store = await postgresStore({ pool, listenPool: direct, prepare: false });
      await store.familyCreate({
        id: 'f1',
        owner: 'u1',
        data: 1,
        idleMs: 60_000,
        absoluteAt: null,
        feedMs: 1_000,
      });
      for (let generation = 1; generation <= 50; generation++) {
        const policy = { idleMs: 60_000, graceMs: 10_000 };
        const outcomes = await Promise.all(
          Array.from({ length: 8 }, () => store.familyRotate('f1', generation, policy)),
        );
        expect(outcomes.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(1);
      }
      await store.close();
      await pool.end();
      await direct.end();
      await bouncer.stop();
      await server.stop();
    });
  },
);
