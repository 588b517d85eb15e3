import { Agent, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';

export interface HttpRequest {
  readonly method?: string | undefined;
  readonly path?: string | undefined;
  /** A list of values stands for several lines of one name. */
  readonly headers?: Readonly<Record<string, string | string[]>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  /** The loopback address that it is sent from, such as 127.0.0.2; the system's choice by default. */
  readonly localAddress?: string | undefined;
}

/** An answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  /** The lines of a header, in order; empty when there are none. */
  lines(name: string): readonly string[];
  /** The one line of a header; `undefined` when there is none, and all of them joined when there are several. */
  header(name: string): string | undefined;
  /** Every header and the body as one text, to look for what must not be there. */
  readonly everything: string;
  readonly text: string;
  json(): unknown;
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** Sends one request to a loopback port and reads the whole answer. */
export function send(
  port: number,
  { method = 'GET', path = '/', headers = {}, body, localAddress }: HttpRequest = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { agent, host: '127.0.0.1', port, method, path, headers, localAddress },
      (incoming) => {
        collect(incoming).then(resolve, reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function collect(incoming: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return answerOf(incoming.statusCode ?? 0, incoming.rawHeaders, Buffer.concat(chunks).toString('utf8'));
}

function answerOf(status: number, rawHeaders: readonly string[], text: string): HttpAnswer {
  function lines(name: string): readonly string[] {
    return rawHeaders.filter(
      (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name.toLowerCase(),
    );
  }
  return {
    status,
    lines,
    header: (name) => (lines(name).length === 0 ? undefined : lines(name).join(' | ')),
    everything: `${rawHeaders.join('\n')}\n\n${text}`,
    text,
    json: () => JSON.parse(text) as unknown,
  };
}

/** Writes bytes to a loopback port as they are and reads until the peer closes. */
export function sendBytes(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  });
}

/** One GET with these raw header lines, on a connection of its own. */
export function rawGet(port: number, headerLines: readonly string[], target: string = '/'): Promise<string> {
  const lines = [`GET ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headerLines];
  return sendBytes(port, `${lines.join('\r\n')}\r\n\r\n`);
}

/**
 * Sends many GETs over one connection without waiting for answers, so that the server works on all of them at once.
 *
 * @returns The bodies, in the order of the requests.
 */
export function pipelined(
  port: number,
  requests: readonly Readonly<Record<string, string>>[],
): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const bodies: string[] = [];
    let pending = '';
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`the connection ended after ${bodies.length} answers`)));
    socket.on('data', (chunk: string) => {
      pending += chunk;
      for (let answer = takeAnswer(pending); answer !== undefined; answer = takeAnswer(pending)) {
        bodies.push(answer.body);
        pending = pending.slice(answer.length);
      }
      if (bodies.length < requests.length) return;
      socket.removeAllListeners('close');
      socket.destroy();
      resolve(bodies);
    });
    socket.write(requests.map(head).join(''));
  });
}

function head(headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET / HTTP/1.1\r\nHost: localhost\r\n${lines.join('')}\r\n`;
}

function takeAnswer(text: string): { readonly body: string; readonly length: number } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1]);
  if (!Number.isInteger(length)) throw new Error(`an answer without a length: ${text.slice(0, end)}`);
  const start = end + 4;
  return text.length < start + length
    ? undefined
    : { body: text.slice(start, start + length), length: start + length };
}
