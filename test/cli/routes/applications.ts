import { createRequire } from 'node:module';
import express from 'express';
import Koa from 'koa';
import { Router } from '@koa/router';
import type { Mountable } from 'portcullis/express';
import { authenticate, open } from 'portcullis/authenticate';
import { guard as expressGuard, mount as expressMount } from 'portcullis/express';
import { ipAllowlist } from 'portcullis/ip-allowlist';
import { guard as koaGuard, mount as koaMount } from 'portcullis/koa';
import { requireScopes } from 'portcullis/require-scopes';
import { JwtBearerStrategy } from 'portcullis/strategies/jwt-bearer';

const express4 = createRequire(import.meta.url)('express4') as typeof express;

const jwt = new JwtBearerStrategy({
  algorithm: 'HS256',
  keys: 'a secret of the tests that is long enough',
  issuer: null,
  audience: null,
});

const login: Mountable & { readonly endpoints: readonly { method: string; path: string }[] } = {
  name: 'login',
  endpoints: [{ method: 'POST', path: '/auth/login' }],
  handle: () => null,
};

const answer = (_request: unknown, response: { end(text: string): unknown }): void => {
  response.end('ok');
};

/** The same routes on Express 4 and 5. */
export function shopOnExpress(major: 4 | 5) {
  const make = major === 4 ? express4 : express;
  const app = make();
  app.get('/health', expressGuard(open('a probe has no credentials')), answer);
  app.get('/forgotten', answer);
  app.use(expressMount(login));
  app.use('/api', expressGuard(authenticate(jwt)));
  const orders = make.Router();
  orders.get('/:id', expressGuard(authenticate(jwt), requireScopes('orders:read')), answer);
  orders.post('/', answer);
  app.use('/api/orders', orders);
  app.get(
    '/reports',
    expressGuard(authenticate(jwt, { optional: true }), ipAllowlist({ networks: ['10.0.0.0/8'] })),
    answer,
  );
  app.all('/anything', answer);
  app.use('/inner', make().get('/forgotten', answer));
  return app;
}

/** What cannot be looked into, without and behind a guard. */
export function opaqueOnExpress() {
  const app = express();
  const functions = [
    function openToAll(_request: unknown, _response: unknown, next: () => void): void {
      next();
    },
    function behindGuard(_request: unknown, _response: unknown, next: () => void): void {
      next();
    },
  ] as const;
  app.use('/files', functions[0]);
  app.all('/orders/:id', expressGuard(authenticate(jwt)), answer);
  app.get('/orders/:id', answer);
  app.use('/legacy', expressGuard(authenticate(jwt)), functions[1]);
  app.use(expressMount({ name: 'without a table', handle: () => null }));
  return app;
}

export function shopOnKoa() {
  const app = new Koa();
  const router = new Router();
  router.get('/health', koaGuard(open('a probe has no credentials')), answerKoa);
  router.get('/forgotten', answerKoa);
  const orders = new Router({ prefix: '/api/orders', sensitive: true });
  orders.use(koaGuard(authenticate(jwt)));
  orders.get('/:id', koaGuard(authenticate(jwt), requireScopes('orders:read')), answerKoa);
  app.use(koaMount(login));
  app.use(router.routes());
  app.use(orders.routes());
  return app;
}

function answerKoa(context: { body?: unknown }): void {
  context.body = 'ok';
}
