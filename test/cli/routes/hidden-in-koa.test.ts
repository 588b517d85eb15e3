import type { RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import { Router } from '@koa/router';
import Koa, { type Middleware } from 'koa';
import mount from 'koa-mount';
import { routesOf } from 'portcullis/routes';
import { describe, expect, it } from 'vitest';
import { inShort, refuseOnKoa as refuse, statusesOf, unguarded } from './stage.ts';

const compose = createRequire(import.meta.url)('koa-compose') as (
  middlewares: readonly object[],
) => Middleware;

const secret: Middleware = function secret(context) {
  context.body = 'secret';
};

const passing: Middleware = async function passing(_context, next) {
  await next();
};

function answering(path: string): Middleware {
  return async function sometimes(context, next) {
    if (context.path === path) context.body = 'secret';
    else await next();
  };
}

function listenerOf(app: Koa): RequestListener {
  const callback = app.callback();
  return (request, response) => {
    void callback(request, response);
  };
}

type Build = (app: Koa) => unknown;
type Case = readonly [title: string, path: string, build: Build, listed: readonly string[]];

/** Each serves the path without a credential; the list must say so. */
const OPEN: readonly Case[] = [
  [
    'a mounted application',
    '/x/secret',
    (app) => app.use(mount('/x', new Koa().use(new Router().get('/secret', secret).routes()))),
    ['GET /x/secret'],
  ],
  [
    'an application mounted at the root',
    '/secret',
    (app) => app.use(mount(new Koa().use(new Router().get('/secret', secret).routes()))),
    ['GET /secret'],
  ],
  [
    'an application in an application',
    '/x/y/secret',
    (app) =>
      app.use(
        mount('/x', new Koa().use(mount('/y', new Koa().use(new Router().get('/secret', secret).routes())))),
      ),
    ['GET /x/y/secret'],
  ],
  [
    'an application that is mounted twice, guarded once',
    '/y/secret',
    (app) => {
      const inner = new Koa().use(new Router().get('/secret', secret).routes());
      app.use(mount('/x', compose([refuse, mount(inner)]))).use(mount('/y', inner));
    },
    ['GET /y/secret'],
  ],
  ['a mounted function', '/x', (app) => app.use(mount('/x', secret)), ['* /x/* unseen secret']],
  ['a function', '/x', (app) => app.use(answering('/x')).use(refuse), ['* /* unseen sometimes']],
  [
    'a function around an application',
    '/x',
    (app) => {
      const inner = compose([mount(new Koa().use(secret))]);
      app
        .use(async (context, next) => {
          await inner(context, next);
        })
        .use(refuse);
    },
    ['* /* unseen (anonymous)'],
  ],
  [
    'composed middlewares',
    '/x',
    (app) => app.use(compose([compose([new Router().get('/x', secret).routes()]), refuse])),
    ['GET /x'],
  ],
  [
    'composed handlers of a route, before their guard',
    '/x',
    (app) => app.use(new Router().get('/x', compose([answering('/x'), refuse]), passing).routes()),
    ['GET /x unseen sometimes'],
  ],
  [
    'a router in routers, all with prefixes',
    '/x/y/z/secret',
    (app) => {
      const inner = new Router({ prefix: '/z' }).get('/secret', secret);
      const middle = new Router({ prefix: '/y' }).use(inner.routes());
      app.use(new Router({ prefix: '/x' }).use(middle.routes()).routes());
    },
    ['GET /x/y/z/secret'],
  ],
  [
    'a router behind the guard of a nested router with a prefix',
    '/y/secret',
    (app) => {
      const inner = new Router({ prefix: '/x' }).use(refuse).get('/other', secret);
      app.use(new Router().use(inner.routes()).get('/y/secret', secret).routes());
    },
    ['GET /x/other', 'GET /y/secret'],
  ],
  [
    'a router with a prefix, whose own guard minds case',
    '/X/secret',
    (app) => app.use(new Router({ prefix: '/x' }).use(refuse).get('/secret', secret).routes()),
    ['GET /x/secret'],
  ],
  [
    'a router whose guard is for the root alone',
    '/secret',
    (app) => app.use(new Router().use('/', refuse).get('/secret', secret).routes()),
    ['GET /secret'],
  ],
  [
    'a mounted guard, which minds case',
    '/X/secret',
    (app) => app.use(mount('/x', refuse)).use(new Router().get('/x/secret', secret).routes()),
    ['GET /x/secret'],
  ],
  [
    'a mounted guard behind a slash',
    '/x',
    (app) => app.use(mount('/x/', refuse)).use(new Router({ sensitive: true }).get('/x', secret).routes()),
    ['GET /x'],
  ],
  [
    'a router that runs one layer only',
    '/secret',
    (app) => app.use(new Router({ exclusive: true }).use(refuse).get('/secret', secret).routes()),
    ['GET /secret'],
  ],
  [
    'what a router runs when no route matches',
    '/x',
    (app) => {
      const router = new Router().get('/y', refuse, secret);
      router.on('not-found', secret);
      app.use(router.routes());
    },
    ['* /* unseen secret'],
  ],
  [
    'an expression beside a parameter',
    '/',
    (app) =>
      app.use(
        new Router()
          .use('/:any', refuse)
          .get(/^\/(?:x\/y)?$/, secret)
          .routes(),
      ),
    ['GET /(/^\\/(?:x\\/y)?$/)'],
  ],
  ['every method', '/x', (app) => app.use(new Router().all('/x', secret).routes()), ['* /x']],
  [
    'a guard that comes later',
    '/x',
    (app) => app.use(new Router().get('/x', secret).routes()).use(refuse),
    ['GET /x'],
  ],
  [
    'a guard of the router that comes later',
    '/x',
    (app) => app.use(new Router().get('/x', secret).use(refuse).routes()),
    ['GET /x'],
  ],
  [
    'a function for a parameter',
    '/x/7',
    (app) => {
      const router = new Router();
      router.param('id', function reveal(_id, context) {
        context.body = 'secret';
      });
      app.use(router.get('/x/:id', refuse, secret).routes());
    },
    ['GET /x/:id unseen reveal'],
  ],
];

/** Each refuses the path without a credential, and the list must not raise a false alarm. */
const GUARDED: readonly Case[] = [
  [
    'in front of a mounted application',
    '/x/secret',
    (app) => app.use(refuse).use(mount('/x', new Koa().use(new Router().get('/secret', secret).routes()))),
    ['GET /x/secret authenticate'],
  ],
  [
    'in a mounted application',
    '/x/secret',
    (app) => app.use(mount('/x', new Koa().use(refuse).use(new Router().get('/secret', secret).routes()))),
    ['GET /x/secret authenticate'],
  ],
  [
    'of a router for all of its routes',
    '/x/secret',
    (app) => app.use(new Router().use(refuse).get('/x/secret', secret).routes()),
    ['GET /x/secret authenticate'],
  ],
  [
    'of a router with a prefix that minds case like its guard',
    '/x/secret',
    (app) =>
      app.use(new Router({ prefix: '/x', sensitive: true }).use(refuse).get('/secret', secret).routes()),
    ['GET /x/secret authenticate'],
  ],
  [
    'of a router below a path of its own',
    '/X/7/secret',
    (app) => app.use(new Router().use('/x/:id', refuse).get('/x/:other/secret', secret).routes()),
    ['GET /x/:other/secret authenticate'],
  ],
  [
    'of a router with a parameter in its prefix',
    '/7/secret',
    (app) => app.use(new Router({ prefix: '/:id' }).use(refuse).get('/secret', secret).routes()),
    ['GET /:id/secret authenticate'],
  ],
  [
    'among composed middlewares',
    '/x',
    (app) => app.use(compose([compose([refuse])])).use(new Router().get('/x', secret).routes()),
    ['GET /x authenticate'],
  ],
  [
    'among the composed handlers of a route',
    '/x',
    (app) => app.use(new Router().get('/x', compose([refuse, passing]), secret).routes()),
    ['GET /x authenticate'],
  ],
  [
    'mounted in front of what is mounted at the same path',
    '/x/secret',
    (app) => app.use(mount('/x', refuse)).use(mount('/x', answering('/secret'))),
    ['* /x/* unseen sometimes authenticate'],
  ],
];

describe('routesOf a Koa application', () => {
  it.each(OPEN)('finds what is open in %s', async (_title, path, build, listed) => {
    const app = new Koa();
    build(app);
    expect(await statusesOf(listenerOf(app), [path])).toEqual([200]);
    expect(unguarded(app)).toEqual(listed);
  });

  it.each(GUARDED)('counts a guard %s', async (_title, path, build, listed) => {
    const app = new Koa();
    build(app);
    expect(await statusesOf(listenerOf(app), [path])).toEqual([401]);
    expect(inShort(routesOf(app))).toEqual(listed);
  });

  it('leaves out functions that pass requests on: those it knows, and those it is told', () => {
    const router = new Router().get('/x', refuse, secret);
    const app = new Koa().use(passing).use(router.routes()).use(router.allowedMethods());
    expect(unguarded(app)).toEqual(['* /* unseen passing']);
    expect(unguarded(app, { passThrough: ['passing'] })).toEqual([]);
  });
});
