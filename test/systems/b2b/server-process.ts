import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import type { B2bOptions } from '../../../src/systems/b2b/system.ts';
import { send, type HttpAnswer } from '../../support/http-client.ts';
import { transpileSources, type TranspiledSources } from '../../support/transpiled-sources.ts';

/** A user of a server process; a user named `broken` makes its directory throw. */
export interface ServerUser {
  readonly login: string;
  readonly password: string;
  readonly id: string;
  readonly clientId: number;
}

export interface ServerSettings {
  /** The name of one of the hosts; node:http by default. */
  readonly host?: string | undefined;
  /** The database file. */
  readonly path: string;
  readonly keys: string;
  readonly users: readonly ServerUser[];
  readonly options?: Pick<B2bOptions, 'reuseGraceSeconds'> | undefined;
}

/** The B2B API in a process of its own, on the system's clock. */
export interface ServerProcess {
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<HttpAnswer>;
  /** Asks for the protected resource. */
  products(token: string): Promise<HttpAnswer>;
  /** All that it has written to standard output and standard error so far. */
  output(): string;
  /** Ends it as an operator does; resolves when all its output has been read. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL, in the middle of whatever it does. */
  kill(): Promise<void>;
}

const SERVER = fileURLToPath(new URL('server.mjs', import.meta.url));
const running = new Set<ChildProcess>();
let sources: TranspiledSources | undefined;

/** Prepares what the processes of a test file run, and ends those that are left; a test file calls it once. */
export function useServerProcesses(): void {
  beforeAll(() => {
    sources = transpileSources(['src', 'strategies', 'test/systems/b2b/hosts.ts']);
  });
  afterAll(async () => {
    await Promise.all([...running].map((child) => end(child, 'SIGKILL')));
    sources?.dispose();
  });
}

export async function startServer({
  host = 'node:http',
  options = {},
  ...rest
}: ServerSettings): Promise<ServerProcess> {
  const child = fork(SERVER, [sources?.folder ?? ''], {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  try {
    await messageOf(child);
    child.send({ host, options, ...rest });
    const { port } = (await messageOf(child)) as { port: number };
    const ask = (method: string, path: string, headers: Record<string, string>, body?: string) =>
      send(port, { method, path, headers: { Connection: 'close', ...headers }, body });
    return {
      post: (path, body, headers = {}) =>
        ask(
          'POST',
          path,
          body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
          typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
        ),
      products: (token) => ask('GET', '/api/v1/products', { Authorization: `Bearer ${token}` }),
      output: () => output,
      stop: () => end(child, 'SIGTERM'),
      kill: () => end(child, 'SIGKILL'),
    };
  } catch (cause) {
    throw new Error(`The server did not start: ${output}`, { cause });
  }
}

/** The next message of a child, which must not end before. */
async function messageOf(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const over = (): void => ended.abort();
  child.once('close', over);
  try {
    const [message] = (await once(child, 'message', { signal: ended.signal })) as [unknown];
    return message;
  } finally {
    child.off('close', over);
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (!running.delete(child)) return;
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}
