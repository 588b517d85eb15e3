import assert from 'node:assert/strict';
import {
  type CaseBody,
  count,
  DAY_MS,
  family,
  FEED_MS,
  feedKeys,
  feedOf,
  HOUR_MS,
  IDLE_MS,
  policy,
  rejectsAsOutage,
  rejectsAsUnstorable,
} from './case.ts';

/** Families: making, finding, ends, and handles. */
export const FAMILY_CASES: readonly CaseBody[] = [
  {
    name: 'familyCreate: every member of the family comes back',
    async run({ store, clock }) {
      const now = clock.now();
      const absoluteAt = now + 30 * DAY_MS;
      const created = await store.familyCreate(family({ absoluteAt, data: { list: [1, null, 'é'] } }));
      assert.deepEqual(created, {
        id: 'f1',
        owner: 'u1',
        parent: null,
        data: { list: [1, null, 'é'] },
        generation: 1,
        createdAt: now,
        rotatedAt: now,
        expiresAt: now + IDLE_MS,
        absoluteAt,
      });
      clock.advance(HOUR_MS);
      assert.deepEqual(await store.familyGet('f1'), created);
      assert.equal(await store.familyGet('f2'), null);
    },
  },
  {
    name: 'familyCreate: an id that is taken is refused and its family stays',
    async run({ store }) {
      const first = await store.familyCreate(family());
      await rejectsAsOutage(store.familyCreate(family({ owner: 'u2', data: 'other', handles: ['h1'] })));
      assert.deepEqual(await store.familyGet('f1'), first);
      assert.equal(await store.familyByHandle('h1'), null);
      assert.deepEqual(await store.familyList('u2'), []);
    },
  },
  {
    name: 'familyCreate: an expired family gives its id free',
    async run({ store, clock }) {
      await store.familyCreate(family({ handles: ['h1'] }));
      clock.advance(IDLE_MS);
      const second = await store.familyCreate(family({ owner: 'u2', handles: ['h1'] }));
      assert.deepEqual(await store.familyGet('f1'), second);
      assert.deepEqual(await store.familyByHandle('h1'), { family: second, generation: 1 });
      assert.deepEqual(await store.familyList('u1'), []);
    },
  },
  {
    name: 'familyCreate: what not every engine can hold is refused',
    async run({ store }) {
      await rejectsAsUnstorable(store.familyCreate(family({ id: 'a\0b' })), 'a\0b');
      await rejectsAsUnstorable(store.familyCreate(family({ owner: '\ud800' })), '\ud800');
      await rejectsAsUnstorable(store.familyCreate(family({ handles: ['x'.repeat(256)] })));
      await rejectsAsUnstorable(store.familyCreate(family({ idleMs: Number.NaN })));
      await rejectsAsUnstorable(store.familyCreate(family({ absoluteAt: Infinity })));
      await rejectsAsUnstorable(store.familyCreate(family({ feedMs: -1 })));
      assert.equal(await store.familyGet('f1'), null);
      assert.equal(await store.familyGet('a\0b'), null);
      assert.deepEqual(await store.familyRotate('\ud800', 1, policy()), { outcome: 'gone' });
      assert.equal(await store.familyRevoke('a\0b'), false);
      assert.equal(await store.familyByHandle('a\0b'), null);
      assert.deepEqual(await store.familyList('\ud800'), []);
      assert.equal(await store.familyRevokeAll('\ud800'), 0);
    },
  },
  {
    name: 'family: the idle end moves with each rotation and counts to the millisecond',
    async run({ store, clock }) {
      await store.familyCreate(family());
      clock.advance(IDLE_MS - 1);
      const rotation = await store.familyRotate('f1', 1, policy());
      assert.ok(rotation.outcome === 'rotated');
      assert.equal(rotation.family.expiresAt, clock.now() + IDLE_MS);
      clock.advance(IDLE_MS);
      assert.equal(await store.familyGet('f1'), null);
      assert.deepEqual(await store.familyRotate('f1', 2, policy()), { outcome: 'gone' });
      assert.equal(await store.familyRevoke('f1'), false);
      assert.deepEqual(await store.familyList('u1'), []);
      assert.equal(await store.familyRevokeAll('u1'), 0);
      assert.deepEqual(await feedKeys(store), []);
    },
  },
  {
    name: 'family: no rotation moves the absolute end',
    async run({ store, clock }) {
      const absoluteAt = clock.now() + 10 * DAY_MS;
      await store.familyCreate(family({ absoluteAt }));
      clock.advance(5 * DAY_MS);
      const rotation = await store.familyRotate('f1', 1, policy());
      assert.ok(rotation.outcome === 'rotated');
      assert.deepEqual([rotation.family.expiresAt, rotation.family.absoluteAt], [absoluteAt, absoluteAt]);
      clock.advance(5 * DAY_MS - 1);
      assert.notEqual(await store.familyGet('f1'), null);
      clock.advance(1);
      assert.equal(await store.familyGet('f1'), null);
      assert.deepEqual(await store.familyRotate('f1', 2, policy()), { outcome: 'gone' });
    },
  },
  {
    name: 'familyRevoke: true once, fed once, and the family is gone',
    async run({ store, clock }) {
      await store.familyCreate(family({ handles: ['h1'] }));
      await store.familyCreate(family({ id: 'f2' }));
      assert.equal(await store.familyRevoke('f1'), true);
      assert.equal(await store.familyRevoke('f1'), false);
      const lines = await feedOf(store);
      assert.deepEqual(
        lines.map(({ key, expiresAt }) => [key, expiresAt]),
        [['sid:f1', clock.now() + FEED_MS]],
      );
      assert.equal(await store.familyGet('f1'), null);
      assert.equal(await store.familyByHandle('h1'), null);
      assert.deepEqual(await store.familyRotate('f1', 1, policy()), { outcome: 'gone' });
      assert.equal((await store.familyGet('f2'))?.id, 'f2');
    },
  },
  {
    name: 'familyRevoke: against rotations at once, the family is gone afterwards in every order',
    async run({ store }) {
      for (let round = 0; round < 10; round++) {
        const id = `f${round}`;
        await store.familyCreate(family({ id }));
        const calls = [1, 2, 3].map((generation) => store.familyRotate(id, generation, policy()));
        const [revoked, ...rotations] = await Promise.all([store.familyRevoke(id), ...calls]);
        // Of calls that run at once a later generation may come first; an earlier one then ends the family as reuse.
        const ends = [revoked, ...rotations.map(({ outcome }) => outcome === 'reuse')];
        assert.equal(count(ends, Boolean), 1);
        assert.equal(await store.familyGet(id), null);
        assert.deepEqual(await store.familyRotate(id, 4, policy()), { outcome: 'gone' });
      }
    },
  },
  {
    name: 'handles: each finds the family as it is and the generation it stands for',
    async run({ store }) {
      const first = await store.familyCreate(family({ handles: ['h1', 'h1b'] }));
      assert.deepEqual(await store.familyByHandle('h1'), { family: first, generation: 1 });
      assert.deepEqual(await store.familyByHandle('h1b'), { family: first, generation: 1 });
      const rotation = await store.familyRotate('f1', 1, policy({ handles: ['h2'] }));
      assert.ok(rotation.outcome === 'rotated');
      assert.deepEqual(await store.familyByHandle('h2'), { family: rotation.family, generation: 2 });
      assert.deepEqual(await store.familyByHandle('h1'), { family: rotation.family, generation: 1 });
      assert.equal(await store.familyByHandle('h3'), null);
    },
  },
  {
    name: 'handles: a replay writes none, since the successor has its own already',
    async run({ store }) {
      await store.familyCreate(family({ handles: ['h1'] }));
      await store.familyRotate('f1', 1, policy({ handles: ['h2'] }));
      assert.equal((await store.familyRotate('f1', 1, policy({ handles: ['h2'] }))).outcome, 'replayed');
      assert.equal((await store.familyRotate('f1', 1, policy({ handles: ['h9'] }))).outcome, 'replayed');
      assert.equal(await store.familyByHandle('h9'), null);
    },
  },
  {
    name: 'handles: one that is taken is refused, and nothing is made or rotated',
    async run({ store }) {
      await store.familyCreate(family({ handles: ['h1'] }));
      await rejectsAsOutage(store.familyCreate(family({ id: 'f2', handles: ['new', 'h1'] })));
      assert.equal(await store.familyGet('f2'), null);
      assert.equal(await store.familyByHandle('new'), null);
      const second = await store.familyCreate(family({ id: 'f2' }));
      await rejectsAsOutage(store.familyRotate('f2', 1, policy({ handles: ['new', 'h1'], data: 'lost' })));
      await rejectsAsOutage(store.familyRotate('f2', 1, policy({ handles: ['twice', 'twice'] })));
      assert.deepEqual(await store.familyGet('f2'), second);
      assert.equal(await store.familyByHandle('new'), null);
      assert.equal(await store.familyByHandle('twice'), null);
      assert.equal((await store.familyByHandle('h1'))?.family.id, 'f1');
    },
  },
  {
    name: 'handles: all are kept until the family expires, and no longer',
    async run({ store, clock }) {
      await store.familyCreate(family({ handles: ['h1'] }));
      clock.advance(IDLE_MS - 1);
      await store.familyRotate('f1', 1, policy({ handles: ['h2'] }));
      clock.advance(IDLE_MS - 1);
      assert.equal((await store.familyByHandle('h1'))?.generation, 1);
      clock.advance(1);
      assert.equal(await store.familyByHandle('h1'), null);
      assert.equal(await store.familyByHandle('h2'), null);
      await store.familyCreate(family({ id: 'f2', handles: ['h1'] }));
      assert.equal((await store.familyByHandle('h1'))?.family.id, 'f2');
    },
  },
];
