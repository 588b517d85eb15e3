import type { Clock } from '../core/clock.ts';
import {
  flag,
  implementing,
  integer,
  optional,
  parseOptions,
  type Reader,
  text,
  wrong,
} from '../core/options.ts';
import type { Store } from '../core/store.ts';
import { redisClient, type RedisClient } from './redis/client.ts';
import { createEngine } from './redis/engine.ts';
import { createFamilies } from './redis/families.ts';
import { createFeed } from './redis/feed.ts';
import { createFeedWatch } from './redis/feed-watch.ts';
import { greet } from './redis/greeting.ts';
import { createLink, type Link } from './redis/link.ts';
import { createRecords } from './redis/records.ts';
import { storeOf } from './stepwise.ts';

export type { IoredisClient, NodeRedisClient, RedisClient } from './redis/client.ts';

export interface RedisStoreOptions {
  /**
   * A `Redis` of `ioredis` or `iovalkey`, or a client of `redis` (node-redis). It lends its address, credentials and TLS
   * settings and is not used itself, so that nothing about its own queues and retries matters.
   */
  readonly client: RedisClient;
  /**
   * What the names of all keys begin with, in braces (default `portcullis`). Stores with one prefix share their data;
   * those with another see nothing of it.
   */
  readonly prefix?: string | undefined;
  /** How long a call waits for its answer before it is an outage, in milliseconds (default 500). */
  readonly timeoutMs?: number | undefined;
  /**
   * Lets the store run on a server that evicts keys when its memory is full (default false). Evicted sessions log people
   * out, and an evicted feed lets revoked tokens in again.
   */
  readonly dangerouslyAllowEviction?: boolean | undefined;
  /** Tells the time, in tests (default: the server's own clock, which all nodes share). */
  readonly clock?: Clock | undefined;
}

/**
 * Keeps everything in Redis 7 or Valkey, on one primary, for any number of processes. Each write is one script, which is one
 * round trip and one atomic step. What has expired is dropped by the server; sweeping deletes lines of the feed.
 *
 * The store makes two connections of its own, one for commands when it is first called and one that waits for the feed
 * while somebody watches it. A connection that fails or stays silent for a whole `timeoutMs` is given up, and the next call
 * makes another, with pauses of up to a second: no command is queued for later or sent twice. A call that was refused for want
 * of an answer may have taken place before its deadline, and takes place no more after it; all steps can be repeated.
 *
 * The server's user needs the commands of the store on the keys `{prefix}:*`, and `INFO`. A server that is a replica, is
 * older than 7 or may evict keys is refused like one that is down. How much survives a crash of the server is its own
 * setting: with `appendonly yes` and `appendfsync everysec` up to a second is lost.
 *
 * @throws {@link ConfigError} `option_invalid` for a client of a cluster, a pool or of Sentinels by `redis`;
 *   `option_conflict` for one with a `keyPrefix`; and the other codes of options.
 * @example
 * // ioredis and iovalkey; `lazyConnect` spares a connection that nobody uses.
 * const store = redisStore({ client: new Redis('rediss://cache.example', { lazyConnect: true }) });
 * @example
 * // redis (node-redis)
 * const store = redisStore({ client: createClient({ url: 'rediss://cache.example' }) });
 */
export function redisStore(options: RedisStoreOptions): Store {
  const config = parseOptions('redisStore', options, {
    client: redisClient,
    prefix: optional(keyPrefix, 'portcullis'),
    timeoutMs: optional(integer(10, 60_000), 500),
    dangerouslyAllowEviction: optional(flag, false),
    clock: optional(implementing<Clock>('a clock', 'now')),
  });

  function openLink(): Link {
    return createLink({
      makeWire: config.client,
      timeoutMs: config.timeoutMs,
      greet: (send) => greet(send, config.dangerouslyAllowEviction),
    });
  }

  const link = openLink();
  const engine = createEngine(link, config.prefix, config.clock ?? null);
  const watch = createFeedWatch(openLink, engine);

  return storeOf('Redis', {
    ...createRecords(engine),
    ...createFamilies(engine),
    ...createFeed(engine),
    feedWatch: watch.add,
    ping: async () => ({ serverNow: await engine.serverNow() }),
    close() {
      watch.close();
      link.close();
    },
  });
}

/** What stands between the braces decides on the slot; another brace or the end of a name within it would move keys apart. */
const keyPrefix: Reader<string> = (value, path) => {
  const prefix = text(value, path);
  if (!/^[\w.:-]{1,64}$/.test(prefix)) {
    throw wrong(path, 'at most 64 letters, digits, ".", ":", "_" or "-"', value);
  }
  return prefix;
};
