import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { bodyParser } from '@koa/bodyparser';
import express from 'express';
import Koa from 'koa';
import koaBodyparser from 'koa-bodyparser';
import { describe, expect, it } from 'vitest';
import type { DecisionEvent } from '../../src/core/events.ts';
import { errorEnvelope as expressErrors } from '../../src/express.ts';
import { errorEnvelope as koaErrors } from '../../src/koa.ts';
import type { ErrorEnvelopeOptions } from '../../src/middleware/error-envelope.ts';
import { listen, stopHostsAfterEach, type Host } from '../support/frameworks.ts';
import { type HttpAnswer } from '../support/http-client.ts';
import { noteWarnings } from '../support/process-warnings.ts';

stopHostsAfterEach();
noteWarnings();

const SYNTAX = { error: { name: 'SyntaxError', code: 'SYNTAX_ERROR', message: 'Invalid request body' } };
const TOO_LARGE = {
  error: { name: 'PayloadTooLargeError', code: 'PAYLOAD_TOO_LARGE', message: 'Request body too large' },
};

type Mount = (options: ErrorEnvelopeOptions) => RequestListener;

function koaListener(app: Pick<Koa, 'callback' | 'silent'>): RequestListener {
  app.silent = true;
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}

/** Applications that parse bodies of at most 100 bytes and answer what was parsed. */
const PARSERS: readonly (readonly [string, Mount])[] = [
  [
    'express.json',
    (options) =>
      express()
        .use(express.json({ limit: 100 }))
        .post('/', (request, response) => {
          response.json({ body: request.body as unknown });
        })
        .use(expressErrors(options)),
  ],
  [
    '@koa/bodyparser',
    (options) =>
      koaListener(
        new Koa()
          .use(koaErrors(options))
          .use(bodyParser({ jsonLimit: '100b' }))
          .use((context) => {
            context.body = { body: context.request.body };
          }),
      ),
  ],
  [
    'koa-bodyparser',
    (options) =>
      koaListener(
        new Koa()
          .use(koaErrors(options))
          .use(koaBodyparser({ jsonLimit: '100b' }))
          .use((context) => {
            context.body = { body: context.request.body };
          }),
      ),
  ],
];

function post(
  host: Host,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<HttpAnswer> {
  return host.send({ method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } });
}

describe.each(PARSERS)('errorEnvelope around %s', (_name, mount) => {
  it('lets a good body through', async () => {
    const host = await listen(mount({}));
    expect((await post(host, '{"a":1}')).json()).toEqual({ body: { a: 1 } });
  });

  it.each([
    '{"marked":',
    '{marked}',
    'marked',
    '"marked"',
    '[marked]',
    '{"a":"marked"',
    '{"a":1}marked',
    '\u0000marked',
    '{"a":"marked\u0007"}',
  ])('BT-10 BT-11 answers 400 to %j and quotes nothing of it', async (body) => {
    const host = await listen(mount({}));
    const answer = await post(host, body);
    expect([answer.status, answer.json()]).toEqual([400, SYNTAX]);
    expect([answer.lines('Content-Type'), answer.lines('Cache-Control')]).toEqual([
      ['application/json'],
      ['no-store'],
    ]);
    expect(answer.everything).not.toMatch(/marked|token|JSON at|position|node_modules/i);
  });

  it('answers 413 to a body above the limit, announced or not', async () => {
    const host = await listen(mount({}));
    const large = JSON.stringify({ a: 'x'.repeat(200) });
    const announced = await post(host, large, { 'Content-Length': String(large.length) });
    const chunked = await post(host, large, { 'Transfer-Encoding': 'chunked' });
    expect([announced, chunked].map((answer) => [answer.status, answer.json()])).toEqual([
      [413, TOO_LARGE],
      [413, TOO_LARGE],
    ]);
  });

  it('answers 4xx to an encoding that it does not know', async () => {
    const host = await listen(mount({}));
    const answer = await post(host, gzipSync('{}'), { 'Content-Encoding': 'marked' });
    expect([answer.status, answer.json()]).toEqual([400, SYNTAX]);
    expect(answer.everything).not.toContain('marked');
  });

  it('tells whoever listens why, and not what was sent', async () => {
    const events: DecisionEvent[] = [];
    const host = await listen(mount({ onEvent: (event) => events.push(event) }));
    await post(host, 'marked');
    expect(events).toMatchObject([
      {
        type: 'decision',
        outcome: 'denied',
        guard: 'handler',
        reason: 'body_syntax',
        principal: null,
        method: 'POST',
        path: '/',
      },
    ]);
    expect(JSON.stringify(events)).not.toContain('marked');
  });
});
