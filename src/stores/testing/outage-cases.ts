import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { StoreError } from '../../core/errors.ts';
import type { Store } from '../../core/store.ts';
import { atOnce, type CaseBody, family, feedKeys, HOUR_MS, policy, rejectsAsOutage } from './case.ts';

/** An engine that hangs, and one that is killed. */
export const OUTAGE_CASES: readonly CaseBody[] = [
  {
    name: 'outage: while the engine hangs each call is an outage within two seconds',
    needs: 'outage',
    async run({ store, clock, outage }) {
      await store.familyCreate(family());
      const line = { key: 'acc:1', value: 1, expiresAt: clock.now() + HOUR_MS };
      const calls: readonly (() => Promise<unknown>)[] = [
        () => store.get('kind', 'id'),
        () => store.put('kind', 'id', 1),
        () => store.use('kind', 'id'),
        () => store.list('kind', 0, 'x'),
        () => store.familyGet('f1'),
        () => store.familyRotate('f1', 1, policy()),
        () => store.familyRevokeAll('nobody'),
        () => store.feedAppend([line]),
        () => store.feedRead(null),
        () => store.ping(),
      ];
      const { freeze, thaw } = outage();
      await freeze();
      try {
        // Those that come first find the connection as it was, those that come later what became of it.
        for (const each of [calls, calls]) await Promise.all(each.map((call) => endsInTime(call())));
      } finally {
        await thaw();
      }
      await untilItAnswers(store);
    },
  },
  {
    name: 'outage: a rotation whose answer was lost is repeated without being taken for theft',
    needs: 'outage',
    async run({ store, outage }) {
      await store.familyCreate(family());
      await store.familyRotate('f1', 1, policy());
      const { freeze, thaw } = outage();
      await freeze();
      try {
        await endsInTime(store.familyRotate('f1', 2, policy()));
      } finally {
        await thaw();
      }
      await untilItAnswers(store);
      const again = await store.familyRotate('f1', 2, policy());
      assert.ok(again.outcome === 'rotated' || again.outcome === 'replayed', again.outcome);
      assert.equal(again.family.generation, 3);
      assert.deepEqual(await feedKeys(store), []);
    },
  },
  {
    name: 'outage: what was acknowledged is there after the engine was killed, and the store finds it by itself',
    needs: 'outage',
    async run({ store, clock, outage }) {
      await store.put('kind', 'id', { a: 1 }, { lookups: ['x'] });
      await store.use('kind', 'id');
      await store.familyCreate(family({ handles: ['h1'] }));
      await store.familyRotate('f1', 1, policy({ handles: ['h2'] }));
      await store.familyCreate(family({ id: 'revoked' }));
      await store.familyRevoke('revoked');
      const { cursor } = await store.feedRead(null);
      await outage().crash();
      await untilItAnswers(store);
      assert.equal((await store.list('kind', 0, 'x')).items[0]?.uses, 1);
      assert.equal((await store.familyByHandle('h1'))?.family.generation, 2);
      assert.deepEqual(await store.familyRotate('revoked', 1, policy()), { outcome: 'gone' });
      assert.deepEqual(await feedKeys(store), ['sid:revoked']);
      await store.feedAppend([{ key: 'acc:1', value: 1, expiresAt: clock.now() + HOUR_MS }]);
      // An engine that cannot be sure of a cursor of before may tell everything again.
      const unread = (await store.feedRead(cursor)).events.map(({ key }) => key);
      assert.ok(unread.includes('acc:1'));
    },
  },
  {
    name: 'outage: a watch that was cut off wakes again for what comes later',
    needs: 'outage',
    async run({ store, clock, outage }) {
      let wake: () => void = () => undefined;
      const end = await store.feedWatch(() => wake());
      await outage().crash();
      await untilItAnswers(store);
      const expiresAt = clock.now() + HOUR_MS;
      const seen = new Promise<void>((resolve, reject) => {
        wake = () => {
          const found = store.feedRead(null).then(({ events }) => events.length > 0 && resolve());
          found.catch(reject);
        };
      });
      await store.feedAppend([{ key: 'acc:1', value: 1, expiresAt }]);
      await seen;
      await end();
    },
  },
  {
    name: 'close: calls that were under way are settled',
    async run({ store }) {
      const calls = atOnce(20, (index) => store.put('kind', `id${index}`, index));
      const settled = Promise.allSettled([calls, store.feedWatch(() => undefined), store.feedRead(null)]);
      await store.close();
      for (const each of await settled) {
        assert.ok(each.status === 'fulfilled' || each.reason instanceof StoreError);
      }
      await rejectsAsOutage(store.ping());
    },
  },
];

const MOST_MS = 2_000;

async function endsInTime(call: Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  await rejectsAsOutage(call);
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs < MOST_MS, `it took ${Math.round(tookMs)} ms`);
}

/** A store has five seconds to find its engine again by itself. */
async function untilItAnswers(store: Store): Promise<void> {
  const until = performance.now() + 5_000;
  for (;;) {
    try {
      await store.ping();
      return;
    } catch (error) {
      if (!(error instanceof StoreError) || performance.now() > until) throw error;
      await pause(20);
    }
  }
}
