import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deliver, failedDeliveries } from '../../src/core/event-delivery.ts';
import { foreignPromise } from '../support/foreign-promise.ts';

interface Warning extends Error {
  readonly code?: string;
  readonly detail?: string;
}

const warnings: Warning[] = [];
function note(warning: Warning): void {
  if (warning.name === 'PortcullisWarning') warnings.push(warning);
}

let nowMs: number;

beforeEach(() => {
  nowMs = 5_000;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  process.on('warning', note);
});
afterEach(() => {
  process.off('warning', note);
  warnings.length = 0;
  vi.restoreAllMocks();
});

/** Resolves when warnings and rejections have come through. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe('deliver', () => {
  it('hands the event on, and counts nothing of a sink that takes it', async () => {
    const told: unknown[] = [];
    const sinks = [
      (event: string) => told.push(event),
      (event: string) => Promise.resolve(told.push(event)),
      (event: string) => foreignPromise(() => told.push(event)),
    ];
    for (const sink of sinks) deliver('e', sink);
    await settled();
    expect(told).toEqual(['e', 'e', 'e']);
    expect(sinks.map(failedDeliveries)).toEqual([0, 0, 0]);
    expect(warnings).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no disk');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no disk'))],
    [
      'rejects in its own kind of promise',
      () =>
        foreignPromise(() => {
          throw new Error('no disk');
        }),
    ],
  ])('counts what is lost by a sink that %s, apart from the others', async (_what, fail) => {
    const failing = (): unknown => fail();
    const other = (): unknown => fail();
    deliver('e', failing);
    deliver('e', failing);
    deliver('e', other);
    await settled();
    expect([failedDeliveries(failing), failedDeliveries(other)]).toEqual([2, 1]);
  });

  it('LG-01 warns with the kind of the error, and quotes neither its message nor the event', async () => {
    deliver('event of u1', () => {
      throw new RangeError('cannot write event of u1');
    });
    await settled();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({
      name: 'PortcullisWarning',
      code: 'event_sink_failed',
      message: 'an onEvent sink failed, 1 time(s) so far; the events are lost',
      detail: 'RangeError',
    });
    expect(`${warnings[0]?.stack}`).not.toContain('u1');
  });

  it('warns without a detail of what is no error', async () => {
    deliver('e', () => {
      // oxlint-disable-next-line typescript/only-throw-error -- hosts throw what they like
      throw 'no disk';
    });
    await settled();
    expect(warnings[0]?.detail).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });

  it('warns once a minute for each sink, and says how many are lost by then', async () => {
    const fail = (): never => {
      throw new Error('no disk');
    };
    deliver('e', fail);
    nowMs += 59_999;
    deliver('e', fail);
    nowMs += 1;
    deliver('e', fail);
    nowMs += 1;
    deliver('e', fail);
    await settled();
    expect(warnings.map(({ message }) => message)).toEqual([
      'an onEvent sink failed, 1 time(s) so far; the events are lost',
      'an onEvent sink failed, 3 time(s) so far; the events are lost',
    ]);
  });
});
