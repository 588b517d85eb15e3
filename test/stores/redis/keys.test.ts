import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import type { Family } from '../../../src/core/store.ts';
import { redisStore } from '../../../src/stores/redis.ts';
import { CAN_START_REDIS, REDIS_SOURCE, startRedis } from '../../support/redis.ts';
import { movableClock } from '../../support/movable-clock.ts';
import { redisStage } from './stage.ts';

const HOUR_MS = 3_600_000;

describe.skipIf(REDIS_SOURCE === null)('redisStore: the keys it leaves', () => {
  const stage = redisStage();
  const { key } = stage;

  async function keys(): Promise<readonly string[]> {
    const found = await stage.admin.keys(`{${stage.prefix}}*`);
    return found.map((each) => each.slice(key('').length)).toSorted();
  }

  /** The keys there are, once they are those that are expected, or after five seconds. */
  async function keysUntil(expected: readonly string[]): Promise<readonly string[]> {
    const end = performance.now() + 5_000;
    for (;;) {
      const found = await keys();
      if (found.join() === expected.join() || performance.now() > end) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('are none of families, owners, parents and handles once they have expired by themselves', async () => {
    const family = { owner: 'u1', data: 1, absoluteAt: null, feedMs: 60_000 };
    await stage.store.familyCreate({ ...family, id: 'f1', idleMs: 1_000, handles: ['h1'] });
    await stage.store.familyCreate({ ...family, id: 'f2', idleMs: 1_000, parent: 'f1', handles: ['h2'] });
    await stage.store.familyRotate('f1', 1, { idleMs: 1_500, graceMs: 0, handles: ['h3'] });
    expect((await keys()).length).toBe(9);
    expect(await keysUntil([])).toEqual([]);
  });

  it('are none of what had ended before it was made', async () => {
    const family = { id: 'f1', owner: 'u1', data: 1, idleMs: HOUR_MS, feedMs: 60_000, handles: ['h1'] };
    for (const absoluteAt of [0, 1, Date.now() - 1])
      await stage.store.familyCreate({ ...family, absoluteAt });
    await stage.store.put('kind', 'id', 1, { expiresAt: 0, lookups: ['x'] });
    expect(await stage.store.familyByHandle('h1')).toBeNull();
    expect(await keysUntil(['version'])).toEqual(['version']);
  });

  it('are none of families that were revoked, but for the feed', async () => {
    const family = { owner: 'u1', data: 1, idleMs: HOUR_MS, absoluteAt: null, feedMs: 60_000 };
    await stage.store.familyCreate({ ...family, id: 'f1', handles: ['h1'] });
    await stage.store.familyCreate({ ...family, id: 'f2', owner: 'u2', parent: 'f1', handles: ['h2'] });
    await stage.store.familyRotate('f1', 1, { idleMs: HOUR_MS, graceMs: 0, handles: ['h3'] });
    await stage.store.familyRevoke('f1');
    expect(await keys()).toEqual(['ends', 'feed']);
  });

  it('are none of records and their slots once they have expired by themselves or were deleted', async () => {
    await stage.store.put('kind', 'a', 1, { expiresAt: Date.now() + 40, lookups: ['x', 'y', 'z'] });
    await stage.store.put('kind', 'b', 1, { expiresAt: Date.now() + 60, lookups: ['x'] });
    await stage.store.put('kind', 'c', 1, { lookups: ['x'] });
    await stage.store.put('kind', 'd', 1, { lookups: ['w'] });
    await stage.store.put('kind', 'd', 1);
    await stage.store.delete('kind', 'c');
    await stage.store.delete('kind', 'd');
    expect(await keysUntil(['version'])).toEqual(['version']);
  });

  it('hold no members of records that expired, though their slot is written to for ever and never listed', async () => {
    const clock = movableClock(Math.floor(Date.now() / 1000));
    const moved = redisStore({ client: stage.admin, prefix: stage.prefix, clock });
    for (let index = 0; index < 300; index++) {
      await moved.put('kind', `id${index}`, 1, { expiresAt: clock.now() + HOUR_MS, lookups: ['x'] });
      clock.advance(3_600);
    }
    // With a clock that was handed in keys stay for a day, which is 24 of them.
    expect(await stage.admin.zcard(key('x:kind:0:x'))).toBeLessThan(30);
    expect(await stage.admin.zcard(key('l:kind:0:x'))).toBeLessThan(30);
    await moved.close();
  });

  it('let a list live as long as the member that ends last, in whatever order they come', async () => {
    const now = Date.now();
    for (const [id, hours] of [
      ['a', 5],
      ['b', 9],
      ['c', 2],
    ] as const) {
      await stage.store.put('kind', id, 1, { expiresAt: now + hours * HOUR_MS, lookups: ['x'] });
    }
    expect(await stage.admin.pexpiretime(key('l:kind:0:x'))).toBe(now + 9 * HOUR_MS);
    expect(await stage.admin.pexpiretime(key('x:kind:0:x'))).toBe(now + 9 * HOUR_MS);
  });

  it('keep each handle until its family ends, with one or two prolonged in each rotation', async () => {
    const clock = movableClock(Math.floor(Date.now() / 1000));
    const moved = redisStore({ client: stage.admin, prefix: stage.prefix, clock });
    const idleMs = 24 * HOUR_MS;
    await moved.familyCreate({
      id: 'f1',
      owner: 'u1',
      data: 1,
      idleMs,
      absoluteAt: null,
      feedMs: 1,
      handles: ['h1'],
    });
    for (let generation = 1; generation <= 120; generation++) {
      clock.advance(3_600);
      const handles = [`h${generation + 1}`];
      const rotation = await moved.familyRotate('f1', generation, { idleMs, graceMs: 0, handles });
      expect(rotation.outcome).toBe('rotated');
    }
    const ends = await stage.admin.pexpiretime(key('f:f1'));
    for (let handle = 1; handle <= 121; handle++) {
      expect(await stage.admin.pexpiretime(key(`h:h${handle}`))).toBeGreaterThanOrEqual(ends);
      expect((await moved.familyByHandle(`h${handle}`))?.generation).toBe(handle);
    }
    await moved.close();
  });

  it('list a family for as long as it lives, without a write to the lists in most rotations', async () => {
    const clock = movableClock(Math.floor(Date.now() / 1000));
    const moved = redisStore({ client: stage.admin, prefix: stage.prefix, clock });
    const idleMs = 24 * HOUR_MS;
    const family = { owner: 'u1', data: 1, idleMs, absoluteAt: null, feedMs: 1 };
    await moved.familyCreate({ ...family, id: 'f1', idleMs: 100 * HOUR_MS });
    await moved.familyCreate({ ...family, id: 'f2', parent: 'f1' });
    const lists = [key('o:u1'), key('c:f1')];
    const places = async (): Promise<readonly number[]> =>
      Promise.all(lists.map(async (list) => Number(await stage.admin.zscore(list, 'f2'))));
    const seen = new Set<number>();
    for (let generation = 1; generation <= 60; generation++) {
      clock.advance(3_600);
      // As one that listed families for no longer than they lived would have left it.
      if (generation === 30)
        for (const list of lists) await stage.admin.zadd(list, clock.now() + HOUR_MS, 'f2');
      const { family: rotated } = (await moved.familyRotate('f2', generation, { idleMs, graceMs: 0 })) as {
        readonly family: Family;
      };
      for (const place of await places()) {
        expect(place).toBeGreaterThanOrEqual(rotated.expiresAt);
        seen.add(place);
      }
      for (const list of lists)
        expect(await stage.admin.pexpiretime(list)).toBeGreaterThanOrEqual(rotated.expiresAt);
    }
    // An eighth of a day is three hours.
    expect(seen.size).toBeLessThan(25);
    expect(await moved.familyRevokeAll('u1')).toBe(2);
    await moved.close();
  });

  it('keep a family in one block of memory, with data of up to half a kilobyte', async () => {
    const data = { login: 'ada@example.org', scopes: 'read write '.repeat(35) };
    await stage.store.familyCreate({
      id: 'f1',
      owner: 'u1',
      data,
      idleMs: HOUR_MS,
      absoluteAt: null,
      feedMs: 1,
    });
    expect(await stage.admin.object('ENCODING', key('f:f1'))).toBe('listpack');
    expect((await stage.store.familyGet('f1'))?.data).toEqual(data);
  });

  it('take less than 450 bytes for a family with an owner of its own', async () => {
    await stage.store.familyCreate({
      id: 'x'.repeat(22),
      owner: 'b2b:12345678',
      data: { client: 7, workspace: 'w1', scope: 'read' },
      idleMs: 7 * 24 * HOUR_MS,
      absoluteAt: Date.now() + 30 * 24 * HOUR_MS,
      feedMs: HOUR_MS,
    });
    const found = await keys();
    expect(found.length).toBe(2);
    const bytes = await Promise.all(
      found.map(async (name) => Number(await stage.admin.memory('USAGE', key(name)))),
    );
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(450);
  });

  it('are listed whole however many there are, a bounded number at a time', async () => {
    const count = 1_200;
    const ids = Array.from({ length: count }, (_, index) => `id${String(index).padStart(5, '0')}`);
    const family = { owner: 'u1', data: 1, idleMs: HOUR_MS, absoluteAt: null, feedMs: 1 };
    for (let from = 0; from < count; from += 200) {
      await Promise.all(
        ids.slice(from, from + 200).flatMap((id, index) => [
          stage.store.put('kind', id, 1, {
            lookups: ['x'],
            expiresAt: index % 2 === 0 ? null : Date.now() + HOUR_MS,
          }),
          stage.store.familyCreate({ ...family, id }),
        ]),
      );
    }
    const page = await stage.store.list('kind', 0, 'x', { limit: 100_000 });
    expect([page.items.map(({ id }) => id), page.next]).toEqual([ids, null]);
    const first = await stage.store.list('kind', 0, 'x', { limit: 1_199 });
    expect([first.items.length, first.next]).toEqual([1_199, ids[1_198]]);
    expect((await stage.store.familyList('u1')).map(({ id }) => id).toSorted()).toEqual(ids);
    expect(await stage.store.familyRevokeAll('u1')).toBe(count);
  });

  it.skipIf(!CAN_START_REDIS)('lie in one slot, so that a node of a cluster serves them', async () => {
    const node = await startRedis(['--cluster-enabled', 'yes']);
    const client = new Redis(node.url);
    await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    const clustered = redisStore({ client, prefix: stage.prefix });
    const isUp = async (): Promise<boolean> => /cluster_state:ok/.test(await client.cluster('INFO'));
    await expect.poll(isUp, { timeout: 10_000 }).toBe(true);
    const family = { owner: '}{', data: 1, idleMs: HOUR_MS, absoluteAt: null, feedMs: 1 };
    await clustered.familyCreate({ ...family, id: 'f{1}', handles: ['{h}'] });
    await clustered.familyCreate({ ...family, id: '{f2}', parent: 'f{1}' });
    await clustered.familyRotate('f{1}', 1, {
      idleMs: HOUR_MS,
      graceMs: 0,
      feedGeneration: true,
      handles: ['h{2}'],
    });
    await clustered.put('ki{n}d', '{id}', 1, { lookups: ['{x}'], expiresAt: Date.now() + HOUR_MS });
    expect((await clustered.list('ki{n}d', 0, '{x}')).items.length).toBe(1);
    expect(await clustered.deleteBy('ki{n}d', 0, '{x}')).toBe(1);
    const slots = await Promise.all((await client.keys('*')).map((each) => client.cluster('KEYSLOT', each)));
    expect(slots.length).toBeGreaterThan(6);
    expect(new Set(slots).size).toBe(1);
    expect(await clustered.familyRevokeAll('}{')).toBe(2);
    await clustered.close();
    client.disconnect();
    await node.stop();
  });
});
