import type { ServerResponse } from 'node:http';

/** An answer that no provider means to give, or none. */
export type ProviderFault =
  /** The connection stays open and nothing comes. */
  | 'silence'
  /** The connection is cut before an answer. */
  | 'hang-up'
  /** The headers promise more than comes. */
  | 'truncated'
  /** Sixteen mebibytes of JSON. */
  | 'huge'
  /** 302 to another address of the same server. */
  | 'redirect'
  /** A page of HTML with status 200. */
  | 'html'
  /** JSON that calls itself `text/plain`. */
  | 'wrong-type'
  /** The JSON `null`. */
  | 'null'
  /** The JSON `[]`. */
  | 'list'
  /** The JSON `{}`. */
  | 'nothing'
  /** What is no JSON, and calls itself so. */
  | 'garbage'
  /** 500 with a page. */
  | 'error'
  /** 429. */
  | 'throttled'
  /** Any other answer, word for word. */
  | { readonly status: number; readonly body: unknown; readonly contentType?: string | undefined };

/** Answers as a broken provider does. */
export function answerWrongly(response: ServerResponse, fault: ProviderFault): void {
  if (typeof fault === 'object') {
    const body = typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body);
    return write(response, fault.status, fault.contentType ?? JSON_TYPE, body);
  }
  switch (fault) {
    case 'silence':
      return;
    case 'hang-up':
      response.destroy();
      return;
    case 'truncated':
      response.writeHead(200, { 'Content-Type': JSON_TYPE, 'Content-Length': '1000' });
      // Cut off once what there is has gone out, so that the reader sees the beginning of an answer.
      response.write('{"access_token":"', () => response.destroy());
      return;
    case 'huge':
      return write(response, 200, JSON_TYPE, JSON.stringify({ padding: 'x'.repeat(16 * 1024 * 1024) }));
    case 'redirect':
      response.writeHead(302, { Location: '/elsewhere' });
      response.end();
      return;
    case 'html':
      return write(response, 200, 'text/html; charset=utf-8', '<!doctype html><title>Sign in</title>');
    case 'wrong-type':
      return write(response, 200, 'text/plain', '{}');
    case 'null':
      return write(response, 200, JSON_TYPE, 'null');
    case 'list':
      return write(response, 200, JSON_TYPE, '[]');
    case 'nothing':
      return write(response, 200, JSON_TYPE, '{}');
    case 'garbage':
      return write(response, 200, JSON_TYPE, '{"access_token":"cut');
    case 'error':
      return write(response, 500, 'text/html', '<h1>Error 500</h1>');
    case 'throttled':
      return write(response, 429, JSON_TYPE, '{}');
  }
}

const JSON_TYPE = 'application/json; charset=utf-8';

function write(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
