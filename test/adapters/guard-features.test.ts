import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it } from 'vitest';
import { allow, type Decision, type Guard } from '../../src/core/decision.ts';
import { ConfigError } from '../../src/core/errors.ts';
import type { DecisionEvent } from '../../src/core/events.ts';
import type { MaybePromise } from '../../src/core/maybe-promise.ts';
import type { Principal } from '../../src/core/principal.ts';
import { authenticate, open } from '../../src/middleware/authenticate.ts';
import type { GuardOptions } from '../../src/middleware/pipeline.ts';
import { requireScopes } from '../../src/middleware/require-scopes.ts';
import { onEachFramework, stopHostsAfterEach } from '../support/frameworks.ts';
import { hs256, jwtStrategy, PAYLOAD } from './jwt-bench.ts';

stopHostsAfterEach();

const AUTHORIZATION = `Bearer ${hs256({ ...PAYLOAD, scope: 'a' })}`;

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
  it('puts the headers of its decisions onto the answer of the host, beside those of the host', async () => {
    const headed = (name: string, value: string): Guard =>
      step((principal) => allow(principal, [[name, value]]));
    const chain = [
      authenticate(jwtStrategy()),
      headed('X-Left', '9'),
      headed('Vary', 'Authorization'),
      headed('Set-Cookie', 'b=2'),
      headed('Cache-Control', 'private'),
    ] as const;
    const host = await framework.start({
      chain,
      handler: ({ setHeader }) => {
        setHeader('X-Own', '1');
        return { fine: true };
      },
    });
    const answer = await host.get(AUTHORIZATION);
    expect([answer.status, answer.json()]).toEqual([200, { fine: true }]);
    expect(
      ['X-Left', 'Vary', 'Set-Cookie', 'Cache-Control', 'X-Own'].map((name) => answer.header(name)),
    ).toEqual(['9', 'Authorization', 'b=2', 'private', '1']);
  });

  it('writes the principal to one property, and hands the same to the handler that asks the guard', async () => {
    const principal = {
      kind: 'user',
      id: 'u1',
      workspace: null,
      scopes: ['a'],
      claims: { ...PAYLOAD, scope: 'a' },
    };
    const handler = ({
      principal: own,
      property,
      has,
    }: {
      principal: unknown;
      property: (name: string) => unknown;
      has: (name: string) => boolean;
    }): unknown => ({
      own,
      user: property('user'),
      caller: property('caller'),
      has: [has('user'), has('caller')],
    });
    const plain = await framework.start({ chain: [authenticate(jwtStrategy())], handler });
    expect((await plain.get(AUTHORIZATION)).json()).toEqual({
      own: principal,
      user: principal,
      has: [true, false],
    });
    const renamed = await framework.start({
      chain: [authenticate(jwtStrategy()), { property: 'caller' }],
      handler,
    });
    expect((await renamed.get(AUTHORIZATION)).json()).toEqual({
      own: principal,
      caller: principal,
      has: [false, true],
    });
  });

  it('lets nobody pass where that is wanted, leaves no user then, and still refuses a bad credential', async () => {
    const handler = ({
      principal,
      property,
    }: {
      principal: unknown;
      property: (name: string) => unknown;
    }): unknown => ({
      principal,
      user: property('user') === undefined ? 'none' : property('user'),
    });
    for (const entry of [authenticate(jwtStrategy(), { optional: true }), open('a test')]) {
      const host = await framework.start({ chain: [entry], handler });
      expect((await host.get()).json()).toEqual({ principal: null, user: 'none' });
    }
    const host = await framework.start({ chain: [authenticate(jwtStrategy(), { optional: true })], handler });
    expect((await host.get(`${AUTHORIZATION}x`)).status).toBe(401);
    expect((await host.get('Bearer')).status).toBe(401);
    const scoped = await framework.start({
      chain: [authenticate(jwtStrategy(), { optional: true }), requireScopes('a')],
    });
    expect([(await scoped.get()).status, (await scoped.get(AUTHORIZATION)).status]).toEqual([401, 200]);
  });

  it('runs the handler inside the guards that surround it, to the end of its work', async () => {
    const workspace = new AsyncLocalStorage<string>();
    const surrounding: Guard = {
      ...step((principal) => allow(principal)),
      enter: (principal, handler) => workspace.run(`of ${String(principal?.id)}`, handler),
    };
    for (const way of WAYS) {
      const host = await framework.start({
        chain: [authenticate(jwtStrategy({ findUser: way(() => ({ active: true })) })), surrounding],
        handler: way(() => ({ workspace: workspace.getStore() })),
      });
      expect((await host.get(AUTHORIZATION)).json()).toEqual({ workspace: 'of u1' });
    }
  });

  it('tells of every decision once, with no credential in it, and minds no sink that fails', async () => {
    const events: DecisionEvent[] = [];
    const sinks: readonly NonNullable<GuardOptions['onEvent']>[] = [
      (event) => events.push(event),
      () => {
        throw new Error('sink');
      },
      () => Promise.reject(new Error('sink')),
    ];
    for (const onEvent of sinks) {
      const host = await framework.start({
        chain: [authenticate(jwtStrategy()), requireScopes('a'), { onEvent }],
      });
      const statuses = [
        (await host.send({ path: '/p?token=secret', headers: { Authorization: AUTHORIZATION } })).status,
        (await host.get()).status,
        (await host.get('Bearer x')).status,
        (await host.get(`Bearer ${hs256()}`)).status,
      ];
      expect(statuses).toEqual([200, 401, 401, 403]);
    }
    expect(
      events.map(({ outcome, guard, reason, principal, path }) => [
        outcome,
        guard,
        reason,
        principal?.id,
        path,
      ]),
    ).toEqual([
      ['allowed', 'authenticate', null, 'u1', '/p'],
      ['denied', 'authenticate', 'credentials_missing', undefined, '/'],
      ['denied', 'authenticate', 'token_malformed', undefined, '/'],
      ['denied', 'require_scopes', 'scope_insufficient', 'u1', '/'],
    ]);
    expect(JSON.stringify(events)).not.toMatch(/eyJ|secret|Bearer/);
    expect(events.every(({ peerAddress }) => peerAddress?.endsWith('127.0.0.1'))).toBe(true);
  });

  it('tells the diagnostics channel too, with the cause of a failure and no credential', async () => {
    const heard: DecisionEvent[] = [];
    const listener = (event: unknown): void => {
      heard.push(event as DecisionEvent);
    };
    const cause = new Error('broken');
    const host = await framework.start({
      chain: [
        authenticate(jwtStrategy()),
        step(() => {
          throw cause;
        }),
      ],
    });
    subscribe('portcullis:decision', listener);
    await host.get();
    await host.get(AUTHORIZATION);
    unsubscribe('portcullis:decision', listener);
    expect(heard).toMatchObject([
      { outcome: 'denied', guard: 'authenticate', reason: 'credentials_missing', principal: null },
      { outcome: 'failed', guard: 'step', reason: 'internal_error', principal: { id: 'u1' }, cause },
    ]);
    expect(JSON.stringify(heard)).not.toMatch(/eyJ|Bearer/);
  });

  it('knows who passed it only for requests that did', async () => {
    const host = await framework.start({
      chain: [authenticate(jwtStrategy())],
      handler: ({ principal }) => ({ id: principal?.id }),
    });
    expect((await host.get(AUTHORIZATION)).json()).toEqual({ id: 'u1' });
    expect(() => framework.guardOf(open('a test')).of({})).toThrow(ConfigError);
  });
});
