import { Redis } from 'ioredis';
import pg from 'pg';
import type { Store } from '../../src/core/store.ts';
import { postgresStore } from '../../src/stores/postgres.ts';
import { redisStore } from '../../src/stores/redis.ts';
import { CAN_START_POSTGRES, startOwnPostgres } from '../support/postgres.ts';
import { CAN_START_REDIS, startRedis } from '../support/redis.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

/** An engine that the tests may do anything to, behind a proxy. */
export interface Engine {
  readonly proxy: TcpProxy;
  /** How the store of another process is to be opened, without the proxy. */
  readonly url: string;
  /** Opens a store with its usual deadlines, through the proxy; it is closed with `stop`. */
  open(): Promise<Store>;
  /** Ends the server at once and without its doing. */
  kill(): Promise<void>;
  begin(): Promise<void>;
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

export interface EngineKind {
  readonly name: 'Redis' | 'PostgreSQL';
  readonly isMissing: boolean;
  start(): Promise<Engine>;
}

/** How long a node may take to answer while its store does not, with all that one request asks of the store. */
export const MOST_MS = 2_000;

export const ENGINES: readonly EngineKind[] = [
  { name: 'Redis', isMissing: !CAN_START_REDIS, start: startRedisEngine },
  { name: 'PostgreSQL', isMissing: !CAN_START_POSTGRES, start: startPostgresEngine },
];

async function startRedisEngine(): Promise<Engine> {
  const server = await startRedis();
  const proxy = await startTcpProxy(server.port);
  const ends: (() => Promise<unknown>)[] = [];
  return {
    proxy,
    url: server.url,
    async open() {
      const client = new Redis(proxy.port, '127.0.0.1', { lazyConnect: true });
      const store = redisStore({ client });
      ends.push(async () => {
        await store.close();
        client.disconnect();
      });
      return store;
    },
    kill: () => server.kill(),
    begin: () => server.restart(),
    freeze: server.freeze,
    thaw: server.thaw,
    async stop() {
      for (const end of ends) await end();
      await proxy.stop();
      await server.stop();
    },
  };
}

async function startPostgresEngine(): Promise<Engine> {
  const server = await startOwnPostgres();
  const proxy = await startTcpProxy(server.port);
  const direct = await server.createDatabase();
  const url = new URL(direct);
  url.port = String(proxy.port);
  const ends: (() => Promise<unknown>)[] = [];
  return {
    proxy,
    url: direct,
    async open() {
      // A slow server needs as many connections as there are statements under way.
      const pool = new pg.Pool({ connectionString: url.href, max: 30, connectionTimeoutMillis: 1_000 });
      const end = (): Promise<void> => pool.end();
      try {
        const store = await postgresStore({ pool });
        ends.push(async () => {
          await store.close();
          await end();
        });
        return store;
      } catch (error) {
        await end();
        throw error;
      }
    },
    async kill() {
      server.halt('immediate');
    },
    async begin() {
      server.begin();
    },
    freeze: server.freeze,
    thaw: server.thaw,
    async stop() {
      for (const end of ends) await end();
      await proxy.stop();
      await server.stop();
    },
  };
}
