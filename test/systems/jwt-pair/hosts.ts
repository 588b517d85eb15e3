import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import express, { type RequestHandler } from 'express';
import Koa from 'koa';
import type { Guard } from '../../../src/core/decision.ts';
import type { DecisionEvent, EventSink } from '../../../src/core/events.ts';
import type { Principal } from '../../../src/core/principal.ts';
import {
  errorEnvelope as expressErrors,
  guard as expressGuard,
  mount as expressMount,
} from '../../../src/express.ts';
import {
  errorEnvelope as koaErrors,
  guard as koaGuard,
  mount as koaMount,
  type KoaContext,
} from '../../../src/koa.ts';
import { requireScopes } from '../../../src/middleware/require-scopes.ts';
import { workspaceScope } from '../../../src/middleware/workspace-scope.ts';
import { errorEnvelope as nodeErrors, guard as nodeGuard, mount as nodeMount } from '../../../src/node.ts';
import { scoped } from '../../../src/services/workspaces.ts';
import type { JwtPairSystem } from '../../../src/systems/jwt-pair/system.ts';

/** An application with the system mounted and some routes of its own behind the system's guard. */
export interface JwtPairHost {
  readonly name: string;
  /** Whether a body parser of the framework has run before the system sees a request. */
  readonly parsesBodies: boolean;
  listener(system: JwtPairSystem, parts: HostParts): RequestListener;
}

export interface HostParts {
  /** Guards that stand behind the system's own on `/api/v1/me`. */
  readonly further: readonly Guard[];
  readonly onEvent: EventSink<DecisionEvent>;
}

/** The same application on each framework, with bodies as they come and behind the framework's own parser. */
export const HOSTS: readonly JwtPairHost[] = [
  { name: 'node:http', parsesBodies: false, listener: nodeHost },
  {
    name: 'Express 5',
    parsesBodies: false,
    listener: (system, parts) => expressHost(system, parts, []),
  },
  {
    name: 'Express 5 behind express.json',
    parsesBodies: true,
    // Not strict, so that JSON which is no object comes as far as the system.
    listener: (system, parts) =>
      expressHost(system, parts, [express.json({ strict: false }), express.urlencoded()]),
  },
  { name: 'Koa 3', parsesBodies: false, listener: (system, parts) => koaHost(system, parts, []) },
  {
    name: 'Koa 3 behind @koa/bodyparser',
    parsesBodies: true,
    listener: (system, parts) => koaHost(system, parts, [bodyParser({ jsonStrict: false })]),
  },
];

/** One host of each framework, where the body parser makes no difference. */
export const PLAIN_HOSTS: readonly JwtPairHost[] = HOSTS.filter((host) => !host.parsesBodies);

/** The one host for what lies below the adapters. */
export const NODE_HOST = HOSTS[0] as JwtPairHost;

/** What the host answers where neither the system nor a route of its own does. */
export const HOST_404 = '{"host":"nothing here"}';

/** The one thing in ada's workspace, and the one in linus's. */
export const AUDIENCES = [
  { id: 'a1', workspace: 'ws-1', customer: 'c1', name: 'Everyone' },
  { id: 'a2', workspace: 'ws-2', customer: 'c2', name: 'Nobody' },
];

/** The host's data, which can only be had inside a workspace. */
const audiences = scoped((workspace) => {
  const own = AUDIENCES.filter((each) => each.workspace === workspace);
  return {
    list: (customer: string | null) => own.filter((each) => customer === null || each.customer === customer),
    find: (id: string) => own.find((each) => each.id === id) ?? null,
  };
});

/** A route: what stands behind the system's guard, and the answer; `null` is for what does not exist. */
interface Route {
  readonly guards: readonly Guard[];
  answer(principal: Principal, url: URL): unknown;
}

function routesOf(further: readonly Guard[]): readonly (readonly [pattern: RegExp, Route])[] {
  return [
    [
      /^\/api\/v1\/me\/?$/,
      {
        guards: further,
        answer: ({ kind, id, workspace, actor, readOnly }) => ({ kind, id, workspace, actor, readOnly }),
      },
    ],
    [
      /^\/api\/v1\/audiences\/?$/,
      {
        guards: [workspaceScope()],
        answer: (_principal, url) => audiences().list(url.searchParams.get('customer')),
      },
    ],
    [
      /^\/api\/v1\/audiences\/[^/]+\/?$/,
      {
        guards: [workspaceScope()],
        answer: (_principal, url) => audiences().find(url.pathname.split('/')[4] ?? ''),
      },
    ],
    [/^\/api\/v1\/reports\/?$/, { guards: [requireScopes('reports')], answer: () => ['a report'] }],
  ];
}

