import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { bodyParser as koa3Parser } from '@koa/bodyparser';
import connect from 'connect';
import express5 from 'express';
import Koa3 from 'koa';
import koa2Parser from 'koa-bodyparser';
import koaMountAt from 'koa-mount';
import { isPromise } from '../../src/core/maybe-promise.ts';
import type { Principal } from '../../src/core/principal.ts';
import {
  errorEnvelope as expressErrors,
  guard as expressGuard,
  mount as expressMount,
} from '../../src/express.ts';
import { errorEnvelope as koaErrors, guard as koaGuard, mount as koaMount } from '../../src/koa.ts';
import type { Mountable } from '../../src/middleware/mounting.ts';
import { errorEnvelope as nodeErrors, guard as nodeGuard, mount as nodeMount } from '../../src/node.ts';
import { asArguments, listen, type Chain, type Host } from '../support/frameworks.ts';

// The packages of the older majors have no types of their own here; what is used is the same in both.
const load = createRequire(import.meta.url);
const express4 = load('express4') as typeof express5;
const Koa2 = load('koa2') as typeof Koa3;

/** What the handler behind the guards sees. */
export interface Seen {
  /** From `guard.of`, one for each guard of the route. */
  readonly passed: readonly (Principal | null)[];
  /** The request, or Koa's state: where the guard leaves its property. */
  readonly holder: Readonly<Record<string, unknown>>;
  /** The query as the framework reads it; node:http and Connect read none. */
  readonly query: unknown;
  /** The body as the framework's parser left it. */
  readonly parsed: unknown;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** An application, told once for every host. */
export interface AppParts {
  readonly mounts?: readonly MountedSystem[] | undefined;
  /** The guards of the one route, `/things`, in order. */
  readonly chains?: readonly Chain[] | undefined;
  /** Where the route is, as an application or router of its own; the guards stand before it when `guardsOutside`. */
  readonly under?: string | undefined;
  readonly guardsOutside?: boolean | undefined;
  /** Whether the host's body parser stands in front of everything. */
  readonly parsesBodies?: boolean | undefined;
  /** Whether the host believes forwarded headers. */
  readonly trustsProxies?: boolean | undefined;
  /** The host's own middleware in front of mounts and guards. */
  readonly before?: ((response: ServerResponse) => void) | undefined;
  /** Answers with the JSON of what it returns, or throws, now or later. */
  readonly handler?: ((seen: Seen) => unknown) | undefined;
}

export interface MountedSystem {
  readonly system: Mountable;
  /** The host's own way of mounting. */
  readonly under?: string | undefined;
  /** `mount(…, { prefix })`. */
  readonly prefix?: string | undefined;
}

export interface HostFramework {
  readonly name: string;
  start(parts: AppParts): Promise<Host>;
}

/** What the host answers where nothing else does. */
export const HOST_404 = '{"host":"nothing here"}';

/** Every host that the package says it works in. */
export const HOSTS: readonly HostFramework[] = [
  { name: 'Express 4', start: (parts) => listen(expressApp(express4, parts)) },
  { name: 'Express 5', start: (parts) => listen(expressApp(express5, parts)) },
  { name: 'Connect', start: (parts) => listen(connectApp(parts)) },
  {
    name: 'Koa 2',
    start: (parts) => listen(koaApp(Koa2, koa2Parser(), parts)),
  },
  { name: 'Koa 3', start: (parts) => listen(koaApp(Koa3, koa3Parser(), parts)) },
  { name: 'node:http', start: (parts) => listen(nodeApp(parts)) },
];

const ids = ({ passed }: Seen): unknown => ({ ids: passed.map((each) => each?.id ?? null) });

function expressApp(express: typeof express5, parts: AppParts): RequestListener {
  const { mounts = [], chains = [], under, guardsOutside = false, before, handler = ids } = parts;
  const app = express();
  app.disable('x-powered-by');
  if (parts.trustsProxies === true) app.set('trust proxy', true);
  if (parts.parsesBodies === true) app.use(express.json());
  app.use((_request, response, next) => {
    before?.(response);
    next();
  });
  for (const { system, under: path = '/', prefix } of mounts) app.use(path, expressMount(system, { prefix }));

  const guards = chains.map((chain) => expressGuard(...asArguments(chain)));
  const route: express5.RequestHandler = (request, response, next) => {
    const result = handler({
      passed: guards.map((each) => each.of(request)),
      holder: request as object as Record<string, unknown>,
      query: request.query,
      parsed: request.body,
      request,
      response,
    });
    if (!isPromise(result)) response.json(result);
    // Express 4 loses what a handler's promise rejects with; this is what its users write.
    else Promise.resolve(result).then((value) => response.json(value), next);
  };
  const inner = under === undefined ? express.Router() : express();
  if (guardsOutside) app.use(under ?? '/', ...guards);
  inner.all('/things', ...(guardsOutside ? [] : guards), route);
  app.use(under ?? '/', inner);
  app.use((request, response) => {
    answerElse(request, response);
  });
  app.use(expressErrors({ onEvent: unheard }));
  return app;
}

function connectApp(parts: AppParts): RequestListener {
  const { mounts = [], chains = [], under = '/', guardsOutside = false, before, handler = ids } = parts;
  const app = connect();
  if (parts.parsesBodies === true) app.use(express4.json());
  app.use((_request, response, next) => {
    before?.(response);
    next();
  });
  for (const { system, under: path = '/', prefix } of mounts) app.use(path, expressMount(system, { prefix }));

  const guards = chains.map((chain) => expressGuard(...asArguments(chain)));
  const inner = connect();
  for (const each of guards) (guardsOutside ? app : inner).use(guardsOutside ? under : '/things', each);
  inner.use(
    '/things',
    (request: connect.IncomingMessage, response: ServerResponse, next: connect.NextFunction) => {
      const result = handler({
        passed: guards.map((each) => each.of(request)),
        holder: request as object as Record<string, unknown>,
        query: undefined,
        parsed: (request as { body?: unknown }).body,
        request,
        response,
      });
      if (!isPromise(result)) sendJson(response, result);
      else Promise.resolve(result).then((value) => sendJson(response, value), next);
    },
  );
  app.use(under, inner as unknown as connect.NextHandleFunction);
  app.use(answerElse);
  app.use(expressErrors({ onEvent: unheard }) as connect.ErrorHandleFunction);
  return app;
}

function koaApp(Koa: typeof Koa3, parser: Koa3.Middleware, parts: AppParts): RequestListener {
  const { mounts = [], chains = [], under = '/', guardsOutside = false, before, handler = ids } = parts;
  const app = new Koa();
  app.silent = true;
  app.proxy = parts.trustsProxies === true;
  app.use(koaErrors({ onEvent: unheard }));
  if (parts.parsesBodies === true) app.use(parser);
  app.use((context, next) => {
    before?.(context.res);
    return next();
  });
  for (const { system, under: path = '/', prefix } of mounts) {
    app.use(koaMountAt(path, koaMount(system, { prefix }) as unknown as Koa3.Middleware));
  }

  const guards = chains.map((chain) => koaGuard(...asArguments(chain)));
  const asMiddleware = guards.map((each) => each as unknown as Koa3.Middleware);
  const inner = new Koa();
  for (const each of asMiddleware) {
    if (guardsOutside) app.use(koaMountAt(under, each));
    else inner.use(koaMountAt('/things', each));
  }
  inner.use(
    koaMountAt('/things', async (context: Koa3.Context) => {
      context.body = await handler({
        passed: guards.map((each) => each.of(context)),
        holder: context.state,
        query: { ...context.query },
        parsed: (context.request as { body?: unknown }).body,
        request: context.req,
        response: context.res,
      });
    }),
  );
  app.use(koaMountAt(under, inner));
  app.use((context) => {
    context.respond = false;
    answerElse(context.req, context.res);
  });
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}

function nodeApp(parts: AppParts): RequestListener {
  const { mounts = [], chains = [], under = '', before, handler = ids } = parts;
  const guards = chains.map((chain) => nodeGuard(...asArguments(chain)));
  const mounted = mounts.map(({ system, under: path = '', prefix }) => {
    const answer = nodeMount(system, { prefix });
    return (request: IncomingMessage, response: ServerResponse, next: () => unknown): unknown => {
      const target = request.url ?? '/';
      if (path === '') return answer(request, response, next);
      if (!target.startsWith(`${path}/`)) return next();
      request.url = target.slice(path.length);
      return answer(request, response, () => {
        request.url = target;
        return next();
      });
    };
  });

  async function listener(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    if (parts.parsesBodies === true) await parseBody(request);
    before?.(response);
    const route = (): unknown => {
      const { pathname } = new URL(request.url ?? '/', 'http://host.test');
      return pathname.startsWith(`${under}/things`)
        ? inTurn(guards, request, response, async () => {
            const result = await handler({
              passed: guards.map((each) => each.of(request)),
              holder: request as object as Record<string, unknown>,
              query: undefined,
              parsed: (request as { body?: unknown }).body,
              request,
              response,
            });
            sendJson(response, result);
          })
        : answerElse(request, response);
    };
    return mounted.reduceRight<() => unknown>((next, each) => () => each(request, response, next), route)();
  }
  return nodeErrors(listener, { onEvent: unheard });
}

type NodeGuard = ReturnType<typeof nodeGuard>;

function inTurn(
  guards: readonly NodeGuard[],
  request: IncomingMessage,
  response: ServerResponse,
  handler: () => unknown,
): unknown {
  const [first, ...others] = guards;
  if (first === undefined) return handler();
  return first(request, response, () => inTurn(others, request, response, handler));
}

/** What people write who have no framework: it leaves the value where the frameworks' parsers leave it. */
async function parseBody(request: IncomingMessage): Promise<void> {
  const chunks: Buffer[] = [];
  if (request.headers['content-type']?.startsWith('application/json') !== true) return;
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    if (text !== '') (request as { body?: unknown }).body = JSON.parse(text);
  } catch (cause) {
    throw Object.assign(new SyntaxError('not JSON', { cause }), { status: 400 });
  }
}

function answerElse(request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'OPTIONS') {
    response.writeHead(204, { 'Access-Control-Allow-Methods': 'POST' }).end();
    return;
  }
  response
    .writeHead(404, { 'Content-Type': 'application/json', 'Content-Length': HOST_404.length })
    .end(HOST_404);
}

function sendJson(response: ServerResponse, value: unknown): void {
  const body = JSON.stringify(value);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

/** The errors of these tests are meant; without a listener each would become a process warning. */
function unheard(): void {}
