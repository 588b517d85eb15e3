import { describe, expect, it } from 'vitest';
import { CAN_START_REDIS, type OwnRedisServer, startRedis } from '../support/redis.ts';
import { ask, signInB2b } from './client.ts';
import { itEndsBoth, twoHosts } from './two-hosts.ts';

describe.skipIf(!CAN_START_REDIS)('the example host with Redis', () => {
  let redis: OwnRedisServer;
  const hosts = twoHosts(async () => {
    redis = await startRedis();
    return { store: redis.url, stop: () => redis.stop() };
  });

  it('F2 F3 answers 503 while the server is down, and goes on with the same session when it is back', async () => {
    const { ready } = hosts.one();
    const { access, refresh } = await signInB2b(ready);
    const products = (): Promise<number> =>
      ask(`${ready.url}/api/v1/products`, { authorization: `Bearer ${access}` }).then(({ status }) => status);
    const readiness = async (): Promise<readonly unknown[]> => {
      const { status, body } = await ask(`${ready.url}/readyz`, {});
      return [status, body];
    };
    expect(await readiness()).toEqual([200, { status: 'ready' }]);
    await redis.kill();
    expect(await readiness()).toEqual([
      503,
      { status: 'unavailable', reasons: ['store_unreachable', 'feed_unreadable'] },
    ]);
    const refreshing = (): Promise<number> =>
      ask(`${ready.url}/auth/refresh`, { body: { refresh_token: refresh } }).then(({ status }) => status);
    expect(await refreshing()).toBe(503);
    await redis.restart();
    await expect.poll(readiness, { timeout: 5_000 }).toEqual([200, { status: 'ready' }]);
    expect(await products()).toBe(200);
    expect(await refreshing()).toBe(200);
  });

  it('says in one line that its server cannot be reached, and ends', () => {
    expect(hosts.refusedWith('redis://app:hunter2@127.0.0.1:1')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'The Redis store failed with ECONNREFUSED: nothing listens at its address.\n',
    });
  });

  itEndsBoth(hosts);
});
