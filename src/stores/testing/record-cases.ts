import assert from 'node:assert/strict';
import type { Json, StoredRecord } from '../../core/store.ts';
import { atOnce, type CaseBody, count, HOUR_MS, rejectsAsUnstorable } from './case.ts';

/** Documents: reading and conditional writing. */
export const RECORD_CASES: readonly CaseBody[] = [
  {
    name: 'get: a record that is not there is null',
    async run({ store }) {
      assert.equal(await store.get('kind', 'missing'), null);
    },
  },
  {
    name: 'put: every member of the record comes back',
    async run({ store, clock }) {
      const expiresAt = clock.now() + HOUR_MS;
      const data = {
        nested: { list: [1, -2.5, true, null, 'ü → 🛂'] },
        empty: {},
        nul: '\0',
        lone: '\ud83d',
      };
      const version = await store.put('kind', 'id', data, { expiresAt, lookups: ['a', null, 'c'] });
      const expected: StoredRecord = {
        kind: 'kind',
        id: 'id',
        data,
        version: version ?? Number.NaN,
        expiresAt,
        lookups: ['a', null, 'c'],
        uses: 0,
        usedAt: null,
      };
      assert.deepEqual(await store.get('kind', 'id'), expected);
    },
  },
  {
    name: 'put: every kind of JSON value can be data',
    async run({ store }) {
      const values: readonly Json[] = [null, true, 0, '', 'text', [], {}, [[null]]];
      for (const [index, value] of values.entries()) {
        await store.put('kind', `id${index}`, value);
        assert.deepEqual((await store.get('kind', `id${index}`))?.data, value);
      }
    },
  },
  {
    name: 'put: 64 KB of data come back',
    async run({ store }) {
      const data = { text: 'é'.repeat(32 * 1024) };
      await store.put('kind', 'id', data);
      assert.deepEqual((await store.get('kind', 'id'))?.data, data);
    },
  },
  {
    name: 'get: what is done to a record that was handed in or out reaches nobody',
    async run({ store }) {
      const data = { list: ['kept'] };
      await store.put('kind', 'id', data, { lookups: ['slot'] });
      data.list.push('added before reading');
      const first = await store.get<{ list: string[] }>('kind', 'id');
      first?.data.list.push('added after reading');
      assert.deepEqual((await store.get('kind', 'id'))?.data, { list: ['kept'] });
    },
  },
  {
    name: 'put: the same id of another kind is another record',
    async run({ store }) {
      await store.put('one', 'id', 1);
      await store.put('other', 'id', 2);
      await store.delete('one', 'id');
      assert.equal((await store.get('other', 'id'))?.data, 2);
    },
  },
  {
    name: 'put: the version grows, and without an expectation the write is unconditional',
    async run({ store }) {
      const versions = [
        await store.put('kind', 'id', 1),
        await store.put('kind', 'id', 2),
        await store.put('kind', 'id', 3),
      ];
      assert.deepEqual(
        versions,
        versions.toSorted((one, other) => (one ?? 0) - (other ?? 0)),
      );
      assert.equal(new Set(versions).size, 3);
      assert.deepEqual(await store.get('kind', 'id').then((record) => [record?.data, record?.version]), [
        3,
        versions[2],
      ]);
    },
  },
  {
    name: 'put: of two that expect absence the first wins and its value stays',
    async run({ store }) {
      assert.notEqual(await store.put('kind', 'id', 'first', { expect: 'absent' }), null);
      assert.equal(await store.put('kind', 'id', 'second', { expect: 'absent' }), null);
      assert.equal((await store.get('kind', 'id'))?.data, 'first');
    },
  },
  {
    name: 'put: of 20 at once that expect absence exactly one wins',
    async run({ store }) {
      const versions = await atOnce(20, (index) => store.put('kind', 'id', index, { expect: 'absent' }));
      assert.equal(
        count(versions, (version) => version !== null),
        1,
      );
      const winner = versions.findIndex((version) => version !== null);
      assert.equal((await store.get('kind', 'id'))?.data, winner);
    },
  },
  {
    name: 'put: a stale version is refused and changes nothing',
    async run({ store }) {
      const stale = await store.put('kind', 'id', 'first');
      await store.put('kind', 'id', 'second', { lookups: ['kept'] });
      const before = await store.get('kind', 'id');
      assert.equal(await store.put('kind', 'id', 'third', { expect: stale ?? 0, expiresAt: 1 }), null);
      assert.deepEqual(await store.get('kind', 'id'), before);
    },
  },
  {
    name: 'put: of 20 at once that expect one version exactly one wins',
    async run({ store }) {
      const version = (await store.put('kind', 'id', 'start')) ?? 0;
      const versions = await atOnce(20, (index) => store.put('kind', 'id', index, { expect: version }));
      assert.equal(
        count(versions, (each) => each !== null),
        1,
      );
    },
  },
  {
    name: 'put: an expected version makes no record',
    async run({ store }) {
      assert.equal(await store.put('kind', 'id', 'data', { expect: 1 }), null);
      assert.equal(await store.get('kind', 'id'), null);
    },
  },
  {
    name: 'put: 20 loops that read, add one and write lose no addition',
    async run({ store }) {
      await store.put('kind', 'id', 0);
      await atOnce(20, async () => {
        for (;;) {
          const record = await store.get<number>('kind', 'id');
          assert.ok(record);
          const written = await store.put('kind', 'id', record.data + 1, { expect: record.version });
          if (written !== null) return;
        }
      });
      assert.equal((await store.get('kind', 'id'))?.data, 20);
    },
  },
  {
    name: 'put: a record that was deleted and made again never repeats a version',
    async run({ store }) {
      const versions = new Set<number | null>();
      for (let round = 0; round < 20; round++) {
        versions.add(await store.put('kind', 'id', round));
        versions.add(await store.put('kind', 'id', round));
        await store.delete('kind', 'id');
      }
      assert.equal(versions.size, 40);
    },
  },
  {
    name: 'put: numbers that not every engine can hold are refused',
    async run({ store }) {
      for (const expiresAt of [Number.NaN, Infinity, 1.5, -1, 2 ** 53]) {
        await rejectsAsUnstorable(store.put('kind', 'id', 1, { expiresAt }));
      }
      assert.equal(await store.get('kind', 'id'), null);
    },
  },
];
