import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError, isStoreError } from '../../src/core/errors.ts';
import {
  ProviderOutage,
  providerTransport,
  type ProviderRequest,
  type TransportOptions,
} from '../../src/providers/transport.ts';
import { listen, stopHostsAfterEach } from '../support/frameworks.ts';

stopHostsAfterEach();

const tcpServers = new Set<Server>();
afterEach(() => {
  for (const server of tcpServers) server.close();
  tcpServers.clear();
});

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

const json =
  (body: string, contentType: string = 'application/json', status: number = 200): Answering =>
  (_request, response) => {
    response.writeHead(status, { 'Content-Type': contentType });
    response.end(body);
  };

/** Calls a loopback provider that answers so. */
async function call(
  answering: Answering,
  request: Partial<ProviderRequest> = {},
  options: TransportOptions = {},
) {
  const { port } = await listen(answering);
  return providerTransport('transport', options).send({
    method: 'GET',
    url: `http://127.0.0.1:${port}/path`,
    ...request,
  });
}

/** What a call that must fail was refused with. */
async function faultOf(calling: Promise<unknown>): Promise<ProviderOutage> {
  const thrown: unknown = await calling.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof ProviderOutage)) throw new Error(`no outage: ${String(thrown)}`);
  return thrown;
}

/** A listener below HTTP, for answers that a server would not give. */
async function rawServer(answer: string): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.once('data', () => socket.end(answer));
    socket.on('error', () => undefined);
  });
  tcpServers.add(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/path`;
}

describe('providerTransport', () => {
  it('sends a form and a bearer token in body and header, and nothing of them in the address', async () => {
    let seen: unknown;
    const answer = await call(
      (request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const { accept, authorization, 'content-type': type } = request.headers;
          const body = Buffer.concat(chunks).toString('utf8');
          seen = { method: request.method, url: request.url, accept, authorization, type, body };
          json('{"a":1}')(request, response);
        });
      },
      { method: 'POST', query: { fields: 'id,name' }, form: { code: 'c&d=\u00e9' }, bearer: 'secret' },
    );
    expect(answer).toEqual({ status: 200, body: { a: 1 } });
    expect(seen).toEqual({
      method: 'POST',
      url: '/path?fields=id%2Cname',
      accept: 'application/json',
      authorization: 'Bearer secret',
      type: 'application/x-www-form-urlencoded;charset=UTF-8',
      body: 'code=c%26d%3D%C3%A9',
    });
  });

  it('hands on a refusal of the provider with its status and its body', async () => {
    const answer = await call(json('{"error":"invalid_grant"}', 'application/json; charset=utf-8', 400));
    expect(answer).toEqual({ status: 400, body: { error: 'invalid_grant' } });
  });

  it.each([
    'application/json',
    'application/json;charset=UTF-8',
    'application/problem+json',
    'text/javascript',
  ])('takes a body that calls itself %s', async (contentType) => {
    expect(await call(json('{"a":1}', contentType))).toEqual({ status: 200, body: { a: 1 } });
  });

  it.each(['null', '[]', '"text"', '17', 'true', ' [{"a":1}] '])(
    'says that the JSON %s is no object',
    async (body) => {
      expect(await call(json(body))).toEqual({ status: 200, body: null });
    },
  );

  it('reads characters that are split over packets as they were sent', async () => {
    const answer = await call((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      const bytes = Buffer.from('{"name":"\u{1f600} \u00e9"}', 'utf8');
      response.write(bytes.subarray(0, 11));
      setImmediate(() => response.end(bytes.subarray(11)));
    });
    expect(answer.body).toEqual({ name: '\u{1f600} \u00e9' });
  });

  it('reads nothing of an answer whose body does not matter, whatever it calls itself', async () => {
    expect(await call(json('<html>', 'text/html'), { ignoreBody: true })).toEqual({
      status: 200,
      body: null,
    });
  });

  it.each([
    ['no JSON', json('{"a":'), 'unreadable'],
    ['an empty body', json(''), 'unreadable'],
    ['HTML', json('<html></html>', 'text/html'), 'unreadable'],
    ['JSON that calls itself text', json('{}', 'text/plain'), 'unreadable'],
    ['JSON without a content type', (_request, response) => response.end('{}'), 'unreadable'],
    [
      'no UTF-8',
      (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/json' });
        response.end(Buffer.from([0x22, 0xff, 0x22]));
      },
      'unreadable',
    ],
    ['status 429', json('{}', 'application/json', 429), 'failing'],
    ['status 500', json('{"error":"x"}', 'application/json', 500), 'failing'],
    ['status 503', json('{}', 'application/json', 503), 'failing'],
  ] satisfies readonly [string, Answering, string][])(
    'OC-09 F17 refuses %s',
    async (_title, answering, fault) => {
      expect((await faultOf(call(answering))).fault).toBe(fault);
    },
  );

  it.each([301, 302, 303, 307, 308])('OC-09 F17 follows no redirect with status %i', async (status) => {
    let reached = 0;
    const { port } = await listen((_request, response) => {
      reached += 1;
      json('{"a":1}')(_request, response);
    });
    const fault = await faultOf(
      call((_request, response) => {
        response.writeHead(status, { Location: `http://127.0.0.1:${port}/` });
        response.end();
      }),
    );
    expect([fault.fault, reached]).toEqual(['redirected', 0]);
  });

  it('OC-09 F17 stops reading at the limit, whether the length was announced or not', async () => {
    const endless: Answering = (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
    expect((await faultOf(call(endless))).fault).toBe('too_large');
    expect((await faultOf(call(json(`"${'a'.repeat(100)}"`), {}, { maxBytes: 101 }))).fault).toBe(
      'too_large',
    );
    expect(await call(json(`"${'a'.repeat(100)}"`), {}, { maxBytes: 102 })).toEqual({
      status: 200,
      body: null,
    });
  });

  it('OC-09 counts what is left after decompression', async () => {
    const fault = await faultOf(
      call((_request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' });
        response.end(gzipSync(Buffer.alloc(10_485_760, 0x20)));
      }),
    );
    expect(fault.fault).toBe('too_large');
  });

  it.each([
    ['says nothing', () => undefined],
    [
      'sends headers and no body',
      (_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders();
      },
    ],
    [
      'sends half of a body and stops',
      (_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { 'Content-Type': 'application/json' }).write('{"a":');
      },
    ],
  ])('OC-09 F17 gives up on a provider that %s', async (_title, answering) => {
    const fault = await faultOf(call(answering, {}, { timeoutMs: 20 }));
    expect([fault.fault, fault.message]).toEqual([
      'timeout',
      expect.stringMatching(/^127\.0\.0\.1:\d+ did not answer within 20 milliseconds$/),
    ]);
  });

  it('gives up on a fetch that pays no attention to the signal', async () => {
    const deaf = () => new Promise<never>(() => undefined);
    const fault = await faultOf(call(json('{}'), {}, { timeoutMs: 20, fetch: deaf }));
    expect(fault.fault).toBe('timeout');
  });

  it.each([
    [
      'shorter than its length',
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a":1',
    ],
    [
      'without its last chunk',
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n',
    ],
    ['that is no HTTP', 'hello\r\n\r\n'],
    ['that is nothing', ''],
  ])('OC-09 F17 takes an answer %s for an outage', async (_title, answer) => {
    const url = await rawServer(answer);
    const fault = await faultOf(providerTransport('transport').send({ method: 'GET', url }));
    expect(fault.fault).toBe('unreachable');
  });

  it('F17 takes a server without TLS behind an https address for an outage', async () => {
    const url = (await rawServer('HTTP/1.1 200 OK\r\n\r\n{}')).replace('http:', 'https:');
    const fault = await faultOf(providerTransport('transport').send({ method: 'GET', url }));
    expect([fault.fault, isStoreError(fault), fault.retryAfterSeconds]).toEqual(['unreachable', true, 1]);
  });

  it('tells of what went wrong no more than the host', async () => {
    const secrets = { query: { q: 'query-secret' }, form: { f: 'form-secret' }, bearer: 'bearer-secret' };
    const fault = await faultOf(call(json('{"body-secret'), { method: 'POST', ...secrets }));
    expect(`${fault.message} ${String(fault.cause)}`).not.toMatch(/secret|path/);
  });

  it.each([
    'http://provider.example/token',
    'https://user:password@provider.example/',
    'ftp://127.0.0.1/',
    'https://provider.example/#part',
    '/token',
  ])('calls no provider at %s', async (url) => {
    let called = 0;
    const fetch = () => {
      called += 1;
      return Promise.reject(new Error('called'));
    };
    const sending = providerTransport('transport', { fetch }).send({ method: 'GET', url });
    await expect(sending).rejects.toThrow('a provider is only called by https, or on loopback');
    expect(called).toBe(0);
  });

  it('goes through the fetch that it is given, such as one behind a proxy', async () => {
    const { port } = await listen((request, response) => json(`{"url":"${request.url}"}`)(request, response));
    const answer = await providerTransport('transport', {
      fetch: (url, init) =>
        fetch(`http://127.0.0.1:${port}/proxied?${new URLSearchParams({ url }).toString()}`, init),
    }).send({ method: 'GET', url: 'https://provider.example/token' });
    expect(answer.body).toEqual({ url: '/proxied?url=https%3A%2F%2Fprovider.example%2Ftoken' });
  });

  it.each([
    [
      { timeoutMs: 0 },
      'google.transport.timeoutMs must be a whole number from 1 to 60000, not the number 0.',
    ],
    [{ maxByte: 1 }, 'google.transport: unknown option "maxByte"; did you mean "maxBytes"?'],
    [{ fetch: 'fetch' }, 'google.transport.fetch must be a function, not a string.'],
  ])('refuses the options %j', (options, message) => {
    const build = () => providerTransport('google.transport', options as TransportOptions);
    expect(build).toThrow(ConfigError);
    expect(build).toThrow(message);
  });
});
