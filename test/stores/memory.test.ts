import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { storeConformance } from '../../src/stores/testing.ts';

describe('memoryStore passes the conformance suite', () => {
  for (const { name, run } of storeConformance(memoryStore))
    it(name, async () => expect(await run()).toBeUndefined());
});

describe('memoryStore', () => {
  it('deletes all that has expired when it is swept, and counts it', async () => {
    let now = 1_000_000;
    const store = memoryStore({ clock: { now: () => now } });
    await store.put('kind', 'id', 1, { expiresAt: now + 10 });
    await store.put('kind', 'forever', 1);
    await store.feedAppend([{ key: 'acc:1', value: 1, expiresAt: now + 10 }]);
    await store.familyCreate({
      id: 'f1',
      owner: 'u1',
      data: 1,
      idleMs: 10,
      absoluteAt: null,
      feedMs: 10,
      handles: ['h'],
    });
    expect(await store.sweep(10)).toBe(0);
    now += 10;
    expect(await store.sweep(2)).toBe(2);
    expect(await store.sweep(2)).toBe(1);
    expect(await store.sweep(2)).toBe(0);
  });

  it('gives the place of a family that ended to the next, and mixes up nothing', async () => {
    const store = memoryStore({ clock: { now: () => 0 } });
    const create = (id: string, owner: string) =>
      store.familyCreate({
        id,
        owner,
        data: id,
        idleMs: 1_000,
        absoluteAt: null,
        feedMs: 1_000,
        handles: [`h-${id}`],
      });
    // More than one chunk of the table, so that places are reused across chunks as well.
    for (let index = 0; index < 2_500; index++) await create(`f${index}`, `u${index % 7}`);
    for (let index = 0; index < 2_500; index += 3) await store.familyRevoke(`f${index}`);
    for (let index = 0; index < 1_000; index++) await create(`n${index}`, `u${index % 7}`);
    const kept = await Promise.all(Array.from({ length: 2_500 }, (_, index) => store.familyGet(`f${index}`)));
    expect(kept.map((family) => family?.data)).toEqual(
      kept.map((_, index) => (index % 3 === 0 ? undefined : `f${index}`)),
    );
    const added = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => store.familyByHandle(`h-n${index}`)),
    );
    expect(added.map((found) => [found?.family.id, found?.family.owner])).toEqual(
      added.map((_, index) => [`n${index}`, `u${index % 7}`]),
    );
    const owned = await Promise.all([0, 1, 2, 3, 4, 5, 6].map((owner) => store.familyList(`u${owner}`)));
    expect(owned.reduce((sum, list) => sum + list.length, 0)).toBe(2_500 - 834 + 1_000);
  });

  it('refuses an unknown option and a clock that tells no time', () => {
    expect(() => memoryStore({ clcok: undefined } as never)).toThrow(ConfigError);
    expect(() => memoryStore({ clock: {} as never })).toThrow(
      'memoryStore.clock must be a clock, which has a method "now"',
    );
  });
});
