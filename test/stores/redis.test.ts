import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Store } from '../../src/core/store.ts';
import { redisStore } from '../../src/stores/redis.ts';
import { storeConformance } from '../../src/stores/testing.ts';
import { CAN_START_REDIS, type OwnRedisServer, REDIS_SOURCE, startRedis } from '../support/redis.ts';
import { REDIS_CLIENTS } from '../support/redis-clients.ts';
import { redisProcessStage } from './redis/stage.ts';

describe.skipIf(REDIS_SOURCE === null)('redisStore passes the conformance suite', () => {
  const stage = redisProcessStage();

  describe.each(REDIS_CLIENTS)('with $name', ({ name: library, make }) => {
    const prefixes = new WeakMap<Store, string>();
    const prefixOf = (store: Store): string => prefixes.get(store) ?? '';

    function open(prefix: string, clock: Clock): Store {
      // A crowded machine must not fail what is no test of patience.
      const store = redisStore({ client: make(stage.server.url), prefix, clock, timeoutMs: 20_000 });
      prefixes.set(store, prefix);
      return store;
    }

    const cases = storeConformance(({ clock }) => open(stage.server.newPrefix(), clock), {
      open: (of, { clock }) => open(prefixOf(of), clock),
      spawn: (of) => stage.spawn(library, prefixOf(of)),
      wakesOthers: true,
    });

    for (const { name, run } of cases) it(name, async () => expect(await run()).toBeUndefined(), 60_000);
  });
});

describe.skipIf(!CAN_START_REDIS)('redisStore passes the cases of outages', () => {
  let server: OwnRedisServer;

  beforeAll(async () => {
    server = await startRedis();
  });

  afterAll(() => server.stop());

  describe.each(REDIS_CLIENTS)('with $name', ({ make }) => {
    const cases = storeConformance(
      ({ clock }) => redisStore({ client: make(server.url), prefix: server.newPrefix(), clock }),
      { outage: () => server },
    ).filter(({ name }) => name.startsWith('outage:'));

    for (const { name, run } of cases) it(name, async () => expect(await run()).toBeUndefined());
  });
});
