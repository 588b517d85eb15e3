import assert from 'node:assert/strict';
import { decideRotation } from '../rotation.ts';
import {
  atOnce,
  type CaseBody,
  type CaseContext,
  count,
  family,
  FEED_MS,
  feedKeys,
  feedOf,
  generationOf,
  GRACE_MS,
  HOUR_MS,
  outcomeOf,
  policy,
  rotateTo,
} from './case.ts';

/** What presenting a generation does. */
export const ROTATION_CASES: readonly CaseBody[] = [
  {
    name: 'familyRotate: the current generation gets its successor, and the family is as before but for it',
    async run({ store, clock }) {
      const first = await store.familyCreate(family());
      clock.advance(HOUR_MS);
      const rotation = await store.familyRotate('f1', 1, policy());
      const now = clock.now();
      const expected = { ...first, generation: 2, rotatedAt: now, expiresAt: now + policy().idleMs };
      assert.deepEqual(rotation, { outcome: 'rotated', family: expected });
      assert.deepEqual(await store.familyGet('f1'), expected);
      assert.deepEqual(await feedKeys(store), []);
    },
  },
  {
    name: 'familyRotate: of 20 at once one rotates and the others get the same successor',
    async run({ store }) {
      await store.familyCreate(family());
      const rotations = await atOnce(20, () => store.familyRotate('f1', 1, policy()));
      assert.equal(
        count(rotations, ({ outcome }) => outcome === 'rotated'),
        1,
      );
      assert.equal(
        count(rotations, ({ outcome }) => outcome === 'replayed'),
        19,
      );
      assert.deepEqual(new Set(rotations.map(generationOf)), new Set([2]));
    },
  },
  {
    name: 'familyRotate: with no grace, of 20 at once one rotates, one is reuse and the others find nothing',
    async run({ store }) {
      await store.familyCreate(family());
      const rotations = await atOnce(20, () => store.familyRotate('f1', 1, policy({ graceMs: 0 })));
      const outcomes = rotations.map(outcomeOf).toSorted();
      assert.deepEqual(outcomes, [...Array.from({ length: 18 }, () => 'gone'), 'reuse', 'rotated']);
    },
  },
  {
    name: 'familyRotate: a repeat within the grace gets the same family, times and data included',
    async run({ store, clock }) {
      await store.familyCreate(family());
      const first = await store.familyRotate('f1', 1, policy({ data: { scope: 'write' } }));
      assert.ok(first.outcome === 'rotated');
      clock.advance(GRACE_MS - 1);
      const repeat = await store.familyRotate(
        'f1',
        1,
        policy({ data: 'ignored', idleMs: 1, feedGeneration: true }),
      );
      assert.deepEqual(repeat, { outcome: 'replayed', family: first.family });
      assert.deepEqual(await store.familyGet('f1'), first.family);
      assert.deepEqual(await feedKeys(store), []);
    },
  },
  {
    name: 'familyRotate: the grace ends after exactly graceMs, and no repeat extends it',
    async run({ store, clock }) {
      await store.familyCreate(family());
      await store.familyRotate('f1', 1, policy());
      clock.advance(GRACE_MS - 1);
      assert.equal((await store.familyRotate('f1', 1, policy())).outcome, 'replayed');
      clock.advance(1);
      assert.equal((await store.familyRotate('f1', 1, policy())).outcome, 'reuse');
    },
  },
  {
    name: 'familyRotate: a clock that was set back opens no grace where there is none',
    async run({ store, clock }) {
      await store.familyCreate(family());
      await store.familyRotate('f1', 1, policy({ graceMs: 0 }));
      clock.advance(-HOUR_MS);
      assert.equal((await store.familyRotate('f1', 1, policy({ graceMs: 0 }))).outcome, 'reuse');
    },
  },
  {
    name: 'familyRotate: reuse ends the family and feeds it, once, and tells whose it was',
    async run({ store, clock }) {
      await store.familyCreate(family({ id: 'other' }));
      await store.familyCreate(family({ handles: ['h1'] }));
      const rotated = await store.familyRotate('f1', 1, policy());
      assert.ok(rotated.outcome === 'rotated');
      clock.advance(GRACE_MS);
      assert.deepEqual(await store.familyRotate('f1', 1, policy()), {
        outcome: 'reuse',
        family: rotated.family,
      });
      for (const generation of [1, 2, 3]) {
        assert.deepEqual(await store.familyRotate('f1', generation, policy()), { outcome: 'gone' });
      }
      assert.equal(await store.familyGet('f1'), null);
      assert.equal(await store.familyByHandle('h1'), null);
      const lines = (await feedOf(store)).map(({ key, expiresAt }) => [key, expiresAt]);
      assert.deepEqual(lines, [['sid:f1', clock.now() + FEED_MS]]);
      assert.equal((await store.familyRotate('other', 1, policy())).outcome, 'rotated');
    },
  },
  {
    name: 'familyRotate: an older generation than the predecessor is reuse inside the grace too',
    async run({ store }) {
      await store.familyCreate(family());
      await rotateTo(store, 'f1', 3);
      assert.equal((await store.familyRotate('f1', 1, policy())).outcome, 'reuse');
    },
  },
  {
    name: 'familyRotate: of 20 reuses at once exactly one is told',
    async run({ store }) {
      await store.familyCreate(family());
      await rotateTo(store, 'f1', 3);
      const rotations = await atOnce(20, () => store.familyRotate('f1', 1, policy()));
      assert.equal(
        count(rotations, ({ outcome }) => outcome === 'reuse'),
        1,
      );
      assert.equal(
        count(rotations, ({ outcome }) => outcome === 'gone'),
        19,
      );
      assert.deepEqual(await feedKeys(store), ['sid:f1']);
    },
  },
  {
    name: 'familyRotate: a later generation than the store knows heals forward',
    async run({ store }) {
      await store.familyCreate(family());
      const ahead = await store.familyRotate('f1', 5, policy({ handles: ['h6'] }));
      assert.deepEqual([ahead.outcome, generationOf(ahead)], ['ahead', 6]);
      assert.equal((await store.familyRotate('f1', 5, policy())).outcome, 'replayed');
      assert.equal((await store.familyByHandle('h6'))?.generation, 6);
      assert.equal((await store.familyRotate('f1', 6, policy())).outcome, 'rotated');
    },
  },
  {
    name: 'familyRotate: an unknown family, and a number that is no generation, are gone',
    async run({ store }) {
      assert.deepEqual(await store.familyRotate('f1', 1, policy()), { outcome: 'gone' });
      const created = await store.familyCreate(family());
      for (const generation of [0, -1, 0.5, 1.5, Number.NaN, Infinity, 2 ** 31 - 1, 2 ** 53]) {
        assert.deepEqual(await store.familyRotate('f1', generation, policy()), { outcome: 'gone' });
      }
      assert.deepEqual(await store.familyGet('f1'), created);
    },
  },
  {
    name: 'familyRotate: the store decides as the decision table does, over a grid of cases',
    run: compareWithTable,
  },
];

