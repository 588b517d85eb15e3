import assert from 'node:assert/strict';
import { type CaseBody, family, feedKeys, policy } from './case.ts';

/** Families: what their texts and data may be. */
export const FAMILY_KEY_CASES: readonly CaseBody[] = [
  {
    name: 'family: odd texts name families, owners, parents and handles of their own',
    async run({ store }) {
      const all = [];
      for (const [index, text] of ODD.entries()) {
        await store.familyCreate(family({ id: text, owner: text, data: index, handles: [text] }));
        const child = { id: `child ${index}`, owner: `owner ${index}`, parent: text };
        await store.familyCreate(family({ ...child, handles: [`child ${text}`.slice(0, 255)] }));
        all.push(`sid:${text}`, `sid:child ${index}`);
      }
      for (const [index, text] of ODD.entries()) {
        assert.equal((await store.familyGet(text))?.data, index);
        const rotation = await store.familyRotate(text, 1, policy({ handles: [`${text}|2`] }));
        assert.equal(rotation.outcome, 'rotated');
        assert.deepEqual((await store.familyByHandle(text))?.family.id, text);
        assert.deepEqual(
          (await store.familyList(text)).map((each) => each.data),
          [index],
        );
      }
      for (const [index, text] of ODD.entries()) {
        assert.equal(await store.familyRevokeAll(text), 1);
        assert.equal(await store.familyByHandle(text), null);
        assert.equal(await store.familyGet(`child ${index}`), null);
      }
      assert.deepEqual(await feedKeys(store), all.toSorted());
    },
  },
  {
    name: 'familyCreate: one whose end has passed is made and never found, and its handle stays free',
    async run({ store, clock }) {
      for (const [index, absoluteAt] of [0, 1, clock.now() - 1, clock.now()].entries()) {
        const created = await store.familyCreate(family({ id: `f${index}`, absoluteAt, handles: ['h1'] }));
        assert.deepEqual([created.expiresAt, created.absoluteAt], [absoluteAt, absoluteAt]);
        assert.equal(await store.familyGet(`f${index}`), null);
        assert.equal(await store.familyByHandle('h1'), null);
        assert.deepEqual(await store.familyRotate(`f${index}`, 1, policy()), { outcome: 'gone' });
      }
      assert.deepEqual(await store.familyList('u1'), []);
      assert.equal(await store.familyRevokeAll('u1'), 0);
      assert.notEqual(await store.put('kind', 'id', 1, { expiresAt: 0, lookups: ['x'] }), null);
      assert.equal(await store.get('kind', 'id'), null);
      assert.deepEqual(await store.list('kind', 0, 'x'), { items: [], next: null });
      await store.familyCreate(family({ handles: ['h1'] }));
      assert.equal((await store.familyByHandle('h1'))?.family.id, 'f1');
    },
  },
  {
    name: 'family: data of any length come back, and shorter ones leave nothing of longer ones',
    async run({ store }) {
      await store.familyCreate(family());
      let generation = 1;
      for (const length of [1, 61, 62, 63, 64, 65, 126, 127, 128, 500, 509, 510, 511, 600, 65_536, 64, 0]) {
        for (const character of ['a', 'é', '\u20ac', '🛂', '\ud800', '"']) {
          const data = character.repeat(length);
          await store.familyRotate('f1', generation, policy({ data }));
          generation += 1;
          assert.deepEqual((await store.familyGet('f1'))?.data, data, `${length} of ${character}`);
        }
      }
    },
  },
];

const ODD: readonly string[] = [
  ':',
  '|',
  '1|2',
  '12:f1',
  '%',
  '%25',
  'a:b',
  'a',
  'A',
  'é',
  'e\u0301',
  '*',
  '[a]',
  '{a}',
  "'",
  '"',
  '\\',
  '\n',
  'a\nb',
  ' ',
  '',
  '=',
  '-inf',
  'x'.repeat(240),
];
