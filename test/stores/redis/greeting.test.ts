import { describe, expect, it } from 'vitest';
import { greet } from '../../../src/stores/redis/greeting.ts';

/** What a server tells of itself, as `INFO` puts it. */
function info(changes: Readonly<Record<string, string>> = {}): string {
  const facts = {
    redis_version: '7.2.4',
    loading: '0',
    role: 'master',
    maxmemory: '0',
    maxmemory_policy: 'noeviction',
    ...changes,
  };
  const lines = Object.entries(facts).map(([name, value]) => `${name}:${value}`);
  return ['# Server', ...lines, ''].join('\r\n');
}

describe('greet', () => {
  it.each([
    { redis_version: '7.0.0' },
    { redis_version: '10.0.0' },
    // Without a bound on its memory a server evicts nothing, whatever its policy.
    { maxmemory_policy: 'allkeys-lru' },
    { maxmemory: '1073741824' },
  ])('lets a server with %o pass', async (changes) => {
    expect(await greet(async () => info(changes), false)).toBeUndefined();
  });

  it.each([
    [{ redis_version: '6.2.14' }, 'VERSION: the server must be Redis 7 or Valkey, or later'],
    [{ loading: '1' }, 'LOADING: the server is reading its data'],
    [{ role: 'slave' }, 'READONLY: the server is a replica'],
    [{ maxmemory: '1', maxmemory_policy: 'volatile-ttl' }, 'EVICTION: the server forgets keys'],
  ])('refuses a server with %o', async (changes, message) => {
    await expect(greet(async () => info(changes), false)).rejects.toThrow(message);
  });

  it('refuses a server that tells nothing of itself', async () => {
    await expect(greet(async () => '', false)).rejects.toThrow('VERSION');
  });

  it('lets a server that evicts pass when it is told to', async () => {
    const told = info({ maxmemory: '1', maxmemory_policy: 'allkeys-lru' });
    expect(await greet(async () => told, true)).toBeUndefined();
  });
});
