import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import Koa from 'koa';
import {
  errorEnvelope as expressErrors,
  guard as expressGuard,
  mount as expressMount,
} from '../../../src/express.ts';
import { errorEnvelope as koaErrors, guard as koaGuard, mount as koaMount } from '../../../src/koa.ts';
import { errorEnvelope as nodeErrors, guard as nodeGuard, mount as nodeMount } from '../../../src/node.ts';
import type { DecisionEvent, EventSink } from '../../../src/core/events.ts';
import type { B2bSystem } from '../../../src/systems/b2b/system.ts';

/** An application with the system mounted, `GET /api/v1/products` behind its guards, and a 404 of its own. */
export interface B2bHost {
  readonly name: string;
  /** Whether a body parser of the framework has run before the system sees a request. */
  readonly parsesBodies: boolean;
  /** @param onEvent Is told what the guards and the error envelope decide. */
  listener(b2b: B2bSystem, onEvent?: Sink): RequestListener;
}

/** What the protected route answers. */
export const PRODUCTS = '{"products":["a","b"]}';
/** What the host answers where neither the system nor a route of its own does. */
export const HOST_404 = '{"host":"nothing here"}';

/** Reached with and without its trailing slash, as the endpoints are. */
const PRODUCTS_PATHS: readonly string[] = ['/api/v1/products', '/api/v1/products/'];

type Sink = EventSink<DecisionEvent>;

/** Somebody listens to the events, so that failures do not become process warnings. */
const ignore: Sink = () => undefined;

/** The same application on each framework, with bodies as they come and behind the framework's own parser. */
export const B2B_HOSTS: readonly B2bHost[] = [
  { name: 'node:http', parsesBodies: false, listener: (b2b, onEvent) => nodeHost(b2b, false, onEvent) },
  {
    name: 'node:http that has read the body',
    parsesBodies: true,
    listener: (b2b, onEvent) => nodeHost(b2b, true, onEvent),
  },
  { name: 'Express 5', parsesBodies: false, listener: (b2b, onEvent) => expressHost(b2b, [], onEvent) },
  {
    name: 'Express 5 behind express.json',
    parsesBodies: true,
    // Not strict, so that JSON which is no object comes as far as the system.
    listener: (b2b, onEvent) =>
      expressHost(b2b, [express.json({ strict: false }), express.urlencoded()], onEvent),
  },
  { name: 'Koa 3', parsesBodies: false, listener: (b2b, onEvent) => koaHost(b2b, [], onEvent) },
  {
    name: 'Koa 3 behind @koa/bodyparser',
    parsesBodies: true,
    listener: (b2b, onEvent) => koaHost(b2b, [bodyParser({ jsonStrict: false })], onEvent),
  },
];

/** One host of each framework, where the body parser makes no difference. */
export const PLAIN_HOSTS: readonly B2bHost[] = B2B_HOSTS.filter((host) => !host.parsesBodies);

/** The one host for what lies below the adapters. */
export const NODE_HOST = B2B_HOSTS[0] as B2bHost;

function nodeHost(b2b: B2bSystem, parsesBodies: boolean, onEvent = ignore): RequestListener {
  const system = nodeMount(b2b);
  const api = nodeGuard(b2b.authenticate(), b2b.ipAllowlist(), { onEvent });
  async function listener(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (parsesBodies) await readJsonBody(request);
    await system(request, response, () => {
      const path = request.url?.split('?', 1)[0] ?? '';
      if (!PRODUCTS_PATHS.includes(path)) sendJson(response, 404, HOST_404);
      else api(request, response, () => sendJson(response, 200, PRODUCTS));
    });
  }
  return nodeErrors(listener, { dialect: b2b.dialect, onEvent });
}

/** A host's own body parser: it reads JSON into `request.body` and leaves everything else alone. */
async function readJsonBody(request: IncomingMessage & { body?: unknown }): Promise<void> {
  if (!request.headers['content-type']?.startsWith('application/json')) return;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  if (text === '') return;
  try {
    request.body = JSON.parse(text) as unknown;
  } catch (error) {
    throw Object.assign(error as SyntaxError, { status: 400 });
  }
}

function sendJson(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

function expressHost(b2b: B2bSystem, parsers: readonly RequestHandler[], onEvent = ignore): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  for (const parser of parsers) app.use(parser);
  app.use(expressMount(b2b));
  app.get(
    '/api/v1/products',
    expressGuard(b2b.authenticate(), b2b.ipAllowlist(), { onEvent }),
    (_request, response) => {
      sendJson(response, 200, PRODUCTS);
    },
  );
  app.use((_request: Request, response: Response, _next: NextFunction) => {
    sendJson(response, 404, HOST_404);
  });
  app.use(expressErrors({ dialect: b2b.dialect, onEvent }));
  return app;
}

function koaHost(b2b: B2bSystem, parsers: readonly Koa.Middleware[], onEvent = ignore): RequestListener {
  const app = new Koa();
  app.silent = onEvent === ignore;
  app.use(koaErrors({ dialect: b2b.dialect, onEvent }));
  for (const parser of parsers) app.use(parser);
  app.use(koaMount(b2b));
  const api = koaGuard(b2b.authenticate(), b2b.ipAllowlist(), { onEvent });
  app.use(async (context) => {
    const body = (status: number, text: string): void => {
      context.status = status;
      context.set('Content-Type', 'application/json');
      context.body = text;
    };
    if (!PRODUCTS_PATHS.includes(context.path)) body(404, HOST_404);
    else await api(context, async () => body(200, PRODUCTS));
  });
  const answer = app.callback();
  return (request, response) => void answer(request, response);
}
