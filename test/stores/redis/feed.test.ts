import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import type { Store } from '../../../src/core/store.ts';
import { redisStore } from '../../../src/stores/redis.ts';
import { movableClock } from '../../support/movable-clock.ts';
import {
  CAN_START_REDIS,
  reachRedis,
  REDIS_SOURCE,
  type RedisServer,
  startRedis,
} from '../../support/redis.ts';

const HOUR_MS = 3_600_000;

describe.skipIf(REDIS_SOURCE === null)('redisStore: the feed', () => {
  let server: RedisServer;
  let admin: Redis;
  let prefix: string;
  let store: Store;

  beforeAll(async () => {
    server = await reachRedis();
    admin = new Redis(server.url);
  });

  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  beforeEach(() => {
    prefix = server.newPrefix();
    store = redisStore({ client: admin, prefix });
  });

  afterEach(() => store.close());

  const key = (name: string): string => `{${prefix}}:1:${name}`;

  async function append(...names: readonly string[]): Promise<void> {
    const expiresAt = Date.now() + HOUR_MS;
    await store.feedAppend(names.map((name) => ({ key: name, value: 1, expiresAt })));
  }

  async function readFrom(cursor: string | null): Promise<readonly string[]> {
    return (await store.feedRead(cursor)).events.map((line) => line.key);
  }

  it('is read whole after a failover that lost its end, though later lines have come since', async () => {
    await append('acc:1', 'acc:2', 'acc:3');
    const { cursor } = await store.feedRead(null);
    // The new primary never had the third line.
    const [last] = await admin.xrevrange(key('feed'), '+', '-', 'COUNT', 1);
    await admin.xdel(key('feed'), last?.[0] ?? '');
    await append('acc:4');
    expect(await readFrom(cursor)).toEqual(['acc:1', 'acc:2', 'acc:4']);
  });

  it('is read whole when everything was lost, and a watch still wakes', async () => {
    await append('acc:1');
    const { cursor } = await store.feedRead(null);
    await admin.unlink(key('feed'), key('ends'));
    expect(await readFrom(cursor)).toEqual([]);
    let woken = 0;
    const end = await store.feedWatch(() => {
      woken += 1;
    });
    await append('acc:2');
    expect(await readFrom(cursor)).toEqual(['acc:2']);
    await expect.poll(() => woken).toBeGreaterThan(0);
    await end();
  });

  it('wakes the others when one watcher throws, and goes on', async () => {
    const endFirst = await store.feedWatch(() => {
      throw new Error('the watcher is broken');
    });
    let woken = 0;
    const end = await store.feedWatch(() => {
      woken += 1;
    });
    await append('acc:1');
    await expect.poll(() => woken).toBeGreaterThan(0);
    const before = woken;
    await append('acc:2');
    await expect.poll(() => woken).toBeGreaterThan(before);
    await endFirst();
    await end();
  });

  it.skipIf(!CAN_START_REDIS)(
    'cannot be watched while there is no server, and can when there is',
    async () => {
      const own = await startRedis();
      const client = new Redis(own.url, { lazyConnect: true });
      await own.kill();
      const other = redisStore({ client, prefix });
      await expect(other.feedWatch(() => undefined)).rejects.toThrow(StoreError);
      await own.restart();
      const watch = (): Promise<unknown> => other.feedWatch(() => undefined).catch(() => null);
      await expect.poll(watch, { timeout: 5_000 }).not.toBeNull();
      await other.close();
      await own.stop();
    },
  );

  it('is read to its end however long it is', async () => {
    const names = Array.from({ length: 2_500 }, (_, index) => `acc:${index}`);
    await append(...names);
    const first = await store.feedRead(null);
    expect(first.events.map((line) => line.key)).toEqual(names);
    expect(await readFrom(first.cursor)).toEqual([]);
    await append('acc:last');
    expect(await readFrom(first.cursor)).toEqual(['acc:last']);
  });

  it('loses its expired lines as others are appended, without being swept', async () => {
    const clock = movableClock(Math.floor(Date.now() / 1000));
    const moved = redisStore({ client: admin, prefix, clock });
    for (let line = 0; line < 200; line++) {
      await moved.feedAppend([{ key: `acc:${line}`, value: 1, expiresAt: clock.now() + HOUR_MS }]);
      clock.advance(360);
    }
    // Ten lines an hour that live for an hour, and the minute for which they stay beyond it.
    expect(await admin.xlen(key('feed'))).toBeLessThan(15);
    expect(await admin.zcard(key('ends'))).toBe(await admin.xlen(key('feed')));
    await moved.close();
  });

  it('keeps the same line of a revocation to the millisecond of the server, whatever this machine thinks', async () => {
    const family = { id: 'f1', owner: 'u1', data: 1, idleMs: HOUR_MS, absoluteAt: null, feedMs: 5_000 };
    const before = (await store.ping()).serverNow;
    const { createdAt } = await store.familyCreate(family);
    await store.familyRevoke('f1');
    const after = (await store.ping()).serverNow;
    expect(createdAt).toBeGreaterThanOrEqual(before);
    const [line] = (await store.feedRead(null)).events;
    expect(line?.expiresAt).toBeGreaterThanOrEqual(before + 5_000);
    expect(line?.expiresAt).toBeLessThanOrEqual(after + 5_000);
  });
});
