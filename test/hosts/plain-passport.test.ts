import { createRequire } from 'node:module';
import express5, { type RequestHandler } from 'express';
import Koa3 from 'koa';
import { KoaPassport } from 'koa-passport';
import { Passport, type Strategy } from 'passport';
import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/core/principal.ts';
import { ApiKeyStrategy } from '../../strategies/api-key.ts';
import { OpaqueBearerStrategy } from '../../strategies/opaque-bearer.ts';
import { hs256, jwtStrategy, PAYLOAD } from '../adapters/jwt-bench.ts';
import { closeNodesAfterEach, keyService } from '../services/api-keys/key-service.ts';
import { listen, stopHostsAfterEach, type Host } from '../support/frameworks.ts';
import { nextTurn } from './cases/case.ts';

stopHostsAfterEach();
closeNodesAfterEach();

const load = createRequire(import.meta.url);
const express4 = load('express4') as typeof express5;
const Koa2 = load('koa2') as typeof Koa3;

const USERS = Array.from({ length: 7 }, (_, n) => `u${n}`);

/** A strategy and what each of {@link USERS} sends. */
interface Bench {
  readonly strategy: Strategy;
  readonly sent: readonly string[];
  readonly ids: readonly string[];
  readonly scheme: string;
}

const BENCHES: readonly (readonly [string, () => Promise<Bench>])[] = [
  [
    'JwtBearerStrategy',
    async () => ({
      strategy: jwtStrategy({ findUser: unordered(() => ({ active: true })), accountCheck: 'each-request' }),
      sent: USERS.map((sub) => `Bearer ${hs256({ ...PAYLOAD, sub })}`),
      ids: USERS,
      scheme: 'Bearer',
    }),
  ],
  [
    'OpaqueBearerStrategy',
    async () => ({
      strategy: new OpaqueBearerStrategy({ find: unordered(holderOf) }),
      sent: USERS.map((id) => `Bearer token-of-${id}`),
      ids: USERS,
      scheme: 'Bearer',
    }),
  ],
  [
    'ApiKeyStrategy',
    async () => {
      const { keys } = keyService();
      const made = await Promise.all(USERS.map((name) => keys.create({ workspace: 'w1', name })));
      const verify = unordered((key: string) => keys.verify(key));
      return {
        strategy: new ApiKeyStrategy({ keys: { verify } }),
        sent: made.map(({ key }) => `Api-Key ${key}`),
        ids: made.map(({ record }) => record.id),
        scheme: 'Api-Key',
      };
    },
  ],
];

function holderOf(token: string): Principal | null {
  const id = token.replace('token-of-', '');
  return USERS.includes(id) ? { kind: 'user', id } : null;
}

/** Answers in another order than it was asked, so that overlapping requests overtake each other. */
function unordered<A, R>(act: (asked: A) => R | Promise<R>): (asked: A) => Promise<R> {
  let turn = 0;
  return async (asked) => {
    for (let left = (turn += 3) % 5; left > 0; left -= 1) await nextTurn();
    return act(asked);
  };
}

type Start = (strategies: readonly Strategy[], asInstance?: boolean) => Promise<Host>;

const WAYS: readonly (readonly [string, Start])[] = [
  ['Passport on Express 4', onExpress(express4)],
  ['Passport on Express 5', onExpress(express5)],
  ['koa-passport on Koa 2', onKoa(Koa2)],
  ['koa-passport on Koa 3', onKoa(Koa3)],
];

function onExpress(express: typeof express5): Start {
  return (strategies, asInstance = false) => {
    const passport = new Passport();
    for (const each of strategies) passport.use(each);
    const names = strategies.map(({ name }) => name as string);
    const app = express();
    const way = asInstance ? (strategies[0] as Strategy) : names;
    app.use(passport.authenticate(way, { session: false }) as RequestHandler, (request, response) => {
      response.json({ id: (request.user as Principal).id });
    });
    app.use(((_error, _request, response, _next) => {
      response.status(500).end();
    }) as express5.ErrorRequestHandler);
    return listen(app);
  };
}

function onKoa(Koa: typeof Koa3): Start {
  return (strategies, asInstance = false) => {
    const passport = new KoaPassport();
    for (const each of strategies) passport.use(each);
    const names = strategies.map(({ name }) => name);
    const app = new Koa();
    app.silent = true;
    app.use(passport.initialize());
    app.use(passport.authenticate(asInstance ? strategies[0] : names, { session: false }));
    app.use((context) => {
      context.body = { id: (context.state['user'] as Principal).id };
    });
    const handle = app.callback();
    return listen((request, response) => void handle(request, response));
  };
}

describe.each(WAYS)('%s', (_, start) => {
  it.each(BENCHES)('%s admits by name, and refuses with its own challenge', async (__, bench) => {
    const { strategy, sent, ids, scheme } = await bench();
    const host = await start([strategy]);
    const admitted = await host.get(sent[0]);
    expect([admitted.status, admitted.json()]).toEqual([200, { id: ids[0] }]);
    const refused = await host.get();
    expect([refused.status, refused.header('WWW-Authenticate')]).toEqual([401, scheme]);
    expect((await host.get(`${sent[0]}x`)).status).toBe(401);
  });

  it.each(BENCHES)('%s never answers overlapping requests as each other', async (__, bench) => {
    const { strategy, sent, ids } = await bench();
    for (const asInstance of [false, true]) {
      const host = await start([strategy], asInstance);
      const turns = Array.from({ length: 42 }, (___, n) => n % USERS.length);
      const answers = await Promise.all(turns.map((n) => host.get(sent[n])));
      expect(answers.map((answer) => answer.json())).toEqual(turns.map((n) => ({ id: ids[n] })));
    }
  });

  it.each(BENCHES)('%s sees both of two Authorization lines, and no challenge is sent', async (__, bench) => {
    const { strategy, sent } = await bench();
    const host = await start([strategy]);
    const answer = await host.send({ headers: { Authorization: sent.slice(0, 2) } });
    expect([answer.status, answer.header('WWW-Authenticate')]).toEqual([400, undefined]);
  });

  it('is 403 without a challenge or an envelope for a key from elsewhere', async () => {
    const { keys } = keyService();
    const { key } = await keys.create({ workspace: 'w1', name: 'x', networks: ['192.0.2.0/24'] });
    const host = await start([new ApiKeyStrategy({ keys })]);
    const answer = await host.get(`Api-Key ${key}`);
    expect([answer.status, answer.header('WWW-Authenticate')]).toEqual([403, undefined]);
    expect(answer.text).toBe('Forbidden');
    expect(answer.header('Cache-Control')).toBeUndefined();
  });

  it('asks each strategy in turn, also behind one that refused its own credential', async () => {
    const asked: string[] = [];
    const find = (token: string): null => {
      asked.push(token);
      return null;
    };
    const opaque = new OpaqueBearerStrategy({ find });
    const host = await start([jwtStrategy(), opaque]);
    const answer = await host.get(`Bearer ${hs256({ ...PAYLOAD, exp: PAYLOAD.exp - 700 })}`);
    expect(answer.status).toBe(401);
    expect(
      answer
        .lines('WWW-Authenticate')
        .join(', ')
        .match(/Bearer/g),
    ).toHaveLength(2);
    // A guard of the package sorts tokens by their form, and a refused credential ends its chain.
    expect(asked).toHaveLength(1);
  });
});
