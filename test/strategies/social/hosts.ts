import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import connect, { type ErrorHandleFunction, type NextHandleFunction } from 'connect';
import express5, { type ErrorRequestHandler, type RequestHandler } from 'express';
import Koa3 from 'koa';
import { KoaPassport } from 'koa-passport';
import { Passport } from 'passport';
import { runStrategy, type PassportStrategy } from '../../../src/passport/run-strategy.ts';

const load = createRequire(import.meta.url);
const express4 = load('express4') as typeof express5;
const Koa2 = load('koa2') as typeof Koa3;

/** A host with plain Passport, and each strategy at the path of its name. Its answers are `{ user, info }`. */
export interface PassportHost {
  readonly name: string;
  build(strategies: readonly PassportStrategy[], options?: object): RequestListener;
}

export const PASSPORT_HOSTS: readonly PassportHost[] = [
  { name: 'Express 5', build: (strategies, options) => onExpress(express5, strategies, options) },
  { name: 'Express 4', build: (strategies, options) => onExpress(express4, strategies, options) },
  { name: 'Koa 3', build: (strategies, options) => onKoa(Koa3, strategies, options) },
  { name: 'Koa 2', build: (strategies, options) => onKoa(Koa2, strategies, options) },
  { name: 'Connect', build: onConnect },
  { name: 'node:http without Passport', build: onNode },
];

function onExpress(
  express: typeof express5,
  strategies: readonly PassportStrategy[],
  options: object = {},
): RequestListener {
  const passport = new Passport();
  const app = express();
  app.disable('x-powered-by');
  for (const strategy of strategies) {
    const name = strategy.name as string;
    passport.use(name, strategy);
    const authenticate: RequestHandler = passport.authenticate(name, { ...options, session: false });
    app.get(`/${name}`, authenticate, (request, response) => {
      const { user, authInfo } = request as { user?: unknown; authInfo?: unknown };
      response.json({ user, info: authInfo });
    });
  }
  const onError: ErrorRequestHandler = (error: Error & { status?: number }, _request, response, _next) => {
    response.status(error.status ?? 500).json({ error: error.message });
  };
  app.use(onError);
  return app;
}

function onKoa(
  Koa: typeof Koa3,
  strategies: readonly PassportStrategy[],
  options: object = {},
): RequestListener {
  const passport = new KoaPassport();
  const app = new Koa();
  app.silent = true;
  app.use(async (context, next) => {
    try {
      await next();
    } catch (error) {
      context.status = (error as { status?: number }).status ?? 500;
      context.body = { error: String(error) };
    }
  });
  for (const strategy of strategies) {
    const name = strategy.name as string;
    passport.use(strategy);
    const authenticate = passport.authenticate(name, { ...options, session: false });
    app.use(async (context, next) => {
      if (context.path !== `/${name}`) return next();
      return authenticate(context, () => {
        const { user, authInfo } = context.state as { user?: unknown; authInfo?: unknown };
        context.body = { user, info: authInfo };
        return Promise.resolve();
      });
    });
  }
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}

function onConnect(strategies: readonly PassportStrategy[], options: object = {}): RequestListener {
  const passport = new Passport();
  const app = connect();
  for (const strategy of strategies) {
    const name = strategy.name as string;
    passport.use(name, strategy);
    const authenticate: NextHandleFunction = (request, response, next) => {
      const all = { ...options, session: false, response };
      (passport.authenticate(name, all) as unknown as NextHandleFunction)(request, response, next);
    };
    app.use(`/${name}`, authenticate);
    app.use(`/${name}`, (request: IncomingMessage, response: ServerResponse) => {
      const { user, authInfo } = request as { user?: unknown; authInfo?: unknown };
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ user, info: authInfo }));
    });
  }
  const onError: ErrorHandleFunction = (error: Error & { status?: number }, _request, response, _next) => {
    response.statusCode = error.status ?? 500;
    response.end(JSON.stringify({ error: error.message }));
  };
  app.use(onError);
  return app;
}

/** What a host that has no Passport can do: run the strategy, and answer by what it said. */
function onNode(strategies: readonly PassportStrategy[], options: object = {}): RequestListener {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const strategy = strategies.find(({ name }) => request.url?.startsWith(`/${name}`) === true);
    if (strategy === undefined) throw new Error('no strategy has this path');
    const outcome = await runStrategy(strategy, request, { ...options, response });
    response.setHeader('Content-Type', 'application/json');
    if (outcome.action === 'redirect') response.writeHead(302, { Location: outcome.url }).end();
    else if (outcome.action === 'success') {
      response.end(JSON.stringify({ user: outcome.user, info: outcome.info }));
    } else if (outcome.action === 'fail') response.writeHead(outcome.status ?? 401).end('Refused');
    else {
      const { status = 500 } = outcome.action === 'error' ? (outcome.error as { status?: number }) : {};
      response.writeHead(status).end();
    }
  }
  return (request, response) => void answer(request, response);
}
