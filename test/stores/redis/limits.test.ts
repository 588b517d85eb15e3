import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../src/core/exchange.ts';
import { parseAddress } from '../../../src/network/address.ts';
import type { LoginAttempt, LoginLimiter } from '../../../src/services/login.ts';
import { loginLimits } from '../../../src/services/login-limits.ts';
import type { StoreProcess } from '../../../src/stores/testing.ts';
import { REDIS_SOURCE } from '../../support/redis.ts';
import { redisProcessStage } from './stage.ts';

describe.skipIf(REDIS_SOURCE === null)('login limits of two processes on one Redis', () => {
  const stage = redisProcessStage();

  it('F20 count together: of failures at once in both none is lost and none is counted twice, in 50 rounds', async () => {
    const prefix = stage.server.newPrefix();
    const spawn = (): Promise<StoreProcess> => stage.spawn('ioredis', prefix);
    const nodes = await Promise.all([spawn(), spawn()]);
    const limiters = nodes.map(({ store }) => loginLimits({ store, failuresPerAddress: 20 }));
    for (let round = 0; round < 50; round++) {
      const from = (index: number): LoginAttempt => ({
        system: 'b2b',
        name: `user${index}`,
        address: parseAddress(`203.0.113.${round}`),
        exchange: {} as Exchange,
      });
      const fail = async (limiter: LoginLimiter | undefined, index: number): Promise<void> =>
        limiter?.failed(from(index));
      const waits = (): Promise<readonly (number | null)[]> =>
        Promise.all(limiters.map(async (each) => each.check(from(99))));
      await Promise.all(Array.from({ length: 19 }, (_, index) => fail(limiters[index % 2], index)));
      expect(await waits()).toEqual([null, null]);
      await fail(limiters[0], 19);
      expect((await waits()).every((wait) => wait !== null && wait > 3_500)).toBe(true);
    }
    await Promise.all(nodes.map((node) => node.kill()));
  });
});
