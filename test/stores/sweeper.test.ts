import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import { startSweeper } from '../../src/stores/sweeper.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const MINUTE_MS = 60_000;

describe('startSweeper', () => {
  it('sweeps once in each interval, beginning after the first', async () => {
    const sweep = vi.fn(async (_limit: number) => 0);
    const stop = startSweeper({ sweep }, { intervalMs: MINUTE_MS, jitterPercent: 0 });
    await vi.advanceTimersByTimeAsync(MINUTE_MS - 1);
    expect(sweep).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(sweep.mock.calls).toEqual([[1_000]]);
    await vi.advanceTimersByTimeAsync(3 * MINUTE_MS);
    expect(sweep).toHaveBeenCalledTimes(4);
    await stop();
  });

  it.each([
    ['the shortest', 0, 30_000],
    ['the middle', 0.5, 60_000],
    ['nearly the longest', 0.75, 75_000],
  ])('spreads its sweeps over the jitter: %s', async (_what, random, expectedMs) => {
    const sweep = vi.fn(async () => 0);
    const stop = startSweeper({ sweep }, { intervalMs: MINUTE_MS, random: () => random });
    await vi.advanceTimersByTimeAsync(expectedMs - 1);
    expect(sweep).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(sweep).toHaveBeenCalledTimes(1);
    await stop();
  });

  it('goes on soon while steps are full, and pauses in between', async () => {
    const deleted = [10, 10, 3, 0];
    const sweep = vi.fn(async () => deleted.shift() ?? 0);
    const stop = startSweeper({ sweep }, { intervalMs: MINUTE_MS, jitterPercent: 0, limit: 10 });
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(sweep).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(99);
    expect(sweep).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(101);
    expect(sweep).toHaveBeenCalledTimes(3);
    await vi.advanceTimersByTimeAsync(MINUTE_MS - 1);
    expect(sweep).toHaveBeenCalledTimes(3);
    await vi.advanceTimersByTimeAsync(1);
    expect(sweep).toHaveBeenCalledTimes(4);
    await stop();
  });

  it('never begins a sweep before the last one has ended', async () => {
    let finish: (deleted: number) => void = () => undefined;
    const sweep = vi.fn(() => new Promise<number>((resolve) => (finish = resolve)));
    const stop = startSweeper({ sweep }, { intervalMs: MINUTE_MS, jitterPercent: 0 });
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect(sweep).toHaveBeenCalledTimes(1);
    finish(0);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(sweep).toHaveBeenCalledTimes(2);
    finish(0);
    await stop();
  });

  it('tells of a failure and tries again at the usual time', async () => {
    const failure = new Error('down');
    const onError = vi.fn();
    const sweep = vi.fn(async () => {
      throw failure;
    });
    const stop = startSweeper({ sweep }, { intervalMs: MINUTE_MS, jitterPercent: 0, onError });
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect(onError.mock.calls).toEqual([[failure], [failure]]);
    await stop();
  });

  it('waits for the sweep under way when it is stopped, and begins no other', async () => {
    let finish: (deleted: number) => void = () => undefined;
    const sweep = vi.fn(() => new Promise<number>((resolve) => (finish = resolve)));
    const stop = startSweeper({ sweep }, { intervalMs: MINUTE_MS, jitterPercent: 0 });
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    let stopped = false;
    const stopping = stop().then(() => (stopped = true));
    await vi.advanceTimersByTimeAsync(0);
    expect(stopped).toBe(false);
    finish(1_000);
    await stopping;
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect(sweep).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not keep the process alive', async () => {
    vi.useRealTimers();
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const stop = startSweeper({ sweep: async () => 0 });
    expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
    await stop();
  });

  it('refuses what is no store, and intervals out of bounds', () => {
    expect(() => startSweeper({} as never)).toThrow(
      'startSweeper.store must be a store, which has a method "sweep"',
    );
    expect(() => startSweeper({ sweep: async () => 0 }, { intervalMs: 10 })).toThrow(ConfigError);
    expect(() => startSweeper({ sweep: async () => 0 }, { jitterPercent: 100 })).toThrow(ConfigError);
  });
});
