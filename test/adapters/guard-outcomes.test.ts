import { expect, it } from 'vitest';
import { deny, type Decision, type Guard } from '../../src/core/decision.ts';
import type { Dialect } from '../../src/core/dialect.ts';
import { authError, StoreError } from '../../src/core/errors.ts';
import type { MaybePromise } from '../../src/core/maybe-promise.ts';
import type { Principal } from '../../src/core/principal.ts';
import { problem } from '../../src/dialects/problem.ts';
import { authenticate, open } from '../../src/middleware/authenticate.ts';
import { onEachFramework, stopHostsAfterEach } from '../support/frameworks.ts';
import { noteWarnings } from '../support/process-warnings.ts';
import { hs256, jwtStrategy, PAYLOAD } from './jwt-bench.ts';

stopHostsAfterEach();
const warnings = noteWarnings();

const AUTHORIZATION = `Bearer ${hs256({ ...PAYLOAD, scope: 'a' })}`;
const INTERNAL =
  '{"error":{"name":"InternalServerError","code":"INTERNAL_SERVER_ERROR","message":"Internal server error"}}';
const UNAVAILABLE =
  '{"error":{"name":"ServiceUnavailableError","code":"SERVICE_UNAVAILABLE","message":"Service temporarily unavailable"}}';

function step(decide: (principal: Principal | null) => MaybePromise<Decision<Principal | null>>): Guard {
  return {
    name: 'step',
    decide: (_exchange, principal) => decide(principal),
    describe: () => ({ guard: 'step' }),
  };
}

/** At once, and later. */
const WAYS: readonly (<T>(make: () => T) => () => MaybePromise<T>)[] = [
  (make) => make,
  (make) => async () => {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    return make();
  },
];

onEachFramework('a guard', (framework) => {
  it('answers 500 in the dialect, and never passes, when a step returns nonsense', async () => {
    const nonsense = [
      undefined,
      null,
      true,
      1,
      'allow',
      {},
      { kind: 'yes' },
      { kind: 'allow' },
      { kind: 'allow', principal: true },
      { kind: 'deny' },
    ];
    let passed = 0;
    for (const value of nonsense) {
      for (const way of WAYS) {
        const host = await framework.start({
          chain: [authenticate(jwtStrategy()), step(way(() => value as unknown as Decision<null>))],
          handler: () => (passed += 1),
        });
        const answer = await host.get(AUTHORIZATION);
        expect([value, answer.status, answer.text]).toEqual([value, 500, INTERNAL]);
        expect(answer.header('WWW-Authenticate')).toBeUndefined();
      }
    }
    expect(passed).toBe(0);
  });

  it('answers 503 with the time to wait for an outage and 500 for a mistake, never 401, wherever it happens', async () => {
    const fail = (thrown: unknown) => (): never => {
      throw thrown;
    };
    const outage = new StoreError('secret', { retryAfterSeconds: 7 });
    const mistake = new Error('secret');
    let passed = 0;
    for (const [thrown, status, body, retryAfter] of [
      [outage, 503, UNAVAILABLE, '7'],
      [mistake, 500, INTERNAL, undefined],
    ] as const) {
      for (const way of WAYS) {
        const act = way(fail(thrown));
        const chains = [
          [authenticate(jwtStrategy({ findUser: act, accountCheck: 'each-request' }))],
          [authenticate(jwtStrategy({ findUser: act }))],
          [authenticate(jwtStrategy({ principal: act }))],
          [authenticate(jwtStrategy({ revoked: act }))],
          [authenticate(jwtStrategy()), step(act)],
          [authenticate(jwtStrategy(), { optional: true }), step(act)],
          [open('a test'), step(act)],
        ] as const;
        for (const chain of chains) {
          const host = await framework.start({ chain, handler: () => (passed += 1) });
          const answer = await host.get(AUTHORIZATION);
          expect([answer.status, answer.text, answer.header('Retry-After')]).toEqual([
            status,
            body,
            retryAfter,
          ]);
          expect([answer.header('Cache-Control'), answer.header('WWW-Authenticate')]).toEqual([
            'no-store',
            undefined,
          ]);
          expect(answer.everything).not.toContain('secret');
        }
      }
    }
    expect(passed).toBe(0);
  });

  it('answers 500 when the callback that makes the principal returns what is none, and 401 when it finds nobody', async () => {
    const cases: readonly [unknown, number][] = [
      [true, 500],
      [1, 500],
      ['u1', 500],
      [{}, 500],
      [{ id: 'u1' }, 500],
      [[], 500],
      [null, 401],
      [undefined, 401],
    ];
    let passed = 0;
    for (const [value, status] of cases) {
      for (const way of WAYS) {
        const strategy = jwtStrategy({ principal: way(() => value) as never });
        const host = await framework.start({ chain: [authenticate(strategy)], handler: () => (passed += 1) });
        expect([value, (await host.get(AUTHORIZATION)).status]).toEqual([value, status]);
      }
    }
    expect(passed).toBe(0);
  });

  it('still answers when the dialect fails, with nothing but the status', async () => {
    const broken: Dialect['render'][] = [
      () => {
        throw new Error('secret');
      },
      () => undefined as never,
      () => ({ status: 401, headers: [['X-A', 'a\r\nX-B: b']], body: '' }),
    ];
    for (const render of broken) {
      for (const way of WAYS) {
        const dialect = { name: 'broken', render };
        const chain = [
          authenticate(jwtStrategy()),
          step(way(() => deny(authError('ip_denied')))),
          { dialect },
        ] as const;
        const host = await framework.start({ chain });
        for (const answer of [await host.get(), await host.get(AUTHORIZATION)]) {
          expect([answer.status, answer.text]).toEqual([500, '{"error":"internal_error"}']);
          expect([answer.header('X-B'), answer.header('Content-Type')]).toEqual([
            undefined,
            'application/json',
          ]);
        }
      }
    }
    expect(new Set((await warnings()).map(({ name }) => name))).toEqual(new Set(['PortcullisWarning']));
  });

  it('speaks the dialect of its options', async () => {
    const host = await framework.start({ chain: [authenticate(jwtStrategy()), { dialect: problem() }] });
    const answer = await host.get();
    expect([answer.status, answer.header('Content-Type'), answer.text]).toEqual([
      401,
      'application/problem+json',
      '{"type":"urn:portcullis:problem:credentials_missing","title":"Authentication is required.","status":401,"code":"credentials_missing"}',
    ]);
  });

  it('answers what a handler throws, without a word of it', async () => {
    for (const way of WAYS) {
      for (const thrown of [new Error('secret'), 'secret', { secret: 'secret' }]) {
        const handler = way((): never => {
          // oxlint-disable-next-line typescript/only-throw-error -- a handler in plain JavaScript may throw anything
          throw thrown;
        });
        const host = await framework.start({
          chain: [authenticate(jwtStrategy())],
          handler,
          errors: { onEvent: () => 0 },
        });
        const answer = await host.get(AUTHORIZATION);
        expect([answer.status, answer.text]).toEqual([500, INTERNAL]);
      }
    }
  });
});
