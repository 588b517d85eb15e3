import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Store } from '../../src/core/store.ts';
import { redisStore } from '../../src/stores/redis.ts';
import { storeConformance } from '../../src/stores/testing.ts';
import { reachRedis, REDIS_SOURCE, type RedisServer } from '../support/redis.ts';
import { REDIS_CLIENTS } from '../support/redis-clients.ts';
import { type StoreProcesses, storeProcesses } from '../support/store-processes.ts';

describe.skipIf(REDIS_SOURCE === null)('redisStore passes the conformance suite', () => {
  let server: RedisServer;
  let processes: StoreProcesses;

  beforeAll(async () => {
    processes = storeProcesses();
    server = await reachRedis();
  });

  afterAll(async () => {
    processes.dispose();
    await server.stop();
  });

  describe.each(REDIS_CLIENTS)('with $name', ({ name: library, make }) => {
    const prefixes = new WeakMap<Store, string>();

    function open(prefix: string, clock: Clock): Store {
      const store = redisStore({ client: make(server.url), prefix, clock, timeoutMs: 20_000 });
      prefixes.set(store, prefix);
      return store;
    }

    const cases = storeConformance(({ clock }) => open(server.newPrefix(), clock), {
      open: (of, { clock }) => open(prefixes.get(of) ?? '', clock),
      spawn: (of) => processes.spawn('redis-worker.mjs', [library, server.url, prefixes.get(of) ?? '']),
    });

    for (const { name, run } of cases) it(name, async () => expect(await run()).toBeUndefined(), 60_000);
  });
});
