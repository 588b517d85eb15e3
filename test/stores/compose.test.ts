import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { ConfigError, StoreError } from '../../src/core/errors.ts';
import type { Store } from '../../src/core/store.ts';
import { counters } from '../../src/services/counters.ts';
import { composeStores } from '../../src/stores/compose.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { postgresStore } from '../../src/stores/postgres.ts';
import { redisStore } from '../../src/stores/redis.ts';
import { sqliteStore } from '../../src/stores/sqlite.ts';
import { storeConformance } from '../../src/stores/testing.ts';
import { type Postgres, POSTGRES_SOURCE, startPostgres } from '../support/postgres.ts';
import { reachRedis, REDIS_SOURCE, type RedisServer } from '../support/redis.ts';

const FAMILY = { id: 'f1', owner: 'u1', data: 1, idleMs: 60_000, absoluteAt: null, feedMs: 60_000 };

function passesConformance(make: (clock: Clock) => Store | Promise<Store>): void {
  for (const { name, run } of storeConformance(({ clock }) => make(clock))) {
    it(name, async () => expect(await run()).toBeUndefined(), 60_000);
  }
}

describe('composeStores of four stores in memory passes the conformance suite', () => {
  passesConformance((clock) =>
    composeStores({
      records: memoryStore({ clock }),
      families: memoryStore({ clock }),
      feed: memoryStore({ clock }),
      counters: memoryStore({ clock }),
    }),
  );
});

describe.skipIf(REDIS_SOURCE === null)('composeStores with Redis passes the conformance suite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-compose-'));
  let files = 0;
  let server: RedisServer;

  beforeAll(async () => {
    server = await reachRedis();
  });

  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function onRedis(clock: Clock): Store {
    const client = new Redis(server.url, { lazyConnect: true });
    return redisStore({ client, prefix: server.newPrefix(), clock, timeoutMs: 20_000 });
  }

  function onSqlite(clock: Clock): Store {
    return sqliteStore({ path: join(folder, `${(files += 1)}.db`), clock });
  }

  describe('for families and feed, SQLite for records', () => {
    passesConformance((clock) => {
      const redis = onRedis(clock);
      return composeStores({ records: onSqlite(clock), families: redis, feed: redis, counters: redis });
    });
  });

  describe('for the feed alone, SQLite for everything else', () => {
    passesConformance((clock) => {
      const sqlite = onSqlite(clock);
      return composeStores({ records: sqlite, families: sqlite, feed: onRedis(clock) });
    });
  });

  describe.skipIf(POSTGRES_SOURCE === null)('for families and feed, PostgreSQL for records', () => {
    let postgres: Postgres;
    let pool: pg.Pool;
    let schemas = 0;

    beforeAll(async () => {
      postgres = await startPostgres();
      pool = new pg.Pool({ connectionString: await postgres.createDatabase(), max: 10 });
      // The server is stopped before the last connection has said good-bye.
      pool.on('error', () => undefined);
    }, 60_000);

    afterAll(async () => {
      await pool.end();
      await postgres.stop();
    }, 60_000);

    passesConformance(async (clock) => {
      const redis = onRedis(clock);
      const schema = `compose_${(schemas += 1)}`;
      const records = await postgresStore({
        pool,
        schema,
        clock,
        timeoutMs: 20_000,
        acquireTimeoutMs: 10_000,
      });
      return composeStores({ records, families: redis, feed: redis });
    });
  });
});

describe('composeStores', () => {
  const parts = () => ({ records: memoryStore(), families: memoryStore(), feed: memoryStore() });

  it('keeps each part where it is told to', async () => {
    const own = { ...parts(), counters: memoryStore() };
    const store = composeStores(own);
    await store.put('apikey', 'k1', 1, { lookups: ['w1'] });
    await store.familyCreate(FAMILY);
    await store.feedAppend([{ key: 'acc:1', value: 1, expiresAt: Date.now() + 60_000 }]);
    const { now } = Date;
    await counters(store, { now }).add('name', 60_000);
    expect((await own.records.list('apikey', 0, 'w1')).items.map(({ id }) => id)).toEqual(['k1']);
    expect(await own.counters.get('apikey', 'k1')).toBeNull();
    expect((await own.families.familyGet('f1'))?.id).toBe('f1');
    expect(await own.feed.familyGet('f1')).toBeNull();
    expect((await own.feed.feedRead(null)).events.map(({ key }) => key)).toEqual(['acc:1']);
    expect((await counters(own.counters, { now }).read('name'))?.count).toBe(1);
    expect(await counters(own.records, { now }).read('name')).toBeNull();
  });

  it('counts where the records are when it is told of no other place', async () => {
    const own = parts();
    const clock = { now: () => Date.now() };
    await counters(composeStores(own), clock).add('name', 60_000);
    expect((await counters(own.records, clock).read('name'))?.count).toBe(1);
  });

  it('tells of a revocation although the store of the feed is down at that moment', async () => {
    const own = parts();
    const store = composeStores(own);
    await store.familyCreate(FAMILY);
    const { cursor } = await store.feedRead(null);
    const down = composeStores({ ...own, feed: { ...own.feed, feedAppend: outage, feedRead: outage } });
    expect(await down.familyRevoke('f1')).toBe(true);
    // What cannot be read to its end is not read at all: half of it would look fresh.
    await expect(down.feedRead(cursor)).rejects.toThrow(StoreError);
    expect((await store.feedRead(cursor)).events.map(({ key }) => key)).toEqual(['sid:f1']);
  });

  it('answers a ping when all of its stores do', async () => {
    const own = parts();
    expect((await composeStores(own).ping()).serverNow).toBeGreaterThan(0);
    for (const part of ['records', 'families', 'feed'] as const) {
      const broken = composeStores({ ...own, [part]: { ...own[part], ping: outage } });
      await expect(broken.ping()).rejects.toThrow(StoreError);
    }
  });

  it('closes all of its stores, each once, also when one of them fails to', async () => {
    const own = parts();
    let closed = 0;
    const counting = (store: Store): Store => ({
      ...store,
      async close() {
        closed += 1;
        await store.close();
        throw new StoreError('it closes badly');
      },
    });
    const shared = counting(own.families);
    const store = composeStores({ records: counting(own.records), families: shared, feed: shared });
    await expect(store.close()).rejects.toThrow('it closes badly');
    expect(closed).toBe(2);
    await expect(own.records.ping()).rejects.toThrow(StoreError);
    await expect(own.families.ping()).rejects.toThrow(StoreError);
  });

  it('ends the watch of one feed when the other cannot be watched', async () => {
    const own = parts();
    let ended = 0;
    const feed: Store = {
      ...own.feed,
      feedWatch: async () => async () => {
        ended += 1;
      },
    };
    const store = composeStores({ ...own, feed, families: { ...own.families, feedWatch: outage } });
    await expect(store.feedWatch(() => undefined)).rejects.toThrow(StoreError);
    expect(ended).toBe(1);
  });

  it('refuses what is no store, and names what it does not know', () => {
    expect(() => composeStores({ ...parts(), records: {} as never })).toThrow(ConfigError);
    expect(() => composeStores({ records: memoryStore(), feed: memoryStore() } as never)).toThrow(
      'composeStores.families is required',
    );
    expect(() => composeStores({ ...parts(), counter: memoryStore() } as never)).toThrow(
      'did you mean "counters"?',
    );
  });
});

const outage = (): Promise<never> => Promise.reject(new StoreError('it is down'));
