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
  const own = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const lines = own.get(key) ?? [];
    if (lines.length === 0 && MANY.has(key)) lines.push(...linesOf(response.getHeader(name)));
    lines.push(value);
    own.set(key, lines);
    response.setHeader(name, lines.length === 1 ? value : lines);
  }
}

const MANY: ReadonlySet<string> = new Set(['set-cookie', 'vary', 'www-authenticate', 'link']);

function linesOf(value: number | string | readonly string[] | undefined): string[] {
  if (value === undefined) return [];
  return typeof value === 'object' ? [...value] : [String(value)];
}
