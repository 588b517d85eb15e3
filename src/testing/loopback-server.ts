import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerWrongly, type ProviderFault } from './faults.ts';

/** One request as a loopback provider received it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The fields of a form body; empty for any other. */
  readonly form: URLSearchParams;
}

export interface LoopbackAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A text is sent as HTML, anything else as JSON. */
  readonly body?: unknown;
}

/** What every loopback provider can do. */
export interface LoopbackServer {
  /** Where it listens, such as `http://127.0.0.1:49152`. */
  readonly url: string;
  /** Every request so far, in order. */
  readonly requests: readonly ReceivedRequest[];
  /**
   * From now on, requests of this path are answered wrongly.
   *
   * @param times How many of them; by default all, until {@link mend}.
   */
  break(path: string, fault: ProviderFault, times?: number): void;
  /** Ends what {@link break} began. */
  mend(): void;
  stop(): Promise<void>;
}

/**
 * Starts a server on 127.0.0.1 and a free port.
 *
 * @param answer What it answers; `null` for a path that it does not have.
 */
export async function startLoopback(
  answer: (request: ReceivedRequest) => LoopbackAnswer | null,
): Promise<LoopbackServer> {
  const requests: ReceivedRequest[] = [];
  const faults = new Map<string, { fault: ProviderFault; left: number }>();

  async function respond(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await receive(incoming);
    requests.push(request);
    const broken = faults.get(request.path);
    if (broken !== undefined && broken.left > 0) {
      broken.left -= 1;
      answerWrongly(response, broken.fault);
      return;
    }
    write(response, answer(request) ?? { status: 404, body: { error: 'not_found' } });
  }

  const server = createServer((incoming, response) => {
    respond(incoming, response).catch((error: unknown) => {
      // A mistake in a test, which should read it in the answer.
      if (!response.headersSent) write(response, { status: 500, body: { error: String(error) } });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    break: (path, fault, times = Infinity) => void faults.set(path, { fault, left: times }),
    mend: () => faults.clear(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function receive(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const isForm = incoming.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  return {
    method: incoming.method ?? 'GET',
    path: pathname,
    query: searchParams,
    headers: incoming.headers,
    form: new URLSearchParams(isForm ? Buffer.concat(chunks).toString('utf8') : ''),
  };
}

function write(response: ServerResponse, { status, headers = {}, body }: LoopbackAnswer): void {
  const isText = typeof body === 'string';
  const text = body === undefined ? '' : isText ? body : JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': isText ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(text);
}
