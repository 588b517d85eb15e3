import { dirname, resolve } from 'node:path';
import type { Store } from 'portcullis';
import { memoryStore } from 'portcullis/stores/memory';
import { postgresStore } from 'portcullis/stores/postgres';
import { redisStore } from 'portcullis/stores/redis';
import { sqliteStore } from 'portcullis/stores/sqlite';
import { type Environment, SetupError, type StoreLocation } from './environment.ts';

/** Opens the store. Closing it also ends the connections that were made for it. */
export async function openStore(location: StoreLocation): Promise<Store> {
  if (location.kind === 'memory') return memoryStore();
  if (location.kind === 'sqlite') return sqliteStore(location.path);
  return location.kind === 'postgres' ? openPostgres(location.url) : openRedis(location.url);
}

/** Where the small files go that belong to the store; `null` for a store that is gone with the process. */
export function directoryOf({ store, dataDirectory }: Environment): string | null {
  if (store.kind === 'memory') return null;
  return store.kind === 'sqlite' ? dirname(resolve(store.path)) : resolve(dataDirectory);
}

async function openPostgres(connectionString: string): Promise<Store> {
  const { default: pg } = await load('pg', () => import('pg'));
  // Without its own limit a connection that nobody answers would keep its place in the pool for minutes.
  const pool = new pg.Pool({ connectionString, max: 10, connectionTimeoutMillis: 1_000 });
  return endingWith(() => pool.end(), await postgresStore({ pool }));
}

async function openRedis(url: string): Promise<Store> {
  const { Redis } = await load('ioredis', () => import('ioredis'));
  // It lends its settings to the store, and is never connected itself.
  return redisStore({ client: new Redis(url, { lazyConnect: true }) });
}

function endingWith(end: () => Promise<unknown>, store: Store): Store {
  return {
    ...store,
    async close() {
      await store.close();
      await end();
    },
  };
}

async function load<T>(name: string, importing: () => Promise<T>): Promise<T> {
  try {
    return await importing();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const mend = `"npm install --no-save ${name}" fetches it`;
    throw new SetupError(`The package ${name} is not installed; ${mend}.`, { cause: error });
  }
}
