import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler } from 'express';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { authError, StoreError } from '../../src/core/errors.ts';
import { problem } from '../../src/dialects/problem.ts';
import { errorEnvelope as expressErrors } from '../../src/express.ts';
import { errorEnvelope as koaErrors, guard as koaGuard } from '../../src/koa.ts';
import { authenticate, open } from '../../src/middleware/authenticate.ts';
import { errorEnvelope as nodeErrors } from '../../src/node.ts';
import { listen, onEachFramework, stopHostsAfterEach } from '../support/frameworks.ts';
import { rawGet } from '../support/http-client.ts';
import { noteWarnings } from '../support/process-warnings.ts';
import { jwtStrategy } from './jwt-bench.ts';

stopHostsAfterEach();
noteWarnings();

const INTERNAL = {
  error: { name: 'InternalServerError', code: 'INTERNAL_SERVER_ERROR', message: 'Internal server error' },
};
function koaListener(app: Pick<Koa, 'callback' | 'silent'>): RequestListener {
  app.silent = true;
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}

onEachFramework('errorEnvelope', (framework) => {
  const chain = [open('a test')] as const;

  it.each<[string, () => unknown, number, unknown]>([
    ['a SyntaxError of the handler itself', () => new SyntaxError('secret'), 500, INTERNAL],
    ['an error', () => new Error('secret'), 500, INTERNAL],
    ['a text', () => 'secret', 500, INTERNAL],
    ['an object', () => ({ secret: 'secret' }), 500, INTERNAL],
  ])('BT-11 answers 500 to %s, and tells nothing of it', async (_, make, status, body) => {
    const handler = (): never => {
      throw make();
    };
    const host = await framework.start({ chain, handler, errors: { onEvent: () => 0 } });
    const answer = await host.get();
    expect([answer.status, answer.json()]).toEqual([status, body]);
    expect(answer.lines('Content-Type')).toEqual(['application/json']);
    expect(answer.everything).not.toContain('secret');
  });

  it('speaks the dialect of its options, to HEAD as well', async () => {
    const handler = (): never => {
      throw new Error('secret');
    };
    // The guard of node:http answers what its handler throws itself, in its own dialect.
    const options = { dialect: problem(), onEvent: () => 0 };
    const host = await framework.start({ chain: [open('a test'), options], handler, errors: options });
    const [get, head] = [await host.get(), await host.send({ method: 'HEAD' })];
    expect([get.status, get.header('Content-Type'), get.json()]).toEqual([
      500,
      'application/problem+json',
      {
        type: 'urn:portcullis:problem:internal_error',
        title: 'Something went wrong.',
        status: 500,
        code: 'internal_error',
      },
    ]);
    expect([head.status, head.text, head.header('Content-Length')]).toEqual([
      500,
      '',
      get.header('Content-Length'),
    ]);
  });

  it('takes back what the handler said of the body that it did not send', async () => {
    const handler = ({ setHeader }: { setHeader: (name: string, value: string) => void }): never => {
      setHeader('Content-Type', 'text/csv');
      setHeader('Content-Encoding', 'gzip');
      setHeader('Content-Disposition', 'attachment');
      setHeader('ETag', '"x"');
      setHeader('X-Request-Id', '7');
      throw new Error('secret');
    };
    const host = await framework.start({ chain, handler, errors: { onEvent: () => 0 } });
    const answer = await host.get();
    const names = ['Content-Type', 'Content-Encoding', 'Content-Disposition', 'ETag', 'X-Request-Id'];
    expect([answer.status, answer.json()]).toEqual([500, INTERNAL]);
    expect(names.map((name) => answer.lines(name))).toEqual([['application/json'], [], [], [], ['7']]);
  });

  it('cuts the connection when the answer has begun, so that nobody takes a half for the whole', async () => {
    let isFirst = true;
    const handler = ({ begin }: { begin: () => void }): unknown => {
      if (!isFirst) return { fine: true };
      isFirst = false;
      begin();
      throw new Error('secret');
    };
    const host = await framework.start({ chain, handler, errors: { onEvent: () => 0 } });
    const half = await rawGet(host.port, []).catch(() => 'reset');
    expect(half).not.toContain('secret');
    expect(half).not.toContain('\r\n0\r\n\r\n');
    expect((await host.get()).json()).toEqual({ fine: true });
  });
});

