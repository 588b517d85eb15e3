import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { HeaderLine, Reply } from '../../src/core/reply.ts';
import { abandon, addHeaders, writeReply } from '../../src/passport/write-reply.ts';

function response(): ServerResponse & { readonly written: unknown[] } {
  const written: unknown[] = [];
  const real = new ServerResponse(new IncomingMessage(new Socket()));
  return Object.assign(real, {
    written,
    end(body?: unknown): typeof real {
      written.push(body);
      return real;
    },
  });
}

const REPLY: Reply = { status: 401, headers: [['Content-Type', 'application/json']], body: '{"a":"\u00e9"}' };

describe('writeReply', () => {
  it('writes status, headers, the length in bytes, and the body', () => {
    const target = response();
    writeReply(target, REPLY, 'GET');
    expect(target.statusCode).toBe(401);
    expect({ ...target.getHeaders() }).toEqual({
      'content-type': 'application/json',
      'content-length': '10',
    });
    expect(target.written).toEqual([REPLY.body]);
  });

  it('writes no body for HEAD, and the length that GET would have', () => {
    const target = response();
    writeReply(target, REPLY, 'HEAD');
    expect(target.getHeader('Content-Length')).toBe('10');
    expect(target.written).toEqual([undefined]);
  });

  it('says nothing of a body, not even its length, with a 204 (RFC 9110 section 8.6)', () => {
    const target = response();
    target.setHeader('Content-Length', '7');
    writeReply(target, { status: 204, headers: [['Cache-Control', 'no-store']], body: '' }, 'DELETE');
    expect({ ...target.getHeaders() }).toEqual({ 'cache-control': 'no-store' });
  });

  it.each(['headersSent', 'writableEnded'] as const)(
    'writes nothing when an answer has begun: %s',
    (flag) => {
      const target = response();
      Object.defineProperty(target, flag, { value: true });
      writeReply(target, REPLY, 'GET');
      expect(target.statusCode).toBe(200);
      expect(target.written).toEqual([]);
    },
  );

  it('takes back what a handler said of a body that is not sent, and leaves its other headers', () => {
    const target = response();
    const kept: readonly HeaderLine[] = [
      ['X-Request-Id', '7'],
      ['Set-Cookie', 'a=b'],
    ];
    const dropped = [
      'Content-Encoding',
      'Content-Language',
      'Content-Range',
      'Content-Disposition',
      'Transfer-Encoding',
      'ETag',
      'Last-Modified',
    ];
    for (const [name, value] of [...kept, ...dropped.map((header) => [header, 'x'] as const)])
      target.setHeader(name, value);
    writeReply(target, REPLY, 'GET');
    expect({ ...target.getHeaders() }).toEqual({
      'x-request-id': '7',
      'set-cookie': 'a=b',
      'content-type': 'application/json',
      'content-length': '10',
    });
  });
});

describe('addHeaders', () => {
  it('adds to the headers that may stand several times, and replaces the others', () => {
    const target = response();
    for (const name of ['Set-Cookie', 'Vary', 'WWW-Authenticate', 'Link', 'Cache-Control'])
      target.setHeader(name, 'old');
    addHeaders(target, [
      ['set-cookie', 'new'],
      ['vary', 'new'],
      ['www-authenticate', 'new'],
      ['link', 'new'],
      ['cache-control', 'new'],
    ]);
    expect({ ...target.getHeaders() }).toEqual({
      'set-cookie': ['old', 'new'],
      vary: ['old', 'new'],
      'www-authenticate': ['old', 'new'],
      link: ['old', 'new'],
      'cache-control': 'new',
    });
  });

  it('keeps several lines of one name, also beside several that were there', () => {
    const target = response();
    target.setHeader('Vary', ['a', 'b']);
    addHeaders(target, [
      ['Vary', 'c'],
      ['X-Many', '1'],
      ['x-many', '2'],
      ['Vary', 'd'],
    ]);
    expect(target.getHeader('Vary')).toEqual(['a', 'b', 'c', 'd']);
    expect(target.getHeader('X-Many')).toEqual(['1', '2']);
  });

  it('sets one line where none was there', () => {
    const target = response();
    addHeaders(target, [['Vary', 'new']]);
    expect(target.getHeader('Vary')).toBe('new');
  });

  it('takes a number that was set for a text', () => {
    const target = response();
    target.setHeader('Link', 7);
    addHeaders(target, [['Link', 'x']]);
    expect(target.getHeader('Link')).toEqual(['7', 'x']);
  });
});

describe('abandon', () => {
  it.each([
    ['has not begun', { headersSent: false, writableEnded: false }, false],
    ['has begun', { headersSent: true, writableEnded: false }, true],
    ['is complete', { headersSent: true, writableEnded: true }, false],
  ])('judges an answer that %s', (_, state, isCut) => {
    let cut = false;
    abandon({ ...state, destroy: () => (cut = true) } as unknown as ServerResponse);
    expect(cut).toBe(isCut);
  });
});
