import { Redis } from 'ioredis';
import { Redis as Valkey } from 'iovalkey';
import { createClient } from 'redis';
import type { RedisClient } from '../../src/stores/redis.ts';

/** The clients that a host may hand in, as a host that knows nothing of queues and retries makes them. */
export const REDIS_CLIENTS: readonly {
  readonly name: string;
  /** A client that was never connected. */
  readonly make: (url: string) => RedisClient;
}[] = [
  { name: 'ioredis', make: (url) => new Redis(url, { lazyConnect: true }) },
  { name: 'iovalkey', make: (url) => new Valkey(url, { lazyConnect: true }) },
  { name: 'redis', make: (url) => createClient({ url }) },
];
