import { describe, expect, it } from 'vitest';
import {
  actionsOf,
  actOn,
  runStrategy,
  type PassportStrategy,
  type StrategyActions,
  type StrategyOutcome,
} from '../../src/passport/run-strategy.ts';
import { foreignPromise } from '../support/foreign-promise.ts';

/** A strategy that does this with the actions that were put onto it. */
function strategy(
  act: (actions: StrategyActions, request: unknown, options: unknown) => unknown,
): PassportStrategy {
  return {
    name: 'test',
    authenticate(this: unknown, request: unknown, options?: unknown) {
      return act(this as StrategyActions, request, options);
    },
  };
}

const ACTIONS: readonly [string, (actions: StrategyActions) => void, StrategyOutcome][] = [
  [
    'success',
    ({ success }) => success({ id: 1 }, 'info'),
    { action: 'success', user: { id: 1 }, info: 'info' },
  ],
  ['success without info', ({ success }) => success('u'), { action: 'success', user: 'u', info: undefined }],
  ['fail', ({ fail }) => fail('Bearer', 400), { action: 'fail', challenge: 'Bearer', status: 400 }],
  [
    'fail without a status',
    ({ fail }) => fail('Bearer'),
    { action: 'fail', challenge: 'Bearer', status: undefined },
  ],
  ['fail with a status only', ({ fail }) => fail(403), { action: 'fail', challenge: undefined, status: 403 }],
  [
    'fail with a status that is no number',
    ({ fail }) => fail('Bearer', '401' as unknown as number),
    { action: 'fail', challenge: 'Bearer', status: undefined },
  ],
  [
    'fail with nothing',
    ({ fail }) => fail(undefined),
    { action: 'fail', challenge: undefined, status: undefined },
  ],
  ['redirect', ({ redirect }) => redirect('/login'), { action: 'redirect', url: '/login', status: 302 }],
  [
    'redirect with a status',
    ({ redirect }) => redirect('/login', 303),
    { action: 'redirect', url: '/login', status: 303 },
  ],
  ['pass', ({ pass }) => pass(), { action: 'pass' }],
  ['error', ({ error }) => error('broken'), { action: 'error', error: 'broken' }],
];

describe('runStrategy', () => {
  it.each(ACTIONS)('makes a value of %s, at once', (_, act, outcome) => {
    expect(runStrategy(strategy(act), {})).toEqual(outcome);
  });

  it.each(ACTIONS)('makes a promise of %s when it comes later', async (_, act, outcome) => {
    const late = strategy((actions) => {
      setImmediate(() => act(actions));
    });
    await expect(runStrategy(late, {})).resolves.toEqual(outcome);
  });

  const failure = new Error('broken');
  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw failure;
      },
    ],
    ['rejects', () => Promise.reject(failure)],
    [
      'rejects by a thenable',
      () =>
        foreignPromise(() => {
          throw failure;
        }),
    ],
  ])('makes an error of a strategy that %s', async (_, act) => {
    expect(await runStrategy(strategy(act), {})).toEqual({ action: 'error', error: failure });
  });

  it('takes the first action of a run and no other, whatever comes later', async () => {
    const twice = strategy(({ success, fail, error }) => {
      success('first');
      fail('second');
      error('third');
      throw failure;
    });
    expect(runStrategy(twice, {})).toMatchObject({ action: 'success', user: 'first' });
    const refusing = strategy(({ fail, success }) => {
      fail('Bearer', 401);
      success('after all');
      return Promise.reject(failure);
    });
    expect(await runStrategy(refusing, {})).toMatchObject({ action: 'fail' });
  });

  it('hands on the request and the options, and empty options by default', () => {
    const seen: unknown[] = [];
    const seeing = strategy(({ pass }, request, options) => {
      seen.push(request, options);
      pass();
    });
    void runStrategy(seeing, 'request', 'options');
    void runStrategy(seeing, 'request');
    expect(seen).toEqual(['request', 'options', 'request', {}]);
  });

  it('JWT-20 never lets two overlapping runs of one strategy answer each other', async () => {
    const waiting: (() => void)[] = [];
    const slow = strategy((actions, request) => {
      waiting.push(() => actions.success(request));
    });
    const runs = ['alice', 'bob', 'carol'].map(async (name) => runStrategy(slow, name));
    for (const go of waiting.toReversed()) go();
    await expect(Promise.all(runs)).resolves.toMatchObject([
      { user: 'alice' },
      { user: 'bob' },
      { user: 'carol' },
    ]);
    expect(Object.keys(slow).toSorted()).toEqual(['authenticate', 'name']);
  });

  it('runs the strategy on an object that inherits from it', () => {
    class Stateful {
      readonly secret = 42;
      authenticate(this: Stateful & StrategyActions): void {
        this.success(this.secret);
      }
    }
    const stateful = new Stateful();
    expect(runStrategy(stateful as unknown as PassportStrategy, {})).toMatchObject({ user: 42 });
    expect(Object.keys(stateful)).toEqual(['secret']);
  });
});

describe('actionsOf', () => {
  it('keeps the actions that were there when it was called', () => {
    const log: string[] = [];
    const run = { success: (user: unknown) => log.push(`first: ${String(user)}`) };
    const actions = actionsOf(run);
    run.success = (user) => log.push(`second: ${String(user)}`);
    actions.success('alice');
    expect(log).toEqual(['first: alice']);
  });
});

describe('actOn', () => {
  function noting(): { actions: StrategyActions; errors: unknown[] } {
    const errors: unknown[] = [];
    return {
      actions: { error: (error: unknown) => errors.push(error) } as unknown as StrategyActions,
      errors,
    };
  }

  it.each<[string, () => never | Promise<never>]>([
    [
      'is thrown',
      () => {
        throw new Error('broken');
      },
    ],
    ['is rejected', () => Promise.reject(new Error('broken'))],
  ])('makes the action error of what %s in place of a result', async (_, produce) => {
    const { actions, errors } = noting();
    actOn(actions, produce, () => errors.push('acted'));
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect(errors).toEqual([new Error('broken')]);
  });

  it('acts at once on what is there, and says nothing else', () => {
    const { actions, errors } = noting();
    const acted: number[] = [];
    actOn(
      actions,
      () => 1,
      (value) => acted.push(value),
    );
    expect({ acted, errors }).toEqual({ acted: [1], errors: [] });
  });

  it('lets out what acting throws at once, so that no callback of the host is called a second time', () => {
    const { actions, errors } = noting();
    const act = (): void =>
      actOn(
        actions,
        () => 1,
        () => {
          throw new Error('the callback of the host');
        },
      );
    expect(act).toThrow('the callback of the host');
    expect(errors).toEqual([]);
  });

  it('makes the action error of what acting throws later, where nobody else could hear it', async () => {
    const { actions, errors } = noting();
    actOn(
      actions,
      async () => 1,
      () => {
        throw new Error('the callback of the host');
      },
    );
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect(errors).toEqual([new Error('the callback of the host')]);
  });
});
