import { createRequire } from 'node:module';
import express from 'express';
import Koa from 'koa';
import passport from 'passport';
import { describe, expect, it } from 'vitest';
import { runStrategy } from '../../src/passport/run-strategy.ts';
import { ApiKeyStrategy, type ApiKeyPrincipal } from '../../strategies/api-key.ts';
import { closeNodesAfterEach, keyService, NEW_KEY } from '../services/api-keys/key-service.ts';
import { listen, stopHostsAfterEach, type Host } from '../support/frameworks.ts';

closeNodesAfterEach();
stopHostsAfterEach();

/** It comes without types; what the test needs of it is written down here. */
const { KoaPassport } = createRequire(import.meta.url)('koa-passport') as {
  readonly KoaPassport: new () => {
    use(strategy: ApiKeyStrategy): unknown;
    initialize(): Koa.Middleware;
    authenticate(name: string, options: object): Koa.Middleware;
  };
};

async function bench() {
  const service = keyService();
  const issued = await service.keys.create(NEW_KEY);
  const strategy = new ApiKeyStrategy({ keys: service.keys, header: 'X-API-Key' });
  return { ...service, ...issued, id: issued.record.id, strategy };
}

/** An Express application that knows the strategy by its name only. */
function withPassport(strategy: ApiKeyStrategy): Promise<Host> {
  const authenticator = new passport.Passport();
  authenticator.use(strategy);
  const app = express();
  app.use(
    authenticator.authenticate('api-key', { session: false }) as express.RequestHandler,
    (request, response) => {
      response.json((request as unknown as { user: ApiKeyPrincipal }).user);
    },
  );
  app.use(
    (error: Error, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
      response.status(503).send(error.name);
    },
  );
  return listen(app);
}

describe('ApiKeyStrategy under Passport', () => {
  it('is found by its name and gives the principal', async () => {
    const { strategy, key, id } = await bench();
    const host = await withPassport(strategy);
    const answer = await host.get(`api-key ${key}`);
    expect([answer.status, answer.json()]).toEqual([
      200,
      { kind: 'api_key', id, workspace: 'w1', scopes: [], networks: null, rateLimit: null },
    ]);
    expect((await host.send({ headers: { 'X-API-Key': key } })).json()).toMatchObject({ id });
  });

  it('fails with its own challenge', async () => {
    const { strategy, key, keys, id } = await bench();
    const host = await withPassport(strategy);
    for (const authorization of [undefined, `Api-Key  ${key}`, `Api-Key ${key}x`, `Bearer ${key}`]) {
      const answer = await host.get(authorization);
      expect([answer.status, answer.lines('WWW-Authenticate'), answer.text]).toEqual([
        401,
        ['Api-Key'],
        'Unauthorized',
      ]);
    }
    await keys.revoke(id);
    expect((await host.get(`Api-Key ${key}`)).status).toBe(401);
  });

  it('AK-06 holds a key to its rate', async () => {
    const { strategy, key, id, keys } = await bench();
    await keys.update(id, { rateLimit: { limit: 1, windowSeconds: 60 } });
    const host = await withPassport(strategy);
    expect((await host.get(`Api-Key ${key}`)).status).toBe(200);
    const refused = await host.get(`Api-Key ${key}`);
    expect([refused.status, refused.text]).toEqual([429, 'Too Many Requests']);
  });

  it('AK-03 sees that a header was repeated', async () => {
    const { strategy, key } = await bench();
    const host = await withPassport(strategy);
    const twice = await host.send({ headers: { Authorization: [`Api-Key ${key}`, `Api-Key ${key}`] } });
    expect(twice.status).toBe(400);
    const both = await host.send({ headers: { Authorization: `Api-Key ${key}`, 'X-API-Key': key } });
    expect(both.status).toBe(400);
  });

  it('holds a key to its networks', async () => {
    const { strategy, key, keys, id } = await bench();
    const host = await withPassport(strategy);
    await keys.update(id, { networks: ['192.0.2.0/24'] });
    expect((await host.get(`Api-Key ${key}`)).status).toBe(403);
    await keys.update(id, { networks: ['127.0.0.0/8'] });
    expect((await host.get(`Api-Key ${key}`)).status).toBe(200);
  });

  it('hands an outage to the error handler, and to no challenge', async () => {
    const { strategy, key, observed, clock } = await bench();
    const host = await withPassport(strategy);
    observed.down = 'all';
    clock.advance(11);
    const answer = await host.get(`Api-Key ${key}`);
    expect([answer.status, answer.text, answer.lines('WWW-Authenticate')]).toEqual([503, 'StoreError', []]);
  });

  it('never answers one of two overlapping requests as the other', async () => {
    const { strategy, keys, observed } = await bench();
    const host = await withPassport(strategy);
    observed.before = () => new Promise((resolve) => setImmediate(resolve));
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, n) => keys.create({ workspace: `w${n}`, name: 'x' })),
    );
    const answers = await Promise.all(made.map(({ key }) => host.get(`Api-Key ${key}`)));
    expect(answers.map((answer) => (answer.json() as ApiKeyPrincipal).id)).toEqual(
      made.map(({ record }) => record.id),
    );
  });

  it('works under koa-passport', async () => {
    const { strategy, key, id } = await bench();
    const authenticator = new KoaPassport();
    authenticator.use(strategy);
    const app = new Koa();
    app.use(authenticator.initialize());
    app.use(authenticator.authenticate('api-key', { session: false }));
    app.use((context) => {
      context.body = context.state['user'] as object;
    });
    const answer = app.callback();
    const host = await listen((request, response) => void answer(request, response));
    expect((await host.get(`Api-Key ${key}`)).json()).toMatchObject({ id, workspace: 'w1' });
    const refused = await host.get(`Api-Key ${key}x`);
    expect([refused.status, refused.lines('WWW-Authenticate')]).toEqual([401, ['Api-Key']]);
  });

  it('can be driven by the runner of the package', async () => {
    const { strategy, key, id } = await bench();
    const request = { headers: { authorization: `Api-Key ${key}` }, url: '/', socket: {} };
    expect(await runStrategy(strategy, request)).toMatchObject({ action: 'success', user: { id } });
    expect(await runStrategy(strategy, { ...request, headers: {} })).toEqual({
      action: 'fail',
      challenge: 'Api-Key',
      status: 401,
    });
  });
});
