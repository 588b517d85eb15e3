import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

/** A Redis server of the tests, or the host's own. */
export interface RedisServer {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** A prefix for keys that nobody else has. */
  newPrefix(): string;
  stop(): Promise<void>;
}

/** One that the tests started, and may do anything to. */
export interface OwnRedisServer extends RedisServer {
  /** Where its files are. */
  readonly folder: string;
  /** Stops it from doing anything, with its connections open (SIGSTOP). */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Ends it at once (SIGKILL). */
  readonly kill: () => Promise<void>;
  /** Starts it again at the same port with the data it had written, and waits until it answers. */
  readonly restart: (settings?: readonly string[]) => Promise<void>;
  /** Kills and restarts it. */
  readonly crash: () => Promise<void>;
}

/** Where a server comes from; `null` where there is neither `REDIS_URL` nor a `redis-server` or `valkey-server`. */
export const REDIS_SOURCE: 'REDIS_URL' | 'installed' | null =
  process.env['REDIS_URL'] === undefined ? (program() === null ? null : 'installed') : 'REDIS_URL';

/** Whether the tests can start a server of their own, to do harm to. */
export const CAN_START_REDIS: boolean = program() !== null;

/** Uses the server of `REDIS_URL`, or starts one. */
export async function reachRedis(): Promise<RedisServer> {
  const url = process.env['REDIS_URL'];
  if (url === undefined) return startRedis();
  const { hostname, port } = new URL(url);
  return { url, host: hostname, port: Number(port || 6379), newPrefix, stop: async () => undefined };
}

/** Starts a server on a free loopback port, in a temporary folder, that writes each command through to its file. */
export async function startRedis(settings: readonly string[] = []): Promise<OwnRedisServer> {
  const name = program();
  if (name === null) throw new Error('There is no Redis on this machine.');
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-redis-'));
  const port = await freePort();
  const base = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const args = [...base, '--appendonly', 'yes', '--appendfsync', 'always', ...settings];
  let server: ChildProcess;

  async function start(more: readonly string[] = []): Promise<void> {
    server = spawn(name as string, [...args, ...more], { stdio: 'ignore' });
    await answers(port, () => server.exitCode !== null);
  }

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exit = once(server, 'exit');
    server.kill('SIGKILL');
    await exit;
  }

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    folder,
    newPrefix,
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    kill,
    restart: start,
    async crash() {
      await kill();
      await start();
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function newPrefix(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}

function program(): string | null {
  return (
    ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0) ?? null
  );
}

/** Waits until the server answers `PING`: while it reads its file it answers with an error. */
async function answers(port: number, hasEnded: () => boolean): Promise<void> {
  for (;;) {
    if (hasEnded()) throw new Error('Redis did not start.');
    if (await pong(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function pong(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.on('error', () => resolve(false));
    socket.on('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
  });
}
