import assert from 'node:assert/strict';
import { type CaseBody, family, feedKeys, HOUR_MS, policy, rotateTo } from './case.ts';

/** Several stores: of the same data, and of others in the same engine. */
export const NODE_CASES: readonly CaseBody[] = [
  {
    name: 'make: two stores see nothing of each other',
    async run({ store, clock, make }) {
      const other = await make();
      const expiresAt = clock.now() + HOUR_MS;
      await store.put('kind', 'id', 'here', { lookups: ['x'] });
      await store.familyCreate(family({ handles: ['h1'] }));
      await store.feedAppend([{ key: 'acc:1', value: 1, expiresAt }]);
      assert.equal(await other.get('kind', 'id'), null);
      assert.deepEqual((await other.list('kind', 0, 'x')).items, []);
      assert.equal(await other.familyGet('f1'), null);
      assert.equal(await other.familyByHandle('h1'), null);
      assert.deepEqual(await other.familyList('u1'), []);
      assert.equal(await other.deleteBy('kind', 0, 'x'), 0);
      assert.equal(await other.familyRevokeAll('u1'), 0);
      assert.deepEqual(await feedKeys(other), []);
      await other.familyCreate(family({ handles: ['h1'] }));
      assert.equal(await store.familyRevokeAll('u1'), 1);
      assert.notEqual(await other.familyByHandle('h1'), null);
      assert.deepEqual(await feedKeys(other), []);
    },
  },
  {
    name: 'feedWatch: a line, a revocation and a reuse wake a watch of another node',
    needs: 'wakesOthers',
    async run({ store, clock, open }) {
      const other = await open();
      await store.familyCreate(family({ id: 'reused' }));
      await rotateTo(store, 'reused', 3);
      await store.familyCreate(family({ id: 'revoked' }));
      let wake: () => void = () => undefined;
      const end = await other.feedWatch(() => wake());
      const reach = async (key: string, append: () => Promise<unknown>): Promise<void> => {
        const reached = new Promise<void>((resolve, reject) => {
          wake = () => {
            feedKeys(other)
              .then((keys) => keys.includes(key) && resolve())
              .catch(reject);
          };
        });
        await append();
        await reached;
      };
      const line = { key: 'acc:1', value: 1, expiresAt: clock.now() + HOUR_MS };
      await reach('acc:1', () => store.feedAppend([line]));
      await reach('sid:revoked', () => store.familyRevoke('revoked'));
      await reach('sid:reused', () => store.familyRotate('reused', 1, policy()));
      await end();
    },
  },
  {
    name: 'feed: a line that lives long stays while those around it end',
    async run({ store, clock }) {
      const ends = (ms: number): number => clock.now() + ms;
      await store.feedAppend([{ key: 'acc:long', value: 1, expiresAt: ends(100 * HOUR_MS) }]);
      for (let round = 0; round < 5; round++) {
        for (let line = 0; line < 20; line++) {
          await store.feedAppend([{ key: `acc:${round}:${line}`, value: 1, expiresAt: ends(HOUR_MS) }]);
        }
        await store.feedAppend([{ key: `ws:${round}`, value: 1, expiresAt: ends(100 * HOUR_MS) }]);
        const { cursor } = await store.feedRead(null);
        clock.advance(2 * HOUR_MS);
        await store.sweep(1_000);
        await store.feedAppend([{ key: `act:${round}`, value: 1, expiresAt: ends(100 * HOUR_MS) }]);
        const unread = (await store.feedRead(cursor)).events.map(({ key }) => key);
        assert.ok(unread.includes(`act:${round}`));
      }
      const kept = ['acc:long', ...[0, 1, 2, 3, 4].flatMap((round) => [`act:${round}`, `ws:${round}`])];
      assert.deepEqual(await feedKeys(store), kept.toSorted());
    },
  },
];
