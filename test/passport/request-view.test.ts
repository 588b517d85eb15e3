import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { exchangeOf, type NativeRequest } from '../../src/passport/request-view.ts';

function native(parts: Partial<NativeRequest> = {}): NativeRequest {
  return { method: 'POST', url: '/a/b?c=d&e=f?g', headers: {}, rawHeaders: [], ...parts };
}

/** A request whose body comes in these chunks. */
function streaming(chunks: readonly (string | Uint8Array)[], rawHeaders: readonly string[]): NativeRequest {
  return Object.assign(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), native({ rawHeaders }));
}

describe('exchangeOf', () => {
  it('reads the request as it was sent', () => {
    const request = native({ socket: { remoteAddress: '192.0.2.1' } });
    const exchange = exchangeOf(request);
    expect(exchange).toMatchObject({
      method: 'POST',
      path: '/a/b',
      mountedPath: '/a/b',
      query: 'c=d&e=f?g',
      peerAddress: '192.0.2.1',
    });
    expect(exchange.native).toBe(request);
  });

  it('tells the path that was sent from the path below the mount', () => {
    const exchange = exchangeOf(native({ url: '/b?x=1', originalUrl: '/a/b?x=1' }));
    expect(exchange).toMatchObject({ path: '/a/b', mountedPath: '/b', query: 'x=1' });
    expect(exchangeOf(native({ url: '/b' }), {}, '/koa/b?y=2')).toMatchObject({
      path: '/koa/b',
      mountedPath: '/b',
      query: 'y=2',
    });
  });

  it.each([
    ['/', '/', ''],
    ['/?', '/', ''],
    ['*', '*', ''],
    ['//evil.example/a', '//evil.example/a', ''],
    ['http://user:secret@host.example/a?b', '/a', 'b'],
    ['HTTP://host.example?b', '/', 'b'],
    ['/a#b', '/a#b', ''],
  ])('splits the target %s', (url, path, query) => {
    expect(exchangeOf(native({ url }))).toMatchObject({ path, query });
  });

  it('has a root path and GET for a request that says nothing', () => {
    expect(exchangeOf({ headers: {} })).toMatchObject({
      method: 'GET',
      path: '/',
      mountedPath: '/',
      query: '',
      peerAddress: undefined,
    });
    expect(exchangeOf(native({ socket: null })).peerAddress).toBeUndefined();
  });

  it('BT-05 sees every line of a header, which the parsed headers do not', () => {
    const rawHeaders = [
      'Authorization',
      'Bearer a',
      'X-Other',
      'x',
      'AUTHORIZATION',
      'Bearer b',
      'authorization-x',
      'y',
    ];
    const exchange = exchangeOf(native({ rawHeaders, headers: { authorization: 'Bearer a' } }));
    expect(exchange.headerLines('authorization')).toEqual(['Bearer a', 'Bearer b']);
    expect(exchange.headerLines('x-other')).toEqual(['x']);
    expect(exchange.headerLines('missing')).toEqual([]);
  });

  it('BT-09 takes the lines that were sent, not what a middleware made of them', () => {
    const request = native({
      rawHeaders: ['Authorization', 'Bearer sent'],
      headers: { authorization: 'Bearer written' },
    });
    expect(exchangeOf(request).headerLines('authorization')).toEqual(['Bearer sent']);
  });

  it('falls back on the parsed headers where there are no raw ones', () => {
    const exchange = exchangeOf({ headers: { authorization: 'Bearer a', 'set-cookie': ['a', 'b'] } });
    expect(exchange.headerLines('authorization')).toEqual(['Bearer a']);
    expect(exchange.headerLines('set-cookie')).toEqual(['a', 'b']);
    expect(exchange.headerLines('missing')).toEqual([]);
  });

  it('unwraps the stand-in that koa-passport hands to strategies', () => {
    const underlying = native({ rawHeaders: ['Authorization', 'Bearer a', 'Authorization', 'Bearer b'] });
    const standIn = { headers: { authorization: 'Bearer a' }, originalUrl: '/koa', req: underlying };
    const exchange = exchangeOf(standIn);
    expect(exchange.native).toBe(underlying);
    expect(exchange.path).toBe('/koa');
    expect(exchange.headerLines('authorization')).toHaveLength(2);
  });
});

describe('the body of an exchange', () => {
  const TYPE = ['Content-Type', 'application/json'];

  it('is read once, as bytes', async () => {
    const exchange = exchangeOf(streaming(['{"a"', ':1}'], [...TYPE, 'Content-Length', '7']));
    const first = await exchange.body(100);
    expect(first).toEqual({ kind: 'bytes', bytes: Buffer.from('{"a":1}'), contentType: 'application/json' });
    expect(await exchange.body(100)).toBe(first);
  });

  it('is what a framework has parsed already, from the request or from where the framework keeps it', async () => {
    const request = streaming(['{"a":1}'], [...TYPE, 'Content-Length', '7']);
    for await (const chunk of request as unknown as Readable) void chunk;
    Object.assign(request, { body: { a: 1 } });
    await expect(exchangeOf(request).body(100)).resolves.toEqual({
      kind: 'parsed',
      value: { a: 1 },
      contentType: 'application/json',
    });
    await expect(exchangeOf(request, { body: { b: 2 } }).body(100)).resolves.toMatchObject({
      kind: 'parsed',
      value: { b: 2 },
    });
  });

  it.each([
    ['a length that was announced', ['Content-Length', '11']],
    ['chunks without a length', ['Transfer-Encoding', 'chunked']],
  ])('is refused above the limit and accepted at it: %s', async (_, headers) => {
    const body = 'x'.repeat(11);
    await expect(exchangeOf(streaming([body], headers)).body(10)).resolves.toEqual({ kind: 'too_large' });
    await expect(exchangeOf(streaming([body], headers)).body(11)).resolves.toMatchObject({ kind: 'bytes' });
  });

  it.each([
    ['is shorter than it said', streaming(['abc'], ['Content-Length', '7'])],
    ['is longer than it said', streaming(['abcdefghij'], ['Content-Length', '7'])],
    [
      'is compressed',
      streaming([gzipSync('{}')], ['Content-Encoding', 'gzip', 'Transfer-Encoding', 'chunked']),
    ],
    ['is compressed, in another case', streaming(['x'], ['Content-Encoding', 'GZIP', 'Content-Length', '1'])],
  ])('cannot be read when it %s', async (_, request) => {
    await expect(exchangeOf(request).body(100)).resolves.toEqual({ kind: 'unreadable' });
  });

  it('cannot be read when the stream breaks', async () => {
    const broken = Object.assign(
      new Readable({
        read() {
          this.destroy(new Error('reset'));
        },
      }),
      native({ rawHeaders: ['Content-Length', '7'] }),
    );
    await expect(exchangeOf(broken).body(100)).resolves.toEqual({ kind: 'unreadable' });
  });

  it('is read under the encoding identity', async () => {
    const request = streaming(['abc'], ['Content-Encoding', 'Identity', 'Content-Length', '3']);
    await expect(exchangeOf(request).body(100)).resolves.toMatchObject({ kind: 'bytes' });
  });
});