describe('errorEnvelope of Express', () => {
  it('passes an error on when the answer has begun, and answers every other', async () => {
    const passed: unknown[] = [];
    const last: ErrorRequestHandler = (error, _request, response, _next) => {
      passed.push((error as Error).message);
      response.end();
    };
    const app = express()
      .get('/begun', (_request, response) => {
        response.write('a');
        throw new Error('late');
      })
      .get('/:id', () => {
        throw new StoreError('early', { retryAfterSeconds: 2 });
      })
      .use(expressErrors({ onEvent: () => 0 }))
      .use(last);
    const host = await listen(app);
    expect((await host.send({ path: '/begun' })).text).toBe('a');
    const outage = await host.send({ path: '/x' });
    expect([outage.status, outage.header('Retry-After'), passed]).toEqual([503, '2', ['late']]);
    const broken = await host.send({ path: '/%E0%A4%A' });
    expect([broken.status, broken.header('Content-Type')]).toEqual([400, 'application/json']);
    expect(broken.everything).not.toMatch(/E0%A4|decode|stack|at /);
  });
});

describe('errorEnvelope of Koa', () => {
  it('emits what is unexpected as an error of the application, once, and nothing that is a mistake of the client', async () => {
    const emitted: unknown[] = [];
    const app = new Koa().use(koaErrors()).use((context) => {
      if (context.path === '/text') throw 'a text' as unknown as Error;
      if (context.path === '/denied') throw authError('ip_denied') as unknown as Error;
      context.throw(Number(context.path.slice(1)));
    });
    app.on('error', (error) => emitted.push(error));
    const host = await listen(koaListener(app));
    const statuses = await Promise.all(
      ['/404', '/403', '/500', '/text', '/denied'].map(async (path) => (await host.send({ path })).status),
    );
    expect(statuses).toEqual([404, 403, 500, 500, 403]);
    expect(emitted).toHaveLength(2);
    expect(emitted.every((error) => error instanceof Error)).toBe(true);
    expect(emitted.map((error) => (error as Error).cause).filter((cause) => cause !== undefined)).toEqual([
      'a text',
    ]);
  });
});

describe('guard of Koa', () => {
  it('writes no refusal onto an answer that has begun, and does not fail on it', async () => {
    const emitted: unknown[] = [];
    const app = new Koa();
    app.on('error', (error) => emitted.push(error));
    app
      .use(async (context, next) => {
        context.res.write('begun');
        await next();
        context.res.end();
      })
      .use(koaGuard(authenticate(jwtStrategy())));
    const host = await listen(koaListener(app));
    expect((await host.get()).text).toBe('begun');
    expect(emitted).toEqual([]);
  });
});

describe('errorEnvelope of node:http', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('secret');
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret'))],
  ])('answers a listener that %s', async (_, listener) => {
    const host = await listen(nodeErrors(listener, { onEvent: () => 0 }));
    const answer = await host.get();
    expect([answer.status, answer.json()]).toEqual([500, INTERNAL]);
  });

  it('has no body for HEAD, and cuts off what was begun', async () => {
    let isBegun = false;
    const host = await listen(
      nodeErrors(
        (_request, response) => {
          if (isBegun) response.write('a half');
          throw new Error('secret');
        },
        { onEvent: () => 0 },
      ),
    );
    const head = await host.send({ method: 'HEAD' });
    const length = String(JSON.stringify(INTERNAL).length);
    expect([head.status, head.header('Content-Length'), head.text]).toEqual([500, length, '']);
    isBegun = true;
    const half = await rawGet(host.port, []).catch(() => 'reset');
    expect(half).not.toContain('\r\n0\r\n\r\n');
  });

  it('leaves a listener alone that answers', async () => {
    const host = await listen(nodeErrors((_request, response) => void response.end('fine')));
    expect((await host.get()).text).toBe('fine');
  });
});
