import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../src/core/errors.ts';
import { feedReader, type FeedReader } from '../../src/tokens/feed-reader.ts';
import { movableClock, type MovableClock } from '../support/movable-clock.ts';
import { line, scriptedFeed, settled, type ScriptedFeed } from './scripted-feed.ts';

const POLL_MS = 1_000;
const MAX_STALE_MS = 10_000;
const DOWN = new StoreError('the engine is down');

let clock: MovableClock;
let feed: ScriptedFeed;
let reader: FeedReader;
let seen: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  clock = movableClock();
  feed = scriptedFeed();
  seen = [];
  reader = feedReader({ store: feed.store, clock, pollMs: POLL_MS, maxStaleMs: MAX_STALE_MS });
  reader.subscribe(({ key }) => seen.push(key));
});
afterEach(async () => {
  await reader.close();
  vi.useRealTimers();
});

function reading(index: number) {
  const found = feed.readings[index];
  if (found === undefined) throw new Error(`there is no reading ${index}`);
  return found;
}

/** Makes the reader know the feed up to a cursor. */
async function sync(cursor = 'c1'): Promise<void> {
  const fresh = reader.fresh();
  await feed.readings.at(-1)?.answer([], cursor);
  await fresh;
}

/** What a promise came to by now. */
async function stateOf(promise: unknown): Promise<'pending' | 'done' | 'failed'> {
  let state: 'pending' | 'done' | 'failed' = 'pending';
  Promise.resolve(promise).then(
    () => (state = 'done'),
    () => (state = 'failed'),
  );
  await settled();
  return state;
}

