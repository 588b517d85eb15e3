import assert from 'node:assert/strict';
import type { Store } from '../../core/store.ts';
import {
  atOnce,
  type CaseBody,
  DAY_MS,
  family,
  feedKeys,
  GRACE_MS,
  HOUR_MS,
  IDLE_MS,
  policy,
  rejectsAsOutage,
  rejectsAsUnstorable,
} from './case.ts';

/** Sweeping, health, closing, and opening the same data again. */
export const ENGINE_CASES: readonly CaseBody[] = [
  {
    name: 'sweep: never more than its limit, and only what has expired',
    async run({ store, clock }) {
      for (let index = 0; index < 5; index++) {
        const expiresAt = clock.now() + 1_000;
        await store.put('kind', `gone${index}`, 1, { expiresAt, lookups: ['x'] });
        await store.put('kind', `kept${index}`, 1, { expiresAt: expiresAt + IDLE_MS, lookups: ['x'] });
        await store.familyCreate(family({ id: `gone${index}`, idleMs: 1_000, handles: [`g${index}`] }));
        await store.familyCreate(family({ id: `kept${index}`, handles: [`k${index}`] }));
        await store.feedAppend([{ key: `acc:gone${index}`, value: 1, expiresAt }]);
        await store.feedAppend([{ key: `acc:kept${index}`, value: 1, expiresAt: expiresAt + IDLE_MS }]);
      }
      await store.put('kind', 'forever', 1, { lookups: ['x'] });
      clock.advance(2 * DAY_MS);
      let swept = 0;
      for (let rounds = 0; ; rounds++) {
        const deleted = await store.sweep(2);
        assert.ok(deleted >= 0 && deleted <= 2 && rounds < 20);
        swept += deleted;
        if (deleted < 2) break;
      }
      assert.ok(swept <= 20);
      assert.equal((await store.list('kind', 0, 'x')).items.length, 6);
      assert.equal((await store.familyList('u1')).length, 5);
      assert.equal((await store.familyByHandle('k4'))?.family.id, 'kept4');
      assert.equal(await store.familyByHandle('g4'), null);
      assert.equal((await feedKeys(store)).length, 5);
    },
  },
  {
    name: 'sweep: a family that was rotated lives on after the days of its earlier ends',
    async run({ store, clock }) {
      await store.familyCreate(family({ idleMs: DAY_MS, handles: ['h1'] }));
      for (let generation = 1; generation <= 5; generation++) {
        clock.advance(DAY_MS - 1);
        await store.familyRotate('f1', generation, policy({ idleMs: DAY_MS }));
        await store.sweep(100);
      }
      assert.equal((await store.familyByHandle('h1'))?.family.generation, 6);
      clock.advance(3 * DAY_MS);
      await store.sweep(100);
      assert.equal(await store.familyGet('f1'), null);
    },
  },
  {
    name: 'sweep: a limit that is no count is refused',
    async run({ store }) {
      for (const limit of [0, -1, 1.5, Number.NaN]) await rejectsAsUnstorable(store.sweep(limit));
    },
  },
  {
    name: 'ping: tells the time within five seconds',
    async run({ store, clock }) {
      const { serverNow } = await store.ping();
      assert.ok(Math.abs(serverNow - clock.now()) <= 5_000);
    },
  },
  {
    name: 'close: every later call rejects, watches sleep, and closing again is nothing',
    async run({ store, clock }) {
      let woken = 0;
      const end = await store.feedWatch(() => {
        woken += 1;
      });
      await store.close();
      await store.close();
      const line = { key: 'acc:1', value: 1, expiresAt: clock.now() + HOUR_MS };
      const calls: readonly (() => Promise<unknown>)[] = [
        () => store.get('kind', 'id'),
        () => store.put('kind', 'id', 1),
        () => store.use('kind', 'id'),
        () => store.delete('kind', 'id'),
        () => store.list('kind', 0, 'x'),
        () => store.deleteBy('kind', 0, 'x'),
        () => store.familyCreate(family()),
        () => store.familyGet('f1'),
        () => store.familyByHandle('h1'),
        () => store.familyRotate('f1', 1, policy()),
        () => store.familyRevoke('f1'),
        () => store.familyList('u1'),
        () => store.familyRevokeAll('u1'),
        () => store.feedAppend([line]),
        () => store.feedRead(null),
        () => store.feedWatch(() => undefined),
        () => store.sweep(1),
        () => store.ping(),
      ];
      for (const call of calls) await rejectsAsOutage(call());
      await end();
      assert.equal(woken, 0);
    },
  },
  {
    name: 'open: everything that was acknowledged is there after a restart',
    needs: 'open',
    async run({ store, clock, open }) {
      const before = await fill(store);
      clock.advance(GRACE_MS);
      await store.close();
      const again = await open();
      assert.deepEqual(await contents(again), before);
      assert.equal((await again.familyRotate('f1', 1, policy())).outcome, 'reuse');
      assert.deepEqual(await feedKeys(again), ['sid:f1', 'sid:revoked']);
    },
  },
  {
    name: 'open: a cursor of before the restart goes on where it was',
    needs: 'open',
    async run({ store, clock, open }) {
      const expiresAt = clock.now() + HOUR_MS;
      await store.feedAppend([{ key: 'acc:1', value: 1, expiresAt }]);
      const { cursor } = await store.feedRead(null);
      await store.feedAppend([{ key: 'acc:2', value: 1, expiresAt }]);
      await store.close();
      const again = await open();
      assert.deepEqual(
        (await again.feedRead(cursor)).events.map(({ key }) => key),
        ['acc:2'],
      );
    },
  },
  {
    name: 'open: several at once find the schema and the data as they are, and see what each other writes',
    needs: 'open',
    async run({ store, open }) {
      const before = await fill(store);
      const others = await atOnce(4, open);
      for (const other of others) assert.deepEqual(await contents(other), before);
      await others[0]?.put('kind', 'shared', 1);
      assert.equal((await others[1]?.get('kind', 'shared'))?.data, 1);
      const outcomes = await Promise.all(others.map((other) => other.familyRotate('f1', 2, policy())));
      assert.deepEqual(outcomes.map(({ outcome }) => outcome).toSorted(), [
        'replayed',
        'replayed',
        'replayed',
        'rotated',
      ]);
    },
  },
];

async function fill(store: Store): Promise<unknown> {
  await store.put('kind', 'id', { a: 1 }, { lookups: ['x'] });
  await store.use('kind', 'id');
  await store.familyCreate(family({ handles: ['h1'] }));
  await store.familyRotate('f1', 1, policy({ handles: ['h2'] }));
  await store.familyCreate(family({ id: 'revoked' }));
  await store.familyRevoke('revoked');
  return contents(store);
}

async function contents(store: Store): Promise<unknown> {
  return {
    records: await store.list('kind', 0, 'x'),
    families: await store.familyList('u1'),
    handles: [await store.familyByHandle('h1'), await store.familyByHandle('h2')],
    feed: (await store.feedRead(null)).events,
  };
}