/** Every combination of the members below, each on a family of its own. */
async function compareWithTable({ store, clock }: CaseContext): Promise<void> {
  for (const current of [1, 2, 4]) {
    for (const quietBelow of [1, current - 1, current].filter((each, at) => each > 1 || at === 0)) {
      for (const graceMs of [0, 1_000]) {
        for (const ageMs of [-1, 0, 999, 1_000]) {
          for (let presented = 0; presented <= current + 2; presented++) {
            const id = [current, quietBelow, graceMs, ageMs, presented].join('/');
            await store.familyCreate(family({ id }));
            for (let each = 1; each < current; each++) {
              await store.familyRotate(id, each, policy({ retireQuietly: each + 1 === quietBelow }));
            }
            const row = await store.familyGet(id);
            assert.ok(row);
            clock.advance(ageMs);
            const expected = decideRotation({ ...row, quietBelow }, presented, graceMs, clock.now());
            assert.deepEqual(
              [id, outcomeOf(await store.familyRotate(id, presented, policy({ graceMs })))],
              [id, expected],
            );
            const after = await store.familyGet(id);
            assert.equal(after === null, expected === 'reuse', id);
            assert.equal(
              after?.generation !== row.generation,
              expected !== 'gone' && expected !== 'replayed',
              id,
            );
            clock.advance(-ageMs);
          }
        }
      }
    }
  }
}
