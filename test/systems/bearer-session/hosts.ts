import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import express, { type RequestHandler } from 'express';
import Koa from 'koa';
import {
  errorEnvelope as expressErrors,
  guard as expressGuard,
  mount as expressMount,
} from '../../../src/express.ts';
import { errorEnvelope as koaErrors, guard as koaGuard, mount as koaMount } from '../../../src/koa.ts';
import { requireScopes } from '../../../src/middleware/require-scopes.ts';
import { errorEnvelope as nodeErrors, guard as nodeGuard, mount as nodeMount } from '../../../src/node.ts';
import type {
  BearerSessionPrincipal,
  BearerSessionSystem,
} from '../../../src/systems/bearer-session/system.ts';

/** An application with the system mounted, `/reports` and `/admin` behind its guards, and a 404 of its own. */
export interface BearerHost {
  readonly name: string;
  listener(system: BearerSessionSystem): RequestListener;
}

/** What the host answers where neither the system nor a route of its own does. */
export const HOST_404 = '{"host":"nothing here"}';

/** The same application on each framework, with bodies as they come and behind the framework's own parser. */
export const HOSTS: readonly BearerHost[] = [
  { name: 'node:http', listener: nodeHost },
  { name: 'Express 5', listener: (system) => expressHost(system, []) },
  {
    name: 'Express 5 behind its parsers',
    // Not strict, so that JSON which is no object comes as far as the system.
    listener: (system) => expressHost(system, [express.json({ strict: false }), express.urlencoded()]),
  },
  { name: 'Koa 3', listener: (system) => koaHost(system, []) },
  {
    name: 'Koa 3 behind @koa/bodyparser',
    listener: (system) => koaHost(system, [bodyParser({ jsonStrict: false })]),
  },
];

/** One host of each framework, where the body parser makes no difference. */
export const PLAIN_HOSTS: readonly BearerHost[] = HOSTS.filter(({ name }) => !name.includes(' behind '));

/** The one host for what lies below the adapters. */
export const NODE_HOST = HOSTS[0] as BearerHost;

/** Without a listener, failures are warnings of the process. */
const QUIET = { onEvent: () => undefined };

/** What the protected routes answer. */
function reportsOf({ account, scopes }: BearerSessionPrincipal): string {
  return JSON.stringify({ account, scopes });
}

function send(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

function nodeHost(system: BearerSessionSystem): RequestListener {
  const mounted = nodeMount(system);
  const reports = nodeGuard(system.authenticate(), QUIET);
  const admin = nodeGuard(system.authenticate(), requireScopes('admin'), QUIET);
  async function listener(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await mounted(request, response, () => {
      const path = request.url?.split('?', 1)[0] ?? '';
      const guard = { '/reports': reports, '/admin': admin }[path];
      if (guard === undefined) send(response, 404, HOST_404);
      else guard(request, response, () => send(response, 200, reportsOf(guard.of(request))));
    });
  }
  return nodeErrors(listener, { dialect: system.dialect, onEvent: () => undefined });
}

function expressHost(system: BearerSessionSystem, parsers: readonly RequestHandler[]): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  for (const parser of parsers) app.use(parser);
  app.use(expressMount(system));
  const reports = expressGuard(system.authenticate(), QUIET);
  app.all('/reports', reports, (request, response) => send(response, 200, reportsOf(reports.of(request))));
  const admin = expressGuard(system.authenticate(), requireScopes('admin'), QUIET);
  app.all('/admin', admin, (request, response) => send(response, 200, reportsOf(admin.of(request))));
  app.use((_request, response) => send(response, 404, HOST_404));
  app.use(expressErrors({ dialect: system.dialect, onEvent: () => undefined }));
  return app;
}

function koaHost(system: BearerSessionSystem, parsers: readonly Koa.Middleware[]): RequestListener {
  const app = new Koa();
  app.silent = true;
  app.use(koaErrors({ dialect: system.dialect }));
  for (const parser of parsers) app.use(parser);
  app.use(koaMount(system));
  const reports = koaGuard(system.authenticate(), QUIET);
  const admin = koaGuard(system.authenticate(), requireScopes('admin'), QUIET);
  app.use(async (context) => {
    const body = (status: number, text: string): void => {
      context.status = status;
      context.set('Content-Type', 'application/json');
      context.body = text;
    };
    const guard = { '/reports': reports, '/admin': admin }[context.path];
    if (guard === undefined) body(404, HOST_404);
    else await guard(context, async () => body(200, reportsOf(guard.of(context))));
  });
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}
