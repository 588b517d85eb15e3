import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import Koa from 'koa';
import { afterEach, describe } from 'vitest';
import { errorEnvelope as expressErrors, guard as expressGuard } from '../../src/express.ts';
import { errorEnvelope as koaErrors, guard as koaGuard } from '../../src/koa.ts';
import { errorEnvelope as nodeErrors, guard as nodeGuard } from '../../src/node.ts';
import type { EntryGuard, Guard } from '../../src/core/decision.ts';
import type { Principal } from '../../src/core/principal.ts';
import type { ErrorEnvelopeOptions } from '../../src/middleware/error-envelope.ts';
import type { GuardOptions } from '../../src/middleware/pipeline.ts';
import { send, type HttpAnswer, type HttpRequest } from './http-client.ts';

type Who = Principal | null;

/** What `guard` takes. */
export type Chain = readonly [EntryGuard<Who>, ...(Guard | GuardOptions)[]];

/** What a handler behind the guard sees, the same on every framework. */
export interface Seen {
  /** From `guard.of`. */
  readonly principal: Who;
  /** What the guard wrote to the request, or to Koa's state; `user` unless the chain says otherwise. */
  readonly property: (name: string) => unknown;
  /** Whether the guard left a property of this name at all. */
  readonly has: (name: string) => boolean;
  readonly setHeader: (name: string, value: string) => void;
  /** Begins the answer, so that its status can no longer change. */
  readonly begin: () => void;
}

/** Answers with the JSON of what it returns, or throws. */
export type Handler = (seen: Seen) => unknown;

export interface AppParts {
  readonly chain: Chain;
  readonly handler?: Handler | undefined;
  /** Mounts the error envelope with these options. */
  readonly errors?: ErrorEnvelopeOptions | undefined;
}

/** One running application. */
export interface Host {
  readonly port: number;
  send(request?: HttpRequest): Promise<HttpAnswer>;
  /** A GET with one Authorization line. */
  get(authorization?: string): Promise<HttpAnswer>;
}

export interface Framework {
  readonly name: 'express' | 'koa' | 'node';
  /** Starts an application whose every path is behind the chain; it stops after the test. */
  start(parts: AppParts): Promise<Host>;
  /** The framework's own guard, without an application. */
  guardOf(...chain: Chain): { of(request: object): Who };
}

/** Declares the same tests for Express 5, Koa 3 and node:http. */
export function onEachFramework(title: string, tests: (framework: Framework) => void): void {
  describe.each(FRAMEWORKS)(`${title} on $name`, tests);
}

const echoPrincipal: Handler = ({ principal }) => ({ id: principal?.id ?? null });

const FRAMEWORKS: readonly Framework[] = [
  {
    name: 'express',
    start: (parts) => listen(expressApp(parts)),
    guardOf: (...chain) => expressGuard(...asArguments(chain)),
  },
  {
    name: 'koa',
    start: (parts) => listen(koaApp(parts)),
    guardOf: (...chain) => koaGuard(...asArguments(chain)),
  },
  {
    name: 'node',
    start: (parts) => listen(nodeApp(parts)),
    guardOf: (...chain) => nodeGuard(...asArguments(chain)),
  },
];

function expressApp({ chain, handler = echoPrincipal, errors }: AppParts): RequestListener {
  const api = expressGuard(...asArguments(chain));
  const app = express();
  app.disable('x-powered-by');
  app.use(api, async (request, response) => {
    const result = await handler({
      ...seenOn(request as object as Record<string, unknown>, response),
      principal: api.of(request),
    });
    response.json(result);
  });
  if (errors !== undefined) app.use(expressErrors(errors));
  return app;
}

function koaApp({ chain, handler = echoPrincipal, errors }: AppParts): RequestListener {
  const api = koaGuard(...asArguments(chain));
  const app = new Koa();
  app.silent = true;
  if (errors !== undefined) app.use(koaErrors(errors));
  app.use(api);
  app.use(async (context) => {
    const state: Record<string, unknown> = context.state;
    context.body = await handler({
      ...seenOn(state, context.res),
      principal: api.of(context),
    });
  });
  const handle = app.callback();
  return (request, response) => {
    void handle(request, response);
  };
}

function nodeApp({ chain, handler = echoPrincipal, errors }: AppParts): RequestListener {
  const api = nodeGuard(...asArguments(chain));
  function listener(request: IncomingMessage, response: ServerResponse): void {
    api(request, response, async () => {
      const result = await handler({
        ...seenOn(request as object as Record<string, unknown>, response),
        principal: api.of(request),
      });
      const body = JSON.stringify(result);
      response.setHeader('Content-Type', 'application/json');
      response.setHeader('Content-Length', Buffer.byteLength(body));
      response.end(body);
    });
  }
  return errors === undefined ? listener : nodeErrors(listener, errors);
}

function seenOn(holder: Record<string, unknown>, response: ServerResponse): Omit<Seen, 'principal'> {
  return {
    property: (name) => holder[name],
    has: (name) => Object.hasOwn(holder, name),
    setHeader: (name, value) => {
      response.setHeader(name, value);
    },
    begin: () => {
      response.write('the answer has begun; ');
    },
  };
}

/** The types of `guard` tell options from guards by their place, which a list cannot say. */
export function asArguments(chain: Chain): [EntryGuard<Who>, ...Guard[]] {
  return [...chain] as [EntryGuard<Who>, ...Guard[]];
}

const running = new Set<Server>();

/** Serves a listener on a loopback port until the test ends. */
export async function listen(listener: RequestListener): Promise<Host> {
  const server = createServer(listener);
  running.add(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    send: (request) => send(port, request),
    get: (authorization) =>
      send(port, authorization === undefined ? {} : { headers: { Authorization: authorization } }),
  };
}

/** Stops every application that a test has started; a test file calls it once. */
export function stopHostsAfterEach(): void {
  afterEach(async () => {
    const stopping = [...running].map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
    running.clear();
    await Promise.all(stopping);
  });
}
