import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withDeadline, withDeadlines } from '../../src/core/deadline.ts';
import { StoreError } from '../../src/core/errors.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('withDeadline', () => {
  it('lets a value pass at once, and without a timer', () => {
    expect(withDeadline('here', 100, 'x')).toBe('here');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives what is promised in time, and leaves no timer behind', async () => {
    await expect(withDeadline(Promise.resolve('later'), 100, 'x')).resolves.toBe('later');
    await expect(withDeadline(Promise.reject(new Error('no')), 100, 'x')).rejects.toThrow('no');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is an outage when the time is over, and not before', async () => {
    let state = 'pending';
    const waiting = Promise.resolve(withDeadline(new Promise(() => undefined), 100, 'directory.findUser'));
    const ended = waiting.catch((thrown: unknown) => {
      state = 'over';
      return thrown;
    });
    await vi.advanceTimersByTimeAsync(99);
    expect(state).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(await ended).toEqual(new StoreError('directory.findUser did not answer within 100 ms'));
    expect(await ended).toBeInstanceOf(StoreError);
  });

  it('ignores what comes after it, a rejection too', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): unknown => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const late = new Promise((_resolve, reject) => setTimeout(() => reject(new Error('late')), 200));
    const ended = Promise.resolve(withDeadline(late, 100, 'x')).catch((thrown: unknown) => String(thrown));
    await vi.advanceTimersByTimeAsync(300);
    vi.useRealTimers();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    process.off('unhandledRejection', note);
    expect([await ended, unhandled]).toEqual(['StoreError: x did not answer within 100 ms', []]);
  });
});

describe('withDeadlines', () => {
  it('bounds methods, passes on values, and knows which members there are', async () => {
    const host = { limit: 7, now: () => 'now', never: () => new Promise(() => undefined) };
    const bounded = withDeadlines(host, 100, 'host');
    expect([bounded.limit, bounded.now(), 'never' in bounded, 'other' in bounded]).toEqual([
      7,
      'now',
      true,
      false,
    ]);
    const ended = bounded.never().catch((thrown: unknown) => String(thrown));
    await vi.advanceTimersByTimeAsync(100);
    expect(await ended).toBe('StoreError: host.never did not answer within 100 ms');
  });

  it('calls methods on the object itself, and those that it has now', () => {
    class Counter {
      #count = 0;
      next(): number {
        return ++this.#count;
      }
    }
    const counter = new Counter();
    const bounded = withDeadlines(counter, 100, 'counter');
    expect([bounded.next(), bounded.next()]).toEqual([1, 2]);
    counter.next = () => 10;
    expect(bounded.next()).toBe(10);
  });

  it('gives one function for a method, so that it can be compared', () => {
    const bounded = withDeadlines({ now: () => 'now' }, 100, 'host');
    expect(bounded.now).toBe(bounded.now);
  });

  it('puts answers through the check of their method, at once or later, and says whose they are', async () => {
    const asked: string[] = [];
    const checks = {
      size(answer: unknown, whose: string): unknown {
        asked.push(whose);
        return Number(answer) + 1;
      },
    };
    const bounded = withDeadlines(
      { size: () => 1, unchecked: () => 7, valueOf: () => 9 },
      100,
      'host',
      checks,
    );
    expect([bounded.size(), bounded.unchecked(), bounded.valueOf()]).toEqual([2, 7, 9]);
    const slow = withDeadlines({ size: () => Promise.resolve(4) }, 100, 'slow', checks);
    expect(await slow.size()).toBe(5);
    expect(asked).toEqual(['host.size', 'slow.size']);
  });

  it('hands the arguments on', () => {
    const bounded = withDeadlines({ add: (a: number, b: number) => a + b }, 100, 'host');
    expect(bounded.add(2, 3)).toBe(5);
  });
});
