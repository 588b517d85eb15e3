import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import express, { type RequestHandler } from 'express';
import Koa from 'koa';
import { guard as expressGuard, mount as expressMount } from '../../../src/express.ts';
import { guard as koaGuard, mount as koaMount, type KoaContext } from '../../../src/koa.ts';
import { requireScopes } from '../../../src/middleware/require-scopes.ts';
import { guard as nodeGuard, mount as nodeMount } from '../../../src/node.ts';
import type { OAuthPrincipal, OAuthSystem } from '../../../src/systems/oauth/system.ts';

/** An application with the system mounted, and two routes of its own: `/v1/me`, and `/v1/research` for a scope. */
export interface OAuthHost {
  readonly name: string;
  listener(system: OAuthSystem): RequestListener;
}

/** The same application on each framework, with bodies as they come and behind the framework's own parser. */
export const HOSTS: readonly OAuthHost[] = [
  { name: 'node:http', listener: nodeHost },
  { name: 'Express 5', listener: (system) => expressHost(system, []) },
  {
    name: 'Express 5 behind its parsers',
    listener: (system) => expressHost(system, [express.json(), express.urlencoded()]),
  },
  { name: 'Koa 3', listener: (system) => koaHost(system, []) },
  {
    name: 'Koa 3 behind @koa/bodyparser',
    listener: (system) => koaHost(system, [bodyParser({ formLimit: '100kb' })]),
  },
];

/** The one host for what lies below the adapters. */
export const NODE_HOST = HOSTS[0] as OAuthHost;

/** What the host answers where neither the system nor a route of its own does. */
export const HOST_404 = '{"host":"nothing here"}';

const SCOPE = 'rest_api:read';

function answerTo({ kind, id, clientId, workspace, scopes }: OAuthPrincipal): string {
  return JSON.stringify({ kind, id, clientId, workspace, scopes });
}

function nodeHost(system: OAuthSystem): RequestListener {
  const mounted = nodeMount(system, system.wellKnown);
  const me = nodeGuard(system.authenticate());
  const research = nodeGuard(system.authenticate(), requireScopes(SCOPE));
  return (request: IncomingMessage, response: ServerResponse) =>
    mounted(request, response, () => {
      const path = (request.url ?? '').split('?', 1)[0];
      const api = path === '/v1/me' ? me : path === '/v1/research' ? research : null;
      if (api === null) sendJson(response, 404, HOST_404);
      else api(request, response, () => sendJson(response, 200, answerTo(api.of(request))));
    });
}

function expressHost(system: OAuthSystem, parsers: readonly RequestHandler[]): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  for (const parser of parsers) app.use(parser);
  app.use(expressMount(system, system.wellKnown));
  const me = expressGuard(system.authenticate());
  const research = expressGuard(system.authenticate(), requireScopes(SCOPE));
  app.get('/v1/me', me, (request, response) => sendJson(response, 200, answerTo(me.of(request))));
  app.get('/v1/research', research, (request, response) =>
    sendJson(response, 200, answerTo(research.of(request))),
  );
  app.use((_request, response) => sendJson(response, 404, HOST_404));
  return app;
}

function koaHost(system: OAuthSystem, parsers: readonly Koa.Middleware[]): RequestListener {
  const app = new Koa();
  app.silent = true;
  for (const parser of parsers) app.use(parser);
  app.use(koaMount(system, system.wellKnown));
  const me = koaGuard(system.authenticate());
  const research = koaGuard(system.authenticate(), requireScopes(SCOPE));
  app.use(async (context) => {
    const api = context.path === '/v1/me' ? me : context.path === '/v1/research' ? research : null;
    const native = context as unknown as KoaContext;
    if (api === null) sendByKoa(context, 404, HOST_404);
    else await api(native, () => Promise.resolve(sendByKoa(context, 200, answerTo(api.of(native)))));
  });
  const handle = app.callback();
  return (request, response) => {
    void handle(request, response);
  };
}

function sendJson(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

function sendByKoa(context: Koa.Context, status: number, body: string): void {
  context.status = status;
  context.set('Content-Type', 'application/json');
  context.body = body;
}
