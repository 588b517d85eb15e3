import assert from 'node:assert/strict';
import type { RotatePolicy } from '../../core/store.ts';
import {
  type CaseBody,
  family,
  FEED_MS,
  feedKeys,
  feedOf,
  generationOf,
  GRACE_MS,
  policy,
  rejectsAsUnstorable,
  rotateTo,
} from './case.ts';

/** What a rotation does besides issuing the successor, as its policy says. */
export const ROTATION_POLICY_CASES: readonly CaseBody[] = [
  {
    name: 'familyRotate: a policy that makes no sense is refused and rotates nothing',
    async run({ store }) {
      const created = await store.familyCreate(family());
      const wrong: readonly Partial<RotatePolicy>[] = [
        { graceMs: Number.NaN },
        { idleMs: Infinity },
        { feedMs: -1 },
        { handles: ['a\0b'] },
      ];
      for (const each of wrong) await rejectsAsUnstorable(store.familyRotate('f1', 1, policy(each)));
      assert.deepEqual(await store.familyGet('f1'), created);
    },
  },
  {
    name: 'familyRotate: new data take the place of the old, and stay without new ones',
    async run({ store }) {
      await store.familyCreate(family({ data: { account: 1 } }));
      await store.familyRotate('f1', 1, policy({ data: { account: 2 } }));
      await store.familyRotate('f1', 2, policy());
      assert.deepEqual((await store.familyGet('f1'))?.data, { account: 2 });
      await store.familyRotate('f1', 3, policy({ data: null }));
      assert.equal((await store.familyGet('f1'))?.data, null);
    },
  },
  {
    name: 'familyRotate: feedGeneration feeds the new generation in the same step',
    async run({ store, clock }) {
      await store.familyCreate(family());
      await store.familyRotate('f1', 1, policy({ feedGeneration: true }));
      await store.familyRotate('f1', 2, policy());
      await store.familyRotate('f1', 7, policy({ feedGeneration: true }));
      const expiresAt = clock.now() + FEED_MS;
      assert.deepEqual(await feedOf(store), [
        { key: 'gen:f1', value: 2, expiresAt },
        { key: 'gen:f1', value: 8, expiresAt },
      ]);
    },
  },
  {
    name: 'familyRotate: feedMs can be raised and not lowered',
    async run({ store, clock }) {
      await store.familyCreate(family());
      await store.familyRotate('f1', 1, policy({ feedMs: 2 * FEED_MS, feedGeneration: true }));
      await store.familyRotate('f1', 2, policy({ feedMs: 1 }));
      await store.familyRevoke('f1');
      const expiresAt = clock.now() + 2 * FEED_MS;
      assert.deepEqual(
        (await feedOf(store)).map((line) => line.expiresAt),
        [expiresAt, expiresAt],
      );
    },
  },
  {
    name: 'familyRotate: what was retired quietly is gone, without grace and without being reuse',
    async run({ store }) {
      await store.familyCreate(family());
      await rotateTo(store, 'f1', 3);
      const retired = await store.familyRotate(
        'f1',
        3,
        policy({ retireQuietly: true, data: { account: 2 } }),
      );
      assert.deepEqual([retired.outcome, generationOf(retired)], ['rotated', 4]);
      for (const generation of [1, 2, 3]) {
        assert.deepEqual(await store.familyRotate('f1', generation, policy()), { outcome: 'gone' });
      }
      assert.deepEqual(await feedKeys(store), []);
      assert.deepEqual((await store.familyGet('f1'))?.data, { account: 2 });
    },
  },
  {
    name: 'familyRotate: after a quiet retirement later generations have grace and reuse again',
    async run({ store, clock }) {
      await store.familyCreate(family());
      await store.familyRotate('f1', 1, policy({ retireQuietly: true }));
      await store.familyRotate('f1', 2, policy());
      assert.equal((await store.familyRotate('f1', 2, policy())).outcome, 'replayed');
      assert.equal((await store.familyRotate('f1', 1, policy())).outcome, 'gone');
      clock.advance(GRACE_MS);
      assert.equal((await store.familyRotate('f1', 2, policy())).outcome, 'reuse');
    },
  },
];
