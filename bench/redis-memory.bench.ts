import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../src/core/store.ts';
import { redisStore } from '../src/stores/redis.ts';
import { CAN_START_REDIS, type OwnRedisServer, startRedis } from '../test/support/redis.ts';

const DAY_MS = 86_400_000;
const COUNT = 50_000;

/** What a server's memory grows by for each thing that the store keeps, as systems write them. */
describe.skipIf(!CAN_START_REDIS)('memory of Redis', () => {
  let server: OwnRedisServer;
  let admin: Redis;
  let store: Store;

  beforeAll(async () => {
    server = await startRedis(['--appendonly', 'no']);
    admin = new Redis(server.url);
    store = redisStore({ client: admin, timeoutMs: 20_000 });
    await store.ping();
  });

  afterAll(async () => {
    await store.close();
    admin.disconnect();
    await server.stop();
  });

  const family = (index: number, owner: number) => ({
    id: `${index}`.padStart(22, 'A'),
    owner: `b2b:${owner}`.padEnd(12, '0'),
    data: { client: 7, workspace: 'w1', scope: 'read' },
    idleMs: 7 * DAY_MS,
    absoluteAt: Date.now() + 30 * DAY_MS,
    feedMs: 3_660_000,
  });
  const later = (): number => Date.now() + DAY_MS;
  const handle = (name: string): string => name.padStart(43, 'B');

  it.each<readonly [string, number, (index: number) => Promise<unknown>]>([
    ['a family, one for each owner', 1, (index) => store.familyCreate(family(index, index))],
    [
      'a family, three for each owner',
      1,
      (index) => store.familyCreate(family(index, Math.floor(index / 3))),
    ],
    ['a handle of a family that has 200', 2, (index) => addHandles(index)],
    ['a counter', 1, (index) => store.put('counter', handle(`${index}`), null, { expiresAt: later() })],
    [
      'an expiring record with one slot, all of one value',
      1,
      (index) =>
        store.put('session', handle(`${index}`), { user: 1 }, { expiresAt: later(), lookups: ['x'] }),
    ],
    [
      'a line of the feed',
      1,
      (index) => store.feedAppend([{ key: `sid:${family(index, 1).id}`, value: 0, expiresAt: later() }]),
    ],
  ])(
    '%s',
    async (name, each, write) => {
      await admin.flushall();
      const before = await usedMemory();
      for (let from = 0; from < COUNT; from += 500) {
        await Promise.all(Array.from({ length: 500 }, (_, index) => write(from + index)));
      }
      const bytes = ((await usedMemory()) - before) / (COUNT * each);
      process.stdout.write(`${name}: ${bytes.toFixed(0)} bytes\n`);
      expect(bytes).toBeLessThan(1_000);
    },
    120_000,
  );

  async function addHandles(index: number): Promise<unknown> {
    const id = Math.floor(index / 100);
    const generation = index % 100;
    const handles = [handle(`a${index}`), handle(`r${index}`)];
    if (generation === 0) return store.familyCreate({ ...family(id, id), handles });
    return store.familyRotate(family(id, id).id, generation, { idleMs: 7 * DAY_MS, graceMs: 0, handles });
  }

  async function usedMemory(): Promise<number> {
    return Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1]);
  }
});
