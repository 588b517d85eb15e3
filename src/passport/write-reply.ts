import type { HeaderLine, Reply } from '../core/reply.ts';

/** The parts of a server's response that are written to; `node:http`'s own. */
export interface NativeResponse {
  statusCode: number;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  getHeader(name: string): number | string | readonly string[] | undefined;
  setHeader(name: string, value: string | readonly string[]): unknown;
  removeHeader(name: string): unknown;
  end(body?: string): unknown;
  destroy(): unknown;
}

/**
 * Writes a whole answer. It has a `Content-Length`, so that an HTTP/1.0 client can read it, except where the status says
 * that there is nothing (RFC 9110 section 8.6), and no body for HEAD (section 9.3.2). Nothing is written when an answer has begun already.
 */
export function writeReply(response: NativeResponse, reply: Reply, method: string): void {
  if (response.headersSent || response.writableEnded) return;
  response.statusCode = reply.status;
  removeRepresentation(response);
  addHeaders(response, reply.headers);
  if (reply.status === 204) response.removeHeader('Content-Length');
  else response.setHeader('Content-Length', String(Buffer.byteLength(reply.body)));
  if (method === 'HEAD') response.end();
  else response.end(reply.body);
}

/** Cuts an answer off that has begun and cannot be finished, so that nobody takes what was sent for all of it. */
export function abandon(response: NativeResponse): void {
  if (response.headersSent && !response.writableEnded) response.destroy();
}

/** Takes back what a handler said about a body that is not sent (RFC 9110 section 8). */
export function removeRepresentation(response: Pick<NativeResponse, 'removeHeader'>): void {
  for (const name of REPRESENTATION) response.removeHeader(name);
}

const REPRESENTATION = [
  'Content-Encoding',
  'Content-Language',
  'Content-Range',
  'Content-Disposition',
  'Transfer-Encoding',
  'ETag',
  'Last-Modified',
];

/** Sets header lines; those that may stand several times are added to what is there already. */
export function addHeaders(
  response: Pick<NativeResponse, 'getHeader' | 'setHeader'>,
  headers: readonly HeaderLine[],
): void {
  for (let index = 0; index < headers.length; index++) {
    const [name, value] = headers[index] as HeaderLine;
    const key = name.toLowerCase();
    const lines =
      MANY.has(key) || isRepeated(headers, index, key) ? linesOf(response.getHeader(name)) : NO_LINES;
    response.setHeader(name, lines.length === 0 ? value : [...lines, value]);
  }
}

/** Whether a line of this name stands before this one, which then adds to it. */
function isRepeated(headers: readonly HeaderLine[], index: number, key: string): boolean {
  for (let before = 0; before < index; before++) {
    if ((headers[before] as HeaderLine)[0].toLowerCase() === key) return true;
  }
  return false;
}

const MANY: ReadonlySet<string> = new Set(['set-cookie', 'vary', 'www-authenticate', 'link']);

const NO_LINES: readonly string[] = [];

function linesOf(value: number | string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return NO_LINES;
  return typeof value === 'object' ? value : [String(value)];
}