function matching<T>(routes: readonly (readonly [RegExp, T])[], path: string): T | undefined {
  return routes.find(([pattern]) => pattern.test(path))?.[1];
}

function urlOf(target: string | undefined): URL {
  return new URL(target ?? '/', 'http://host.test');
}

function nodeHost(system: JwtPairSystem, { further, onEvent }: HostParts): RequestListener {
  const mounted = nodeMount(system);
  const routes = routesOf(further).map(([pattern, route]) => {
    const api = nodeGuard(system.authenticate(), ...route.guards, { onEvent });
    const handle = (request: IncomingMessage, response: ServerResponse, url: URL): void => {
      api(request, response, () => {
        const answer = route.answer(api.of(request), url);
        if (answer === null) sendNothing(response, system);
        else sendJson(response, 200, JSON.stringify(answer));
      });
    };
    return [pattern, handle] as const;
  });
  function listener(request: IncomingMessage, response: ServerResponse): unknown {
    const url = urlOf(request.url);
    return mounted(request, response, () => {
      const handle = matching(routes, url.pathname);
      if (handle === undefined) sendJson(response, 404, HOST_404);
      else handle(request, response, url);
    });
  }
  return nodeErrors(listener, { dialect: system.dialect, onEvent });
}

/** What the error envelope of the other two makes of an error with the status 404. */
function sendNothing(response: ServerResponse, system: JwtPairSystem): void {
  response.setHeader('Cache-Control', 'no-store');
  if (system.dialect.name === 'drf') sendJson(response, 404, '{"detail":"Not found."}');
}

function sendJson(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

function expressHost(
  system: JwtPairSystem,
  { further, onEvent }: HostParts,
  parsers: readonly RequestHandler[],
): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  for (const parser of parsers) app.use(parser);
  app.use(expressMount(system));
  for (const [pattern, route] of routesOf(further)) {
    const api = expressGuard(system.authenticate(), ...route.guards, { onEvent });
    app.all(pattern, api, (request, response) => {
      const answer = route.answer(api.of(request), urlOf(request.originalUrl));
      if (answer === null) throw notFound();
      sendJson(response, 200, JSON.stringify(answer));
    });
  }
  app.use((_request, response) => sendJson(response, 404, HOST_404));
  app.use(expressErrors({ dialect: system.dialect, onEvent }));
  return app;
}

function koaHost(
  system: JwtPairSystem,
  { further, onEvent }: HostParts,
  parsers: readonly Koa.Middleware[],
): RequestListener {
  const app = new Koa();
  app.silent = true;
  app.use(koaErrors({ dialect: system.dialect, onEvent }));
  for (const parser of parsers) app.use(parser);
  app.use(koaMount(system));
  const routes = routesOf(further).map(([pattern, route]) => {
    const api = koaGuard(system.authenticate(), ...route.guards, { onEvent });
    const handle: Koa.Middleware = async (context) => {
      const native = context as unknown as KoaContext;
      await api(native, async () => {
        const answer = route.answer(api.of(native), urlOf(context.originalUrl));
        if (answer === null) throw notFound();
        sendByKoa(context, 200, JSON.stringify(answer));
      });
    };
    return [pattern, handle] as const;
  });
  app.use(async (context, next) => {
    const handle = matching(routes, context.path);
    if (handle === undefined) sendByKoa(context, 404, HOST_404);
    else await handle(context, next);
  });
  const handle = app.callback();
  return (request, response) => {
    void handle(request, response);
  };
}

function sendByKoa(context: Koa.Context, status: number, body: string): void {
  context.status = status;
  context.set('Content-Type', 'application/json');
  context.body = body;
}

/** What a handler throws for something that is not there. */
function notFound(): Error {
  return Object.assign(new Error('not found'), { status: 404 });
}
