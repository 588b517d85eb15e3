import assert from 'node:assert/strict';
import { type CaseBody, rejectsAsUnstorable } from './case.ts';

/** Documents: finding them by their slots, and what may be a key. */
export const LIST_CASES: readonly CaseBody[] = [
  {
    name: 'list: each slot finds its own records, of its own kind',
    async run({ store }) {
      await store.put('kind', 'a', 1, { lookups: ['x', 'y', 'z'] });
      await store.put('kind', 'b', 2, { lookups: ['y', 'x'] });
      await store.put('other', 'c', 3, { lookups: ['x', 'y', 'z'] });
      await store.put('kind', 'd', 4);
      const found = async (slot: 0 | 1 | 2, value: string): Promise<readonly string[]> =>
        (await store.list('kind', slot, value)).items.map(({ id }) => id);
      assert.deepEqual(
        [
          await found(0, 'x'),
          await found(1, 'x'),
          await found(1, 'y'),
          await found(2, 'z'),
          await found(2, 'x'),
        ],
        [['a'], ['b'], ['a'], ['a'], []],
      );
    },
  },
  {
    name: 'list: a record is found by its present slots alone',
    async run({ store }) {
      await store.put('kind', 'id', 1, { lookups: ['old', 'kept'] });
      await store.put('kind', 'id', 2, { lookups: ['new', 'kept'] });
      assert.equal((await store.list('kind', 0, 'old')).items.length, 0);
      assert.equal((await store.list('kind', 0, 'new')).items.length, 1);
      await store.put('kind', 'id', 3);
      assert.equal((await store.list('kind', 0, 'new')).items.length, 0);
      assert.equal((await store.list('kind', 1, 'kept')).items.length, 0);
    },
  },
  {
    name: 'list: whole records, without those deleted or expired',
    async run({ store, clock }) {
      await store.put('kind', 'a', 1, { lookups: ['x'] });
      await store.put('kind', 'b', 2, { lookups: ['x'], expiresAt: clock.now() + 1_000 });
      await store.put('kind', 'c', 3, { lookups: ['x'], expiresAt: clock.now() + 2_000 });
      await store.delete('kind', 'a');
      clock.advance(1_000);
      assert.deepEqual(await store.list('kind', 0, 'x'), {
        items: [await store.get('kind', 'c')],
        next: null,
      });
    },
  },
  {
    name: 'list: pages are complete, in order and without repetition',
    async run({ store }) {
      const ids = Array.from({ length: 23 }, (_, index) => `id${String(index).padStart(2, '0')}`);
      for (const id of ids.toReversed()) await store.put('kind', id, null, { lookups: ['x'] });
      const seen: string[] = [];
      let after: string | undefined;
      let pages = 0;
      do {
        const page = await store.list('kind', 0, 'x', { limit: 10, after });
        seen.push(...page.items.map(({ id }) => id));
        after = page.next ?? undefined;
        pages += 1;
      } while (after !== undefined);
      assert.deepEqual([seen, pages], [ids, 3]);
    },
  },
  {
    name: 'list: a last page that is exactly full has no next one',
    async run({ store }) {
      for (const id of ['a', 'b']) await store.put('kind', id, null, { lookups: ['x'] });
      assert.equal((await store.list('kind', 0, 'x', { limit: 2 })).next, null);
      await rejectsAsUnstorable(store.list('kind', 0, 'x', { limit: 0 }));
    },
  },
  {
    name: 'list: the order is that of the bytes of UTF-8',
    async run({ store }) {
      const ids = ['B', 'a', 'b', 'é', '\ufffd', '🛂'];
      for (const id of ids.toReversed()) await store.put('kind', id, null, { lookups: ['x'] });
      assert.deepEqual(
        (await store.list('kind', 0, 'x')).items.map(({ id }) => id),
        ids,
      );
      assert.deepEqual(
        (await store.list('kind', 0, 'x', { after: '\ufffd' })).items.map(({ id }) => id),
        ['🛂'],
      );
    },
  },
  {
    name: 'deleteBy: all that match are deleted and counted, the others are spared',
    async run({ store }) {
      for (const id of ['a', 'b', 'c']) await store.put('kind', id, null, { lookups: ['x', id] });
      await store.put('kind', 'spared', null, { lookups: ['y', 'x'] });
      await store.put('other', 'spared', null, { lookups: ['x'] });
      assert.equal(await store.deleteBy('kind', 0, 'x'), 3);
      assert.equal(await store.deleteBy('kind', 0, 'x'), 0);
      assert.equal(await store.get('kind', 'a'), null);
      assert.notEqual(await store.get('kind', 'spared'), null);
      assert.notEqual(await store.get('other', 'spared'), null);
    },
  },
  {
    name: 'keys: odd texts name records of their own',
    async run({ store }) {
      const ids = [
        ':',
        '%',
        '%25',
        'a:b',
        'a',
        'A',
        'é',
        'e\u0301',
        '_',
        '*',
        '{a}',
        "'",
        '"',
        '\\',
        '\n',
        ' ',
        '',
        'x'.repeat(255),
      ];
      for (const [index, id] of ids.entries()) await store.put('a:b', id, index, { lookups: [id, 'all'] });
      for (const [index, id] of ids.entries()) {
        assert.equal((await store.get('a:b', id))?.data, index);
        assert.deepEqual(
          (await store.list('a:b', 0, id)).items.map((record) => record.data),
          [index],
        );
        assert.equal(await store.get('a', `b:${id}`), null);
      }
      assert.equal((await store.list('a:b', 1, 'all')).items.length, ids.length);
    },
  },
  {
    name: 'keys: texts that not every engine can hold are found nowhere and refused in writing',
    async run({ store }) {
      for (const text of UNSTORABLE) {
        assert.equal(await store.get('kind', text), null);
        assert.equal(await store.use('kind', text), null);
        assert.equal(await store.delete('kind', text), false);
        assert.equal(await store.deleteBy('kind', 0, text), 0);
        assert.deepEqual(await store.list('kind', 0, text), { items: [], next: null });
        await rejectsAsUnstorable(store.put('kind', text, 1), text);
        await rejectsAsUnstorable(store.put(text, 'id', 1), text);
        await rejectsAsUnstorable(store.put('kind', 'id', 1, { lookups: [null, text] }), text);
      }
      assert.equal(await store.get('kind', 'id'), null);
    },
  },
];

const UNSTORABLE: readonly string[] = [
  'nul\0inside',
  '\0',
  'lone\ud800',
  '\udc00',
  'x'.repeat(256),
  'é'.repeat(128),
];
