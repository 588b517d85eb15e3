import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Store } from '../../../src/core/store.ts';
import { redisStore } from '../../../src/stores/redis.ts';
import type { StoreProcess } from '../../../src/stores/testing.ts';
import { reachRedis, type RedisServer } from '../../support/redis.ts';
import { type StoreProcesses, storeProcesses } from '../../support/store-processes.ts';

/** A server for the tests of a suite, and a store with a prefix of its own for each of them. To be read in tests only. */
export interface Stage {
  /** For looking at and disturbing what the store does; the store is made on it, too. */
  readonly admin: Redis;
  readonly prefix: string;
  readonly store: Store;
  /** What the store calls one of its keys on the server. */
  readonly key: (name: string) => string;
}

/** Opens it before the tests of a suite, and closes it after them. */
export function redisStage(): Stage {
  let server: RedisServer;
  let admin: Redis;
  let prefix: string;
  let store: Store;

  beforeAll(async () => {
    server = await reachRedis();
    admin = new Redis(server.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });
  beforeEach(() => {
    prefix = server.newPrefix();
    store = redisStore({ client: admin, prefix });
  });
  afterEach(() => store.close());

  return {
    get admin() {
      return admin;
    },
    get prefix() {
      return prefix;
    },
    get store() {
      return store;
    },
    key: (name) => `{${prefix}}:1:${name}`,
  };
}

/** A server for the tests of a suite, and stores of other processes on it. To be read in tests only. */
export interface ProcessStage {
  readonly server: RedisServer;
  /** Opens a store with a client of this library in a process of its own. */
  readonly spawn: (library: string, prefix: string) => Promise<StoreProcess>;
}

/** Opens it before the tests of a suite, and closes it after them. */
export function redisProcessStage(): ProcessStage {
  let server: RedisServer;
  let processes: StoreProcesses;

  beforeAll(async () => {
    processes = storeProcesses();
    server = await reachRedis();
  });
  afterAll(async () => {
    processes.dispose();
    await server.stop();
  });

  return {
    get server() {
      return server;
    },
    spawn: (library, prefix) => processes.spawn('redis-worker.mjs', [library, server.url, prefix]),
  };
}
