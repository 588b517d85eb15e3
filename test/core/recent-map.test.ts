import { describe, expect, it } from 'vitest';
import { RecentMap } from '../../src/core/recent-map.ts';

function mapOf(max: number, ...keys: readonly string[]): RecentMap<number> {
  const map = new RecentMap<number>(max);
  for (const [index, key] of keys.entries()) map.set(key, index);
  return map;
}

function held(map: RecentMap<number>, keys: readonly string[]): readonly string[] {
  // From the last to the first, since looking at one may make another forgotten.
  return keys.toReversed().filter((key) => map.get(key) !== undefined);
}

describe('RecentMap', () => {
  it('gives what was set last under a key, and undefined under any other', () => {
    const map = mapOf(10, 'a', 'b');
    map.set('a', 7);
    expect([map.get('a'), map.get('b'), map.get('c'), map.get('__proto__')]).toEqual([
      7,
      1,
      undefined,
      undefined,
    ]);
  });

  it('gives the later value also when the earlier one has grown old', () => {
    const map = mapOf(4, 'a', 'b', 'c');
    map.set('a', 7);
    map.set('d', 8);
    map.set('e', 9);
    expect(map.get('a')).toBe(7);
  });

  it('forgets what is deleted, young or old, and everything when it is cleared', () => {
    const map = mapOf(4, 'a', 'b', 'c');
    map.delete('a');
    map.delete('c');
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([undefined, 1, undefined]);
    map.clear();
    expect(map.get('b')).toBeUndefined();
  });

  it.each([1, 2, 3, 4, 5, 10, 101])('never holds more than %i entries', (max) => {
    const keys = Array.from({ length: 3 * max + 7 }, (_, index) => `key ${index}`);
    const map = mapOf(max, ...keys);
    const kept = held(map, keys);
    expect(kept.length).toBeLessThanOrEqual(max);
    expect(kept[0]).toBe(keys.at(-1));
  });

  it('keeps what is used through any number of others', () => {
    const map = mapOf(4, 'used');
    for (let index = 0; index < 1_000; index++) {
      map.set(`other ${index}`, index);
      expect(map.get('used'), `after ${index} others`).toBe(0);
    }
  });

  it('keeps the last half, whatever came before', () => {
    const keys = Array.from({ length: 1_000 }, (_, index) => `key ${index}`);
    const map = mapOf(100, ...keys);
    expect(held(map, keys.slice(-50))).toHaveLength(50);
    expect(held(map, keys.slice(0, 900))).toEqual([]);
  });

  it('forgets nothing because of looks for what it does not hold', () => {
    const map = mapOf(4, 'a', 'b');
    for (let index = 0; index < 100; index++) map.get(`unknown ${index}`);
    expect([map.get('a'), map.get('b')]).toEqual([0, 1]);
  });
});
