import { describe, expect, it } from 'vitest';
import { listCache } from '../../../src/services/allowlists/list-cache.ts';
import { oneNode } from './fixture.ts';

describe('listCache', () => {
  it('compiles a list anew only when its record is another, however often it is read', async () => {
    const { lists, store, clock } = oneNode();
    await lists.add('client:1', { network: '10.0.0.1' });
    const cache = listCache(store, clock);
    const first = await cache.read('client:1');
    clock.advance(60);
    expect(cache.known('client:1')).toBeUndefined();
    expect(await cache.read('client:1')).toBe(first);
    expect(cache.known('client:1')).toBe(first);

    await lists.add('client:1', { network: '10.0.0.2' });
    clock.advance(60);
    expect(await cache.read('client:1')).not.toBe(first);
  });

  it('forgets the lists that were asked for least lately, when there are more entries than it holds', async () => {
    const { lists, store, clock } = oneNode();
    const cache = listCache(store, clock, 60);
    const subjects = ['client:1', 'client:2', 'client:3'];
    for (const subject of subjects) {
      await lists.addMany(
        subject,
        Array.from({ length: 15 }, (_, n) => ({ network: `10.0.0.${n}` })),
      );
    }
    await cache.read('client:1');
    await cache.read('client:2');
    cache.known('client:1');
    await cache.read('client:3');

    expect(subjects.map((subject) => cache.known(subject)?.size)).toEqual([15, undefined, 15]);
  });
});
