import { describe, expect, it } from 'vitest';
import { allow, deny, type Decision, type EntryGuard, type Guard } from '../../src/core/decision.ts';
import { authError, StoreError } from '../../src/core/errors.ts';
import type { DecisionEvent } from '../../src/core/events.ts';
import type { MaybePromise } from '../../src/core/maybe-promise.ts';
import type { Principal } from '../../src/core/principal.ts';
import { compilePipeline, type GuardOptions, type PipelineResult } from '../../src/middleware/pipeline.ts';
import { exchangeWith } from '../support/fake-exchange.ts';
import { foreignPromise } from '../support/foreign-promise.ts';
import { movableClock } from '../support/movable-clock.ts';
import { noteWarnings } from '../support/process-warnings.ts';

type Who = Principal | null;
type Answer = MaybePromise<Decision<Who>>;

noteWarnings();

const ALICE: Principal = { kind: 'user', id: 'alice' };
const BOB: Principal = { kind: 'user', id: 'bob' };

function entry(answer: () => Answer): EntryGuard<Who> {
  return { name: 'entry', schemes: ['Bearer'], enterChain: answer, describe: () => ({ guard: 'entry' }) };
}

function step(name: string, decide: (principal: Who) => Answer): Guard<Who> {
  return { name, decide: (_exchange, principal) => decide(principal), describe: () => ({ guard: name }) };
}

interface Run {
  readonly events: DecisionEvent[];
  readonly result: MaybePromise<PipelineResult<Who>>;
}

function run(chain: readonly unknown[], options: GuardOptions = {}): Run {
  const events: DecisionEvent[] = [];
  const onEvent = (event: DecisionEvent): number => events.push(event);
  const pipeline = compilePipeline<Who>([...chain, { onEvent, clock: movableClock(), ...options }]);
  return { events, result: pipeline.run(exchangeWith()) };
}

/** What a run comes to, in short: the principal's id, or the status and the reason of the last event. */
async function outcome({ events, result }: Run): Promise<unknown> {
  const settled = await result;
  if (settled.kind === 'pass') return settled.principal?.id ?? 'nobody';
  return `${settled.reply.status} ${String(events.at(-1)?.outcome)} ${String(events.at(-1)?.reason)}`;
}

const yes = entry(() => allow(ALICE));

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
        expect(await result).toMatchObject({ kind: 'reply', reply: { status: 500 } });
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

describe('compilePipeline', () => {
  it('makes no promise as long as no guard does', () => {
    expect(run([yes, step('one', (who) => allow(who))]).result).not.toBeInstanceOf(Promise);
  });

  it('runs the handler inside the guards that surround it, the first outermost, and gives back what it returns', () => {
    const log: string[] = [];
    const around = (name: string): Guard<Who> => ({
      ...step(name, (who) => allow(who)),
      enter(principal, handler) {
        log.push(`${name} in as ${String(principal?.id)}`);
        const result = handler();
        log.push(`${name} out`);
        return result;
      },
    });
    const pipeline = compilePipeline<Who>([
      yes,
      around('a'),
      step('plain', (who) => allow(who)),
      around('b'),
    ]);
    const returned = pipeline.enter(BOB, () => (log.push('handler'), 42));
    expect(returned).toBe(42);
    expect(log).toEqual(['a in as bob', 'b in as bob', 'handler', 'b out', 'a out']);
  });

  it('describes its guards in order, as plain data', () => {
    const pipeline = compilePipeline<Who>([
      yes,
      step('one', (who) => allow(who)),
      step('two', (who) => allow(who)),
    ]);
    expect(pipeline.describe()).toEqual([{ guard: 'entry' }, { guard: 'one' }, { guard: 'two' }]);
  });

  it('answers what the handler threw in the dialect of the chain', () => {
    const dialect = {
      name: 'short',
      render: ({ code }: { code: string }) => ({ status: 418, headers: [], body: code }),
    };
    const pipeline = compilePipeline<Who>([yes, { dialect, onEvent: () => undefined }]);
    expect(pipeline.replyTo(new Error('x'), exchangeWith())).toEqual({
      status: 418,
      headers: [],
      body: 'internal_error',
    });
  });

  it('speaks the dialect of its options, otherwise that of its entry, otherwise the envelope', async () => {
    const saying = (body: string) => ({ name: body, render: () => ({ status: 400, headers: [], body }) });
    const no = (dialect?: ReturnType<typeof saying>): EntryGuard<Who> => ({
      ...entry(() => deny(authError('ip_denied'))),
      ...(dialect === undefined ? {} : { dialect }),
    });
    const body = async (chain: readonly unknown[], options: GuardOptions = {}): Promise<unknown> => {
      const result = await run(chain, options).result;
      return result.kind === 'reply' ? result.reply.body : result;
    };
    await expect(body([no(saying('entry'))], { dialect: saying('options') })).resolves.toBe('options');
    await expect(body([no(saying('entry'))])).resolves.toBe('entry');
    await expect(body([no()])).resolves.toContain('"IP address not authorized"');
  });
});
