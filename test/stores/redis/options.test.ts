import { Cluster, Redis } from 'ioredis';
import { createClient, createClientPool, createCluster, createSentinel } from 'redis';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/core/errors.ts';
import { redisStore } from '../../../src/stores/redis.ts';

describe('redisStore: options', () => {
  const client = new Redis({ lazyConnect: true });

  it.each([
    [undefined, 'redisStore.client is required: give a client of ioredis, iovalkey or redis.'],
    ['redis://localhost', 'redisStore.client must be a client of ioredis, iovalkey or redis, not a string.'],
    [{}, 'redisStore.client must be a client of ioredis, iovalkey or redis, not an object.'],
    [
      { duplicate: () => null, connect: () => null },
      'redisStore.client must be a client of ioredis, iovalkey or redis, not an object.',
    ],
    [new Redis({ lazyConnect: true, keyPrefix: 'app:' }), 'redisStore.client has a keyPrefix;'],
    [createClient({ keyPrefix: 'app:' }), 'Use the option "prefix" instead.'],
    [
      new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true }),
      'redisStore.client must be a client of one primary',
    ],
    [createCluster({ rootNodes: [{ url: 'redis://127.0.0.1:1' }] }), 'must be a client of one primary'],
    [
      createSentinel({ name: 'main', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] }),
      'a "Redis" of ioredis may find it through Sentinels.',
    ],
    [createClientPool(), 'redisStore.client must be'],
  ])('refuses what is no client of one primary (%#)', (wrong, message) => {
    expect(() => redisStore({ client: wrong as never })).toThrow(ConfigError);
    expect(() => redisStore({ client: wrong as never })).toThrow(message);
  });

  it.each(['', '{a}', 'a}b', 'a b', 'a*', 'x'.repeat(65)])('refuses the prefix %j', (prefix) => {
    expect(() => redisStore({ client, prefix })).toThrow(ConfigError);
  });

  it('refuses unknown options and values out of bounds', () => {
    expect(() => redisStore({ client, timeoutMS: 1 } as never)).toThrow('did you mean "timeoutMs"?');
    expect(() => redisStore({ client, timeoutMs: 0 })).toThrow('a whole number from 10 to 60000');
    expect(() => redisStore({ client, clock: {} as never })).toThrow(ConfigError);
  });

  it('connects to nothing before it is called', async () => {
    const store = redisStore({ client });
    expect(client.status).toBe('wait');
    await store.close();
  });
});
