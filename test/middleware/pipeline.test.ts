import { describe, expect, it } from 'vitest';
import { allow, deny, type Decision } from '../../src/core/decision.ts';
import { authError, StoreError } from '../../src/core/errors.ts';
import { foreignPromise } from '../support/foreign-promise.ts';
import { movableClock } from '../support/movable-clock.ts';
import { noteWarnings } from '../support/process-warnings.ts';

import { ALICE, BOB, entry, outcome, run, step, yes, type Answer, type Who } from './chains.ts';

noteWarnings();

/** The same answer in each way that a guard can give it. */
const WAYS: readonly [string, (make: () => Decision<Who>) => () => Answer][] = [
  ['at once', (make) => make],
  ['promised', (make) => async () => make()],
  ['by a thenable', (make) => () => foreignPromise(make)],
];

describe.each(WAYS)('a chain whose guards answer %s', (_, way) => {
  it('passes as the last principal when all allow', async () => {
    const chain = [
      entry(way(() => allow(ALICE))),
      step(
        'one',
        way(() => allow(BOB)),
      ),
      step('two', (who) => way(() => allow(who))()),
    ];
    await expect(outcome(run(chain))).resolves.toBe('bob');
  });

  it('asks no guard after one that denies', async () => {
    let asked = 0;
    const last = step('last', (who) => ((asked += 1), allow(who)));
    const refusal = way(() => deny(authError('permission_denied')));
    await expect(outcome(run([entry(refusal), last]))).resolves.toBe('403 denied permission_denied');
    await expect(outcome(run([yes, step('no', refusal), last]))).resolves.toBe(
      '403 denied permission_denied',
    );
    expect(asked).toBe(0);
  });

  it.each([
    ['an error', () => new Error('secret'), '500 failed internal_error'],
    [
      'an outage',
      () => new StoreError('secret', { retryAfterSeconds: 3 }),
      '503 failed dependency_unavailable',
    ],
    ['a refusal', () => authError('ip_denied'), '403 failed ip_denied'],
    ['a text', () => 'secret', '500 failed internal_error'],
    ['nothing', () => undefined, '500 failed internal_error'],
  ])('answers when a guard throws %s, and never passes or says 401', async (_what, make, expected) => {
    const broken = way(() => {
      // oxlint-disable-next-line typescript/only-throw-error -- a guard in plain JavaScript may throw anything
      throw make();
    });
    await expect(outcome(run([entry(broken)]))).resolves.toBe(expected);
    await expect(outcome(run([yes, step('broken', broken)]))).resolves.toBe(expected);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['true', true],
    ['1', 1],
    ['a text', 'allow'],
    ['an empty object', {}],
    ['another kind', { kind: 'allowed', principal: ALICE }],
    ['a principal alone', ALICE],
    ['allow of nothing', { kind: 'allow' }],
    ['allow of undefined', { kind: 'allow', principal: undefined }],
    ['allow of true', { kind: 'allow', principal: true }],
    ['allow of a text', { kind: 'allow', principal: 'alice' }],
    ['allow of an empty object', { kind: 'allow', principal: {} }],
    ['allow of a principal without kind', { kind: 'allow', principal: { id: 'alice' } }],
    ['allow of a principal without id', { kind: 'allow', principal: { kind: 'user' } }],
    ['allow of an empty id', { kind: 'allow', principal: { kind: 'user', id: '' } }],
    ['allow of an id that is a number', { kind: 'allow', principal: { kind: 'user', id: 7 } }],
    ['allow with headers that are none', { kind: 'allow', principal: ALICE, headers: 7 }],
    ['deny of nothing', { kind: 'deny' }],
    ['deny of a text', { kind: 'deny', error: 'no' }],
  ])('answers 500 when a guard returns %s', async (_what, nonsense) => {
    const answer = way(() => nonsense as Decision<Who>);
    const chains = [
      [entry(answer)],
      [yes, step('odd', answer)],
      [yes, step('one', (who) => allow(who)), step('odd', answer)],
    ];
    for (const chain of chains) {
      for (const options of [{}, { onEvent: undefined }]) {
        const { result } = run(chain, options);
        const settled = await result;
        expect(settled).toMatchObject({ kind: 'reply', reply: { status: 500 } });
        expect(JSON.stringify(settled)).toContain('INTERNAL_SERVER_ERROR');
      }
    }
  });

  it('lets nobody pass by the entry, and lets no later guard turn somebody into nobody', async () => {
    const nobody = way(() => allow(null));
    await expect(outcome(run([entry(nobody), step('one', nobody)]))).resolves.toBe('nobody');
    await expect(outcome(run([yes, step('one', nobody)]))).resolves.toBe('500 failed internal_error');
    await expect(
      outcome(
        run([
          entry(nobody),
          step(
            'one',
            way(() => allow(BOB)),
          ),
        ]),
      ),
    ).resolves.toBe('bob');
  });

  it('gathers the headers of all guards in order, and gives none of them to a refusal', async () => {
    const chain = [
      entry(way(() => allow(ALICE, [['X-A', '1']]))),
      step(
        'one',
        way(() =>
          allow(ALICE, [
            ['X-B', '2'],
            ['X-A', '3'],
          ]),
        ),
      ),
      step(
        'two',
        way(() => allow(ALICE)),
      ),
    ];
    expect(await run(chain).result).toMatchObject({
      kind: 'pass',
      headers: [
        ['X-A', '1'],
        ['X-B', '2'],
        ['X-A', '3'],
      ],
    });
    const refused = await run([
      ...chain,
      step(
        'no',
        way(() => deny(authError('ip_denied'))),
      ),
    ]).result;
    expect(JSON.stringify(refused)).not.toContain('X-A');
  });

  it('tells who was refused, by which guard and why, once for each request', async () => {
    const refusal = way(() => deny(authError('ip_denied')));
    const { events, result } = run([
      yes,
      step('one', (who) => allow(who)),
      step('two', refusal),
      step('three', refusal),
    ]);
    await result;
    expect(events).toEqual([
      {
        type: 'decision',
        outcome: 'denied',
        guard: 'two',
        reason: 'ip_denied',
        rule: null,
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        principal: { kind: 'user', id: 'alice', workspace: null, actor: null },
        method: 'GET',
        path: '/things',
        peerAddress: '127.0.0.1',
        at: movableClock().now(),
      },
    ]);
  });

  it('tells of a request that passed under the name of the entry, and of a failure with its cause', async () => {
    const passed = run([entry(way(() => allow(ALICE))), step('one', (who) => allow(who))]);
    await passed.result;
    expect(passed.events).toMatchObject([
      { outcome: 'allowed', guard: 'entry', reason: null, principal: { id: 'alice' } },
    ]);
    const cause = new Error('broken');
    const failed = run([
      yes,
      step(
        'one',
        way(() => {
          throw cause;
        }),
      ),
    ]);
    await failed.result;
    expect(failed.events).toMatchObject([
      { outcome: 'failed', guard: 'one', reason: 'internal_error', cause },
    ]);
  });
});
