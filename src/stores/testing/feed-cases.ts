import assert from 'node:assert/strict';
import type { FeedEvent, Store } from '../../core/store.ts';
import {
  atOnce,
  type CaseBody,
  family,
  feedKeys,
  HOUR_MS,
  policy,
  rejectsAsUnstorable,
  rotateTo,
} from './case.ts';

/** The list that every node tails. */
export const FEED_CASES: readonly CaseBody[] = [
  {
    name: 'feed: lines come back as they were appended, in order, from where the last reading ended',
    async run({ store, clock }) {
      const expiresAt = clock.now() + HOUR_MS;
      const lines = [
        { key: 'acc:ü:1', value: clock.now(), expiresAt },
        { key: 'inv:kind:id', value: 0, expiresAt: expiresAt + 1 },
      ];
      const empty = await store.feedRead(null);
      assert.deepEqual(empty.events, []);
      await store.feedAppend(lines);
      const first = await store.feedRead(empty.cursor);
      assert.deepEqual(first.events, lines);
      await store.feedAppend([{ key: 'ws:w1', value: 7, expiresAt }]);
      assert.deepEqual((await store.feedRead(first.cursor)).events, [{ key: 'ws:w1', value: 7, expiresAt }]);
      assert.deepEqual((await store.feedRead(null)).events, [
        ...lines,
        { key: 'ws:w1', value: 7, expiresAt },
      ]);
    },
  },
  {
    name: 'feed: a reader at the end finds nothing, again and again',
    async run({ store, clock }) {
      await store.feedAppend([{ key: 'acc:1', value: 1, expiresAt: clock.now() + HOUR_MS }]);
      let { cursor } = await store.feedRead(null);
      for (let round = 0; round < 3; round++) {
        const next = await store.feedRead(cursor);
        assert.deepEqual(next.events, []);
        cursor = next.cursor;
      }
    },
  },
  {
    name: 'feed: none of 50 appended at once is lost to a reader that reads meanwhile',
    async run({ store, clock }) {
      const expiresAt = clock.now() + HOUR_MS;
      const seen = new Set<string>();
      let cursor: string | null = null;
      const read = async (): Promise<void> => {
        const next: { readonly events: readonly FeedEvent[]; readonly cursor: string } =
          await store.feedRead(cursor);
        for (const { key } of next.events) seen.add(key);
        cursor = next.cursor;
      };
      const writing = atOnce(50, (index) => store.feedAppend([{ key: `acc:${index}`, value: 1, expiresAt }]));
      for (let round = 0; round < 10; round++) await read();
      await writing;
      await read();
      assert.equal(seen.size, 50);
    },
  },
  {
    name: 'feed: an expired line is not read, and its reader still goes on from the end',
    async run({ store, clock }) {
      await store.feedAppend([
        { key: 'acc:short', value: 1, expiresAt: clock.now() + 1_000 },
        { key: 'acc:long', value: 1, expiresAt: clock.now() + HOUR_MS },
      ]);
      const { cursor } = await store.feedRead(null);
      clock.advance(1_000);
      assert.deepEqual(await feedKeys(store), ['acc:long']);
      await store.feedAppend([{ key: 'acc:new', value: 1, expiresAt: clock.now() + HOUR_MS }]);
      assert.deepEqual(
        (await store.feedRead(cursor)).events.map(({ key }) => key),
        ['acc:new'],
      );
    },
  },
  {
    name: 'feed: sweeping takes no line from a reader and gives no position twice',
    async run({ store, clock }) {
      await store.feedAppend([{ key: 'acc:1', value: 1, expiresAt: clock.now() + 1_000 }]);
      const { cursor } = await store.feedRead(null);
      clock.advance(HOUR_MS);
      await store.sweep(100);
      await store.feedAppend([{ key: 'acc:2', value: 1, expiresAt: clock.now() + HOUR_MS }]);
      assert.deepEqual(
        (await store.feedRead(cursor)).events.map(({ key }) => key),
        ['acc:2'],
      );
    },
  },
  {
    name: 'feed: a cursor that the store does not know reads everything',
    async run({ store, clock }) {
      await store.feedAppend([{ key: 'acc:1', value: 1, expiresAt: clock.now() + HOUR_MS }]);
      for (const cursor of ['', 'nonsense', '-1', '999999999999999']) {
        assert.deepEqual(
          (await store.feedRead(cursor)).events.map(({ key }) => key),
          ['acc:1'],
          cursor,
        );
      }
    },
  },
  {
    name: 'feed: a line that not every engine can hold is refused, with all that came with it',
    async run({ store, clock }) {
      const expiresAt = clock.now() + HOUR_MS;
      const good = { key: 'acc:1', value: 1, expiresAt };
      for (const bad of [
        { key: 'a\0b' },
        { key: 'x'.repeat(1_025) },
        { value: Number.NaN },
        { expiresAt: Infinity },
      ]) {
        await rejectsAsUnstorable(store.feedAppend([good, { ...good, ...bad }]));
      }
      await store.feedAppend([]);
      assert.deepEqual(await feedKeys(store), []);
      await store.feedAppend([{ ...good, key: `inv:${'é'.repeat(500)}` }]);
      assert.equal((await feedKeys(store)).length, 1);
    },
  },
  {
    name: 'feedWatch: wakes within two seconds of a line, a revocation and a reuse',
    async run({ store, clock }) {
      await store.familyCreate(family({ id: 'revoked' }));
      await store.familyCreate(family({ id: 'reused' }));
      await rotateTo(store, 'reused', 3);
      const line = { key: 'acc:1', value: 1, expiresAt: clock.now() + HOUR_MS };
      await wakesAfter(store, () => store.feedAppend([line]));
      await wakesAfter(store, () => store.familyRevoke('revoked'));
      await wakesAfter(store, () => store.familyRotate('reused', 1, policy()));
      await store.familyCreate(family({ id: 'fed' }));
      await wakesAfter(store, () => store.familyRotate('fed', 1, policy({ feedGeneration: true })));
      await wakesAfter(store, () => store.familyRevokeAll('u1'));
    },
  },
  {
    name: 'feedWatch: what was appended can be read when it wakes, and an ended watch sleeps',
    async run({ store, clock }) {
      const line = { key: 'acc:1', value: 1, expiresAt: clock.now() + HOUR_MS };
      let ended = 0;
      const end = await store.feedWatch(() => {
        ended += 1;
      });
      await end();
      await end();
      const reading = new Promise<readonly string[]>((resolve, reject) => {
        const watching = store.feedWatch(() => {
          feedKeys(store).then(resolve, reject);
        });
        watching.then(() => store.feedAppend([line])).catch(reject);
      });
      assert.deepEqual(await reading, ['acc:1']);
      assert.equal(ended, 0);
    },
  },
];

async function wakesAfter(store: Store, append: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let end: (() => Promise<void>) | undefined;
  const woken = new Promise<void>((resolve, reject) => {
    timer = setTimeout(
      () => reject(new assert.AssertionError({ message: 'The watch did not wake.' })),
      2_000,
    );
    store
      .feedWatch(resolve)
      .then((unwatch) => {
        end = unwatch;
        return append();
      })
      .catch(reject);
  });
  try {
    await woken;
  } finally {
    clearTimeout(timer);
    await end?.();
  }
}
