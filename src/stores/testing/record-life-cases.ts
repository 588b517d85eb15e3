import assert from 'node:assert/strict';
import { atOnce, type CaseBody, count, HOUR_MS } from './case.ts';

/** Documents: expiry, counting and deleting. */
export const RECORD_LIFE_CASES: readonly CaseBody[] = [
  {
    name: 'expiry: a record is there until its expiry and gone at that very moment',
    async run({ store, clock }) {
      await store.put('kind', 'id', 1, { expiresAt: clock.now() + 1_000, lookups: ['slot'] });
      clock.advance(999);
      assert.equal((await store.get('kind', 'id'))?.data, 1);
      clock.advance(1);
      assert.equal(await store.get('kind', 'id'), null);
      assert.deepEqual(await store.list('kind', 0, 'slot'), { items: [], next: null });
    },
  },
  {
    name: 'expiry: an expired record counts as absent, and the next one begins anew',
    async run({ store, clock }) {
      const first = await store.put('kind', 'id', 'old', {
        expiresAt: clock.now() + 1_000,
        lookups: ['slot'],
      });
      await store.use('kind', 'id');
      clock.advance(1_000);
      const second = await store.put('kind', 'id', 'new', { expect: 'absent' });
      assert.ok(second !== null && second !== first);
      const record = await store.get('kind', 'id');
      assert.deepEqual(
        [record?.data, record?.uses, record?.usedAt, record?.expiresAt],
        ['new', 0, null, null],
      );
      assert.deepEqual(await store.list('kind', 0, 'slot'), { items: [], next: null });
    },
  },
  {
    name: 'expiry: an expired record is neither replaced by version, used nor deleted',
    async run({ store, clock }) {
      const version =
        (await store.put('kind', 'id', 'old', { expiresAt: clock.now() + 1_000, lookups: ['slot'] })) ?? 0;
      clock.advance(1_000);
      assert.equal(await store.put('kind', 'id', 'new', { expect: version }), null);
      assert.equal(await store.use('kind', 'id'), null);
      assert.equal(await store.delete('kind', 'id'), false);
      assert.equal(await store.delete('kind', 'id', version), false);
      assert.equal(await store.deleteBy('kind', 0, 'slot'), 0);
    },
  },
  {
    name: 'expiry: a write without expiry takes the earlier one away',
    async run({ store, clock }) {
      await store.put('kind', 'id', 1, { expiresAt: clock.now() + 1_000 });
      await store.put('kind', 'id', 2);
      clock.advance(HOUR_MS);
      assert.deepEqual(await store.get('kind', 'id').then((record) => [record?.data, record?.expiresAt]), [
        2,
        null,
      ]);
    },
  },
  {
    name: 'use: of 20 at once exactly one is the first, and all are counted',
    async run({ store }) {
      await store.put('kind', 'id', 'code');
      const records = await atOnce(20, () => store.use('kind', 'id'));
      const uses = records.map((record) => record?.uses ?? 0).toSorted((one, other) => one - other);
      assert.deepEqual(
        uses,
        Array.from({ length: 20 }, (_, index) => index + 1),
      );
    },
  },
  {
    name: 'use: the second caller still gets the record',
    async run({ store }) {
      await store.put('kind', 'id', { grant: 'g1' });
      await store.use('kind', 'id');
      const second = await store.use('kind', 'id');
      assert.deepEqual([second?.data, second?.uses], [{ grant: 'g1' }, 2]);
    },
  },
  {
    name: 'use: the time is noted, and data, version, expiry and slots stay',
    async run({ store, clock }) {
      const expiresAt = clock.now() + HOUR_MS;
      await store.put('kind', 'id', { a: 1 }, { expiresAt, lookups: ['slot'] });
      const before = await store.get('kind', 'id');
      clock.advance(5);
      const used = await store.use('kind', 'id');
      assert.deepEqual(used, { ...before, uses: 1, usedAt: clock.now() });
      assert.deepEqual(await store.get('kind', 'id'), used);
      assert.notEqual(await store.put('kind', 'id', { a: 2 }, { expect: before?.version ?? 0 }), null);
    },
  },
  {
    name: 'use: a write keeps the count',
    async run({ store }) {
      await store.put('kind', 'id', 1);
      const used = await store.use('kind', 'id');
      await store.put('kind', 'id', 2);
      const record = await store.get('kind', 'id');
      assert.deepEqual([record?.data, record?.uses, record?.usedAt], [2, 1, used?.usedAt]);
    },
  },
  {
    name: 'use: a record that is not there is not made',
    async run({ store }) {
      assert.equal(await store.use('kind', 'id'), null);
      assert.equal(await store.get('kind', 'id'), null);
    },
  },
  {
    name: 'delete: of 20 at once exactly one deletes',
    async run({ store }) {
      await store.put('kind', 'id', 1);
      const deleted = await atOnce(20, () => store.delete('kind', 'id'));
      assert.equal(count(deleted, Boolean), 1);
      assert.equal(await store.get('kind', 'id'), null);
    },
  },
  {
    name: 'delete: a stale version is refused, the current one is not',
    async run({ store }) {
      const stale = (await store.put('kind', 'id', 1)) ?? 0;
      const current = (await store.put('kind', 'id', 2)) ?? 0;
      assert.equal(await store.delete('kind', 'id', stale), false);
      assert.equal(await store.delete('kind', 'id', current), true);
    },
  },
];
