import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import { redisStore } from '../../../src/stores/redis.ts';
import { movableClock } from '../../support/movable-clock.ts';
import { CAN_START_REDIS, REDIS_SOURCE, startRedis } from '../../support/redis.ts';
import { redisStage } from './stage.ts';

const HOUR_MS = 3_600_000;

describe.skipIf(REDIS_SOURCE === null)('redisStore: the feed', () => {
  const stage = redisStage();
  const { key } = stage;

  async function append(...names: readonly string[]): Promise<void> {
    const expiresAt = Date.now() + HOUR_MS;
    await stage.store.feedAppend(names.map((name) => ({ key: name, value: 1, expiresAt })));
  }

  async function readFrom(cursor: string | null): Promise<readonly string[]> {
    return (await stage.store.feedRead(cursor)).events.map((line) => line.key);
  }

  it('is read whole after a failover that lost its end, though later lines have come since', async () => {
    await append('acc:1', 'acc:2', 'acc:3');
    const { cursor } = await stage.store.feedRead(null);
    // The new primary never had the third line.
    const [last] = await stage.admin.xrevrange(key('feed'), '+', '-', 'COUNT', 1);
    await stage.admin.xdel(key('feed'), last?.[0] ?? '');
    await append('acc:4');
    expect(await readFrom(cursor)).toEqual(['acc:1', 'acc:2', 'acc:4']);
  });

  it('is read whole when everything was lost, and a watch still wakes', async () => {
    await append('acc:1');
    const { cursor } = await stage.store.feedRead(null);
    await stage.admin.unlink(key('feed'), key('ends'));
    expect(await readFrom(cursor)).toEqual([]);
    let woken = 0;
    const end = await stage.store.feedWatch(() => {
      woken += 1;
    });
    await append('acc:2');
    expect(await readFrom(cursor)).toEqual(['acc:2']);
    await expect.poll(() => woken).toBeGreaterThan(0);
    await end();
  });

  it('wakes the others when one watcher throws, and goes on', async () => {
    const endFirst = await stage.store.feedWatch(() => {
      throw new Error('the watcher is broken');
    });
    let woken = 0;
    const end = await stage.store.feedWatch(() => {
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
      const other = redisStore({ client, prefix: stage.prefix });
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
    const first = await stage.store.feedRead(null);
    expect(first.events.map((line) => line.key)).toEqual(names);
    expect(await readFrom(first.cursor)).toEqual([]);
    await append('acc:last');
    expect(await readFrom(first.cursor)).toEqual(['acc:last']);
  });

  it('loses its expired lines as others are appended, without being swept', async () => {
    const clock = movableClock(Math.floor(Date.now() / 1000));
    const moved = redisStore({ client: stage.admin, prefix: stage.prefix, clock });
    for (let line = 0; line < 200; line++) {
      await moved.feedAppend([{ key: `acc:${line}`, value: 1, expiresAt: clock.now() + HOUR_MS }]);
      clock.advance(360);
    }
    // Ten lines an hour that live for an hour, and the minute for which they stay beyond it.
    expect(await stage.admin.xlen(key('feed'))).toBeLessThan(15);
    expect(await stage.admin.zcard(key('ends'))).toBe(await stage.admin.xlen(key('feed')));
    await moved.close();
  });

  it('keeps the same line of a revocation to the millisecond of the server, whatever this machine thinks', async () => {
    const family = { id: 'f1', owner: 'u1', data: 1, idleMs: HOUR_MS, absoluteAt: null, feedMs: 5_000 };
    const before = (await stage.store.ping()).serverNow;
    const { createdAt } = await stage.store.familyCreate(family);
    await stage.store.familyRevoke('f1');
    const after = (await stage.store.ping()).serverNow;
    expect(createdAt).toBeGreaterThanOrEqual(before);
    const [line] = (await stage.store.feedRead(null)).events;
    expect(line?.expiresAt).toBeGreaterThanOrEqual(before + 5_000);
    expect(line?.expiresAt).toBeLessThanOrEqual(after + 5_000);
  });
});