/** What a promise rejects with; `undefined` when it does not. */
function failureOf(promise: unknown): Promise<unknown> {
  return Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('feedReader', () => {
  it('does nothing until it is asked', async () => {
    await settled();
    expect([feed.readings.length, feed.watchesAsked(), vi.getTimerCount()]).toEqual([0, 0, 0]);
  });

  it('reads once for all who ask first at the same time, from the beginning, and lets nobody pass before', async () => {
    const asked = [reader.fresh(), reader.fresh(), reader.fresh()].map((each) => Promise.resolve(each));
    expect(feed.readings).toHaveLength(1);
    expect(reading(0).cursor).toBeNull();
    expect(await stateOf(Promise.race(asked))).toBe('pending');
    await reading(0).answer([line('sid:a')], 'c1');
    await Promise.all(asked);
    expect(seen).toEqual(['sid:a']);
  });

  it('answers at once, without a promise, while what it knows is fresh', async () => {
    await sync();
    expect(reader.fresh()).toBeUndefined();
    clock.advance(10);
    expect(reader.fresh()).toBeUndefined();
    expect(feed.readings).toHaveLength(1);
    clock.advance(0.001);
    const fresh = reader.fresh();
    expect(reading(1).cursor).toBe('c1');
    await reading(1).answer([line('sid:b')], 'c2');
    await fresh;
    expect(seen).toEqual(['sid:b']);
  });

  it('counts freshness from when a reading began', async () => {
    const fresh = reader.fresh();
    clock.advance(6);
    await reading(0).answer([], 'c1');
    await fresh;
    clock.advance(4);
    expect(reader.fresh()).toBeUndefined();
    clock.advance(0.001);
    expect(reader.fresh()).toBeInstanceOf(Promise);
    await reading(1).answer([], 'c1');
  });

  it('lets a request join a reading that began as long ago as what is known may be old', async () => {
    const first = reader.fresh();
    clock.advance(10);
    const second = reader.fresh();
    await reading(0).answer([], 'c1');
    await Promise.all([first, second]);
    expect(feed.readings).toHaveLength(1);
  });

  it('does not let a request join a reading that began longer ago than what is known may be old', async () => {
    const first = reader.fresh();
    clock.advance(10.001);
    const second = reader.fresh();
    await reading(0).answer([], 'c1');
    await first;
    expect(await stateOf(second)).toBe('pending');
    await reading(1).answer([line('sid:late')], 'c2');
    await second;
    expect(seen).toEqual(['sid:late']);
  });

  it('reads again after its clock was set back', async () => {
    await sync();
    clock.advance(-1);
    const fresh = reader.fresh();
    expect(fresh).toBeInstanceOf(Promise);
    await reading(1).answer([], 'c1');
    await fresh;
    expect(reader.fresh()).toBeUndefined();
  });

  it('rejects with an outage when it knows nothing fresh, keeps the cause, and recovers', async () => {
    const fresh = reader.fresh();
    const cause = new TypeError('fetch failed');
    const failure = failureOf(fresh);
    await reading(0).fail(cause);
    expect(await failure).toMatchObject({
      name: 'StoreError',
      message: 'the revocation feed cannot be read, so no token can be trusted',
      cause,
    });
    const again = reader.fresh();
    await reading(1).answer([], 'c1');
    await again;
    expect(reader.fresh()).toBeUndefined();
  });

  it('polls at its interval, and a failing poll leaves what is known as old as it was', async () => {
    await sync();
    for (let count = 1; count <= 10; count++) {
      clock.advance(1);
      vi.advanceTimersByTime(POLL_MS);
      await reading(count).fail(DOWN);
      expect(reader.fresh()).toBeUndefined();
    }
    clock.advance(1);
    const fresh = reader.fresh();
    await reading(11).answer([line('sid:c')], 'c2');
    await fresh;
    expect(reading(11).cursor).toBe('c1');
    expect(seen).toEqual(['sid:c']);
  });

  it('starts no second timer, and no second poll while one is under way', async () => {
    await sync();
    clock.advance(11);
    void reader.fresh();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(5 * POLL_MS);
    await settled();
    expect(feed.readings).toHaveLength(2);
    await reading(1).answer([], 'c1');
    expect(feed.readings).toHaveLength(2);
  });

  it('reads when it is woken', async () => {
    await sync();
    feed.wake();
    await reading(1).answer([line('sid:d')], 'c2');
    expect(seen).toEqual(['sid:d']);
  });

  it('loses no wake that comes while it reads: the reading under way may have missed the line', async () => {
    await sync();
    feed.wake();
    feed.wake();
    feed.wake();
    await reading(1).answer([], 'c1');
    expect(feed.readings).toHaveLength(3);
    await reading(2).answer([line('sid:e')], 'c2');
    expect(seen).toEqual(['sid:e']);
    await settled();
    expect(feed.readings).toHaveLength(3);
  });

  it('poll resolves only after a reading that began later than the call', async () => {
    await sync();
    feed.wake();
    const polls = [reader.poll(), reader.poll()];
    await reading(1).answer([], 'c1');
    expect(await stateOf(Promise.race(polls))).toBe('pending');
    await reading(2).answer([line('sid:f')], 'c2');
    await Promise.all(polls);
    expect(seen).toEqual(['sid:f']);
    expect(feed.readings).toHaveLength(3);
  });

  it('poll goes on to its own reading when the one under way fails, and rejects with what its own does', async () => {
    await sync();
    feed.wake();
    const poll = reader.poll();
    await reading(1).fail(DOWN);
    await reading(2).answer([], 'c2');
    await poll;
    const failure = failureOf(reader.poll());
    await reading(3).fail(DOWN);
    expect(await failure).toBe(DOWN);
  });

  it('reads lines again that a listener failed to take, and is not fresh before', async () => {
    let isBroken = true;
    reader.subscribe(() => {
      if (isBroken) throw new Error('a listener broke');
    });
    const failure = failureOf(reader.fresh());
    await reading(0).answer([line('sid:g')], 'c1');
    expect(await failure).toBeInstanceOf(StoreError);
    isBroken = false;
    const again = reader.fresh();
    expect(reading(1).cursor).toBeNull();
    await reading(1).answer([line('sid:g')], 'c1');
    await again;
    expect(seen).toEqual(['sid:g', 'sid:g']);
  });

  it('asks for a watch again at each poll until it has one', async () => {
    feed.watchError = DOWN;
    await sync();
    expect(feed.watchesAsked()).toBe(1);
    vi.advanceTimersByTime(POLL_MS);
    await reading(1).answer([], 'c1');
    feed.watchError = null;
    vi.advanceTimersByTime(POLL_MS);
    await reading(2).answer([], 'c1');
    vi.advanceTimersByTime(POLL_MS);
    await reading(3).answer([], 'c1');
    expect(feed.watchesAsked()).toBe(3);
    feed.wake();
    await reading(4).answer([line('sid:h')], 'c2');
    expect(seen).toEqual(['sid:h']);
  });

  it('ends its timer and its watch when it is closed, twice if need be, and wakes no more', async () => {
    await sync();
    const [wake] = feed.watches;
    await reader.close();
    await reader.close();
    expect([vi.getTimerCount(), feed.watches.size]).toEqual([0, 0]);
    wake?.();
    vi.advanceTimersByTime(10 * POLL_MS);
    await settled();
    expect(feed.readings).toHaveLength(1);
  });

  it('lets whoever still asks after it was closed read, and starts nothing', async () => {
    await reader.close();
    const fresh = reader.fresh();
    await reading(0).answer([], 'c1');
    await fresh;
    expect([vi.getTimerCount(), feed.watchesAsked()]).toEqual([0, 0]);
  });

  it('may be closed while it reads, and what becomes of the reading surprises nobody', async () => {
    await sync();
    feed.wake();
    feed.wake();
    await reader.close();
    await reading(1).fail(DOWN);
    await settled();
    await feed.readings[2]?.fail(DOWN);
    await settled();
    expect(reader.fresh()).toBeUndefined();
  });

  it('keeps no process alive', async () => {
    vi.useRealTimers();
    const spy = vi.spyOn(globalThis, 'setInterval');
    const own = feedReader({ store: feed.store, clock, pollMs: 60_000, maxStaleMs: 100 });
    const fresh = own.fresh();
    await feed.readings.at(-1)?.answer([], 'c1');
    await fresh;
    const timer = spy.mock.results[0]?.value as NodeJS.Timeout;
    expect(timer.hasRef()).toBe(false);
    spy.mockRestore();
    await own.close();
  });
});
