import assert from 'node:assert/strict';
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
} from './case.ts';

/** Families of one owner, and families that hang on another. */
export const OWNER_CASES: readonly CaseBody[] = [
  {
    name: 'familyList: the live families of the owner, oldest first',
    async run({ store, clock }) {
      const oldest = await store.familyCreate(family({ id: 'z', idleMs: DAY_MS }));
      clock.advance(1);
      const second = await store.familyCreate(family({ id: 'b' }));
      const third = await store.familyCreate(family({ id: 'c' }));
      await store.familyCreate(family({ id: 'd', owner: 'u2' }));
      assert.deepEqual(await store.familyList('u1'), [oldest, second, third]);
      assert.deepEqual(await store.familyList('nobody'), []);
      await store.familyRevoke('b');
      clock.advance(DAY_MS);
      assert.deepEqual(await store.familyList('u1'), [third]);
    },
  },
  {
    name: 'familyRevokeAll: ends, counts and feeds all of the owner, and nobody else',
    async run({ store }) {
      for (const id of ['a', 'b', 'c']) await store.familyCreate(family({ id }));
      await store.familyCreate(family({ id: 'other', owner: 'u2' }));
      assert.equal(await store.familyRevokeAll('u1'), 3);
      assert.equal(await store.familyRevokeAll('u1'), 0);
      assert.deepEqual(await feedKeys(store), ['sid:a', 'sid:b', 'sid:c']);
      assert.deepEqual(await store.familyList('u1'), []);
      assert.equal((await store.familyList('u2')).length, 1);
    },
  },
  {
    name: 'familyRevokeAll: spares the one family that is excepted',
    async run({ store }) {
      for (const id of ['a', 'b', 'c']) await store.familyCreate(family({ id }));
      assert.equal(await store.familyRevokeAll('u1', { except: 'b' }), 2);
      assert.deepEqual(
        (await store.familyList('u1')).map(({ id }) => id),
        ['b'],
      );
      assert.deepEqual(await feedKeys(store), ['sid:a', 'sid:c']);
      assert.equal(await store.familyRevokeAll('u1', { except: 'unknown' }), 1);
    },
  },
  {
    name: 'familyRevokeAll: an exception of another owner spares nothing',
    async run({ store }) {
      await store.familyCreate(family({ id: 'a' }));
      await store.familyCreate(family({ id: 'other', owner: 'u2' }));
      assert.equal(await store.familyRevokeAll('u1', { except: 'other' }), 1);
      assert.notEqual(await store.familyGet('other'), null);
    },
  },
  {
    name: 'familyRevokeAll: against logins and rotations at once, every family that was there is gone',
    async run({ store }) {
      for (const id of ['a', 'b', 'c']) await store.familyCreate(family({ id }));
      await Promise.all([
        store.familyRevokeAll('u1'),
        ...['a', 'b', 'c'].map((id) => store.familyRotate(id, 1, policy())),
        atOnce(3, (index) => store.familyCreate(family({ id: `new${index}`, owner: 'u2' }))),
      ]);
      assert.deepEqual(await store.familyList('u1'), []);
      assert.deepEqual(await feedKeys(store), ['sid:a', 'sid:b', 'sid:c']);
      assert.equal((await store.familyList('u2')).length, 3);
    },
  },
  {
    name: 'parent: revoking it ends and feeds its children and theirs, of whatever owner',
    async run({ store }) {
      await store.familyCreate(family({ id: 'top' }));
      await store.familyCreate(family({ id: 'child', owner: 'u2', parent: 'top', handles: ['h1'] }));
      await store.familyCreate(family({ id: 'grandchild', owner: 'u3', parent: 'child' }));
      await store.familyCreate(family({ id: 'unrelated', owner: 'u2' }));
      assert.equal((await store.familyGet('child'))?.parent, 'top');
      assert.equal(await store.familyRevoke('top'), true);
      assert.deepEqual(await feedKeys(store), ['sid:child', 'sid:grandchild', 'sid:top']);
      for (const id of ['child', 'grandchild']) {
        assert.equal(await store.familyGet(id), null);
        assert.deepEqual(await store.familyRotate(id, 1, policy()), { outcome: 'gone' });
      }
      assert.equal(await store.familyByHandle('h1'), null);
      assert.notEqual(await store.familyGet('unrelated'), null);
    },
  },
  {
    name: 'parent: a child can end alone',
    async run({ store }) {
      await store.familyCreate(family({ id: 'top' }));
      await store.familyCreate(family({ id: 'child', owner: 'u2', parent: 'top' }));
      assert.equal(await store.familyRevoke('child'), true);
      assert.deepEqual(await feedKeys(store), ['sid:child']);
      assert.notEqual(await store.familyGet('top'), null);
      assert.equal(await store.familyRevoke('top'), true);
      assert.deepEqual(await feedKeys(store), ['sid:child', 'sid:top']);
    },
  },
  {
    name: 'parent: reuse of its token ends the children too',
    async run({ store, clock }) {
      await store.familyCreate(family({ id: 'top' }));
      await store.familyCreate(family({ id: 'child', owner: 'u2', parent: 'top' }));
      await store.familyRotate('top', 1, policy());
      clock.advance(GRACE_MS);
      assert.equal((await store.familyRotate('top', 1, policy())).outcome, 'reuse');
      assert.equal(await store.familyGet('child'), null);
      assert.deepEqual(await feedKeys(store), ['sid:child', 'sid:top']);
    },
  },
  {
    name: 'parent: revoking all of an owner ends the children, and only the own are counted',
    async run({ store }) {
      await store.familyCreate(family({ id: 'top' }));
      await store.familyCreate(family({ id: 'own', parent: 'top' }));
      await store.familyCreate(family({ id: 'foreign', owner: 'u2', parent: 'top' }));
      assert.equal(await store.familyRevokeAll('u1', { except: 'own' }), 2);
      assert.deepEqual(await feedKeys(store), ['sid:foreign', 'sid:own', 'sid:top']);
    },
  },
  {
    name: 'parent: one that is not live takes no child',
    async run({ store, clock }) {
      await rejectsAsOutage(store.familyCreate(family({ id: 'child', parent: 'unknown' })));
      await store.familyCreate(family({ id: 'revoked' }));
      await store.familyRevoke('revoked');
      await rejectsAsOutage(store.familyCreate(family({ id: 'child', parent: 'revoked' })));
      await store.familyCreate(family({ id: 'expired', idleMs: HOUR_MS }));
      clock.advance(HOUR_MS);
      await rejectsAsOutage(store.familyCreate(family({ id: 'child', parent: 'expired' })));
      assert.equal(await store.familyGet('child'), null);
    },
  },
  {
    name: 'parent: a child never outlives the end its parent had when it began',
    async run({ store, clock }) {
      const top = await store.familyCreate(family({ id: 'top' }));
      clock.advance(IDLE_MS - HOUR_MS);
      const child = await store.familyCreate(family({ id: 'child', parent: 'top' }));
      assert.deepEqual([child.expiresAt, child.absoluteAt], [top.expiresAt, top.expiresAt]);
      const shorter = await store.familyCreate(
        family({ id: 'shorter', parent: 'top', absoluteAt: clock.now() + 1_000 }),
      );
      assert.equal(shorter.absoluteAt, clock.now() + 1_000);
      await store.familyRotate('child', 1, policy());
      clock.advance(HOUR_MS);
      assert.equal(await store.familyGet('child'), null);
    },
  },
];
