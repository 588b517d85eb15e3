import { describe, expect, it } from 'vitest';
import { StoreError } from '../../src/core/errors.ts';
import { counters } from '../../src/services/counters.ts';
import { requestLimits } from '../../src/services/request-limits.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { movableClock } from '../support/movable-clock.ts';
import { observed } from './api-keys/observed-store.ts';

const RATE = { limit: 3, windowSeconds: 60 };

function stage() {
  const clock = movableClock();
  const observation = observed(memoryStore({ clock }));
  const { store } = observation;
  const limits = requestLimits({ store, clock });
  async function take(name: string, times: number, rate = RATE): Promise<readonly (number | null)[]> {
    const answers: (number | null)[] = [];
    for (let count = 0; count < times; count++) answers.push(await limits.take({ name, ...rate }));
    return answers;
  }
  return { clock, observation, store, limits, take };
}

describe('requestLimits', () => {
  it('lets as many requests pass as the limit says, and names the whole seconds to the end of the window', async () => {
    const { clock, take } = stage();
    expect(await take('a', 2)).toEqual([null, null]);
    clock.advance(30.5);
    expect(await take('a', 3)).toEqual([null, 30, 30]);
    clock.advance(29);
    expect(await take('a', 1)).toEqual([1]);
    clock.advance(0.5);
    expect(await take('a', 4)).toEqual([null, null, null, 60]);
  });

  it('counts each name and each rate by itself', async () => {
    const { take } = stage();
    expect(await take('a', 4)).toEqual([null, null, null, 60]);
    expect(await take('b', 1)).toEqual([null]);
    expect(await take('a', 1, { limit: 4, windowSeconds: 60 })).toEqual([null]);
  });

  it('IP-08 keeps names as hashes only', async () => {
    const { observation, take } = stage();
    await take('api_key AbCdEfGh', 1);
    expect(observation.count('use')).toBeGreaterThan(0);
    expect(observation.written()).not.toContain('AbCdEfGh');
  });

  it('does not let more pass when many ask at once, in several processes', async () => {
    const { clock, store } = stage();
    const nodes = [requestLimits({ store, clock }), requestLimits({ store, clock })];
    const rate = { name: 'a', limit: 10, windowSeconds: 60 };
    const answers = await Promise.all(Array.from({ length: 50 }, async (_, at) => nodes[at % 2]?.take(rate)));
    expect(answers.filter((answer) => answer === null)).toHaveLength(10);
  });

  it('asks the store no more while the window has no room, and not before it ends', async () => {
    const { clock, observation, take } = stage();
    await take('a', 3);
    const before = observation.count('use');
    await take('a', 1_000);
    expect(observation.count('use')).toBe(before);
    clock.advance(60);
    await take('a', 1);
    expect(observation.count('use')).toBeGreaterThan(before);
  });

  it('asks again when the clock was set back, so that nobody waits longer than a window', async () => {
    const { clock, observation, take } = stage();
    await take('a', 4);
    const before = observation.count('use');
    clock.advance(-3_600);
    await take('a', 1);
    expect(observation.count('use')).toBeGreaterThan(before);
  });

  it('lets nobody pass while the store is down', async () => {
    const { observation, limits } = stage();
    observation.before = () => Promise.reject(new StoreError('down'));
    await expect(limits.take({ name: 'a', ...RATE })).rejects.toThrow('down');
  });
});

describe('counters', () => {
  it('are an outage when a window can never be opened, and not a first request each time', async () => {
    const clock = movableClock();
    const store = Object.assign(Object.create(memoryStore({ clock })) as ReturnType<typeof memoryStore>, {
      use: () => Promise.resolve(null),
      put: () => Promise.resolve(null),
    });
    await expect(counters(store, clock).add('a', 1_000)).rejects.toThrow('a counter could not be kept');
  });
});
