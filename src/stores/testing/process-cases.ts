import assert from 'node:assert/strict';
import { StoreError } from '../../core/errors.ts';
import type { Store } from '../../core/store.ts';
import { atOnce, type CaseBody, count, family, generationOf, policy } from './case.ts';

/** Several processes on the same data, and processes that are killed at work. */
export const PROCESS_CASES: readonly CaseBody[] = [
  {
    name: 'processes: in 200 rounds, 8 that present one generation at once share one successor',
    needs: 'spawn',
    async run({ store, spawn }) {
      await store.familyCreate(family());
      const processes = await atOnce(8, spawn);
      for (let generation = 1; generation <= 200; generation++) {
        const rotations = await Promise.all(
          processes.map((each) => each.store.familyRotate('f1', generation, policy())),
        );
        assert.equal(
          count(rotations, ({ outcome }) => outcome === 'rotated'),
          1,
          `round ${generation}`,
        );
        assert.equal(
          count(rotations, ({ outcome }) => outcome === 'replayed'),
          7,
          `round ${generation}`,
        );
        assert.deepEqual(new Set(rotations.map(generationOf)), new Set([generation + 1]));
      }
    },
  },
  {
    name: 'processes: in 200 rounds, of 2 that redeem one code at once exactly one is the first',
    needs: 'spawn',
    async run({ store, spawn }) {
      const processes = await atOnce(2, spawn);
      for (let round = 0; round < 200; round++) {
        const id = `code${round}`;
        await store.put('code', id, { grant: 'g1' }, { expect: 'absent' });
        const redeemed = await Promise.all(processes.map((each) => each.store.use('code', id)));
        assert.deepEqual(new Set(redeemed.map((record) => record?.uses)), new Set([1, 2]), `round ${round}`);
      }
    },
  },
  {
    name: 'processes: of 4 that use, delete, insert or revoke at once exactly one is the first',
    needs: 'spawn',
    async run({ store, spawn }) {
      const processes = await atOnce(4, spawn);
      const all = <T>(call: (store: Store) => Promise<T>): Promise<T[]> =>
        Promise.all(processes.map((each) => call(each.store)));
      for (let round = 0; round < 25; round++) {
        const id = `r${round}`;
        const versions = await all((each) => each.put('kind', id, round, { expect: 'absent' }));
        assert.equal(
          count(versions, (version) => version !== null),
          1,
        );
        const uses = (await all((each) => each.use('kind', id))).map((record) => record?.uses ?? 0);
        assert.deepEqual(
          uses.toSorted((one, other) => one - other),
          [1, 2, 3, 4],
        );
        assert.equal(count(await all((each) => each.delete('kind', id)), Boolean), 1);
        await store.familyCreate(family({ id }));
        assert.equal(count(await all((each) => each.familyRevoke(id)), Boolean), 1);
      }
      assert.equal((await store.feedRead(null)).events.length, 25);
    },
  },
  {
    name: 'processes: loops in 4 that read, add one and write lose no addition',
    needs: 'spawn',
    async run({ store, spawn }) {
      await store.put('kind', 'id', 0);
      await atOnce(4, async () => {
        const process = await spawn();
        for (let added = 0; added < 10;) {
          const record = await process.store.get<number>('kind', 'id');
          assert.ok(record);
          const written = await process.store.put('kind', 'id', record.data + 1, { expect: record.version });
          if (written !== null) added += 1;
        }
      });
      assert.equal((await store.get('kind', 'id'))?.data, 40);
    },
  },
  {
    name: 'processes: a feed that 4 append to loses no line to a reader in a fifth',
    needs: 'spawn',
    async run({ store, clock, spawn }) {
      const expiresAt = clock.now() + 3_600_000;
      const processes = await atOnce(4, spawn);
      const seen = new Set<string>();
      let cursor: string | null = null;
      let writing = true;
      const writers = Promise.all(
        processes.map(async (each, writer) => {
          for (let line = 0; line < 25; line++) {
            await each.store.feedAppend([{ key: `acc:${writer}:${line}`, value: 1, expiresAt }]);
          }
        }),
      ).finally(() => {
        writing = false;
      });
      for (let last = false; !last;) {
        last = !writing;
        const next: Awaited<ReturnType<Store['feedRead']>> = await store.feedRead(cursor);
        for (const { key } of next.events) seen.add(key);
        cursor = next.cursor;
        // Lets the answers of the other processes in.
        await new Promise((resolve) => setImmediate(resolve));
      }
      await writers;
      assert.equal(seen.size, 100);
    },
  },
  {
    name: 'processes: nothing that a process acknowledged is lost when it is killed, five times over',
    needs: 'spawn',
    async run({ store, spawn }) {
      for (let round = 0; round < 5; round++) {
        const process = await spawn();
        const puts = new Set<string>();
        const generations = new Map<string, number>();
        let loops: Promise<unknown> = Promise.resolve();
        const atWork = new Promise<void>((enough) => {
          loops = atOnce(8, async (loop) => {
            const id = `k${round}:${loop}`;
            await process.store.familyCreate(family({ id }));
            for (let step = 1; ; step++) {
              await process.store.put('kind', `${id}:${step}`, { step }, { expect: 'absent' });
              puts.add(`${id}:${step}`);
              await process.store.familyRotate(id, step, policy());
              generations.set(id, step + 1);
              if (puts.size >= 50 * (round + 1)) enough();
            }
          });
        });
        // Each loop has a call under way at any time, and only the kill ends it.
        await Promise.race([atWork, loops]);
        await process.kill();
        await assert.rejects(loops, StoreError);
        for (const id of puts) assert.notEqual(await store.get('kind', id), null, id);
        for (const [id, generation] of generations) {
          const kept = (await store.familyGet(id))?.generation ?? 0;
          assert.ok(kept === generation || kept === generation + 1, `${id} has ${kept}, not ${generation}`);
        }
      }
    },
  },
];
