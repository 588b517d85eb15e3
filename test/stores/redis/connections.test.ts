import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import type { Store } from '../../../src/core/store.ts';
import { type IoredisClient, type RedisClient, redisStore } from '../../../src/stores/redis.ts';
import { CAN_START_REDIS, type OwnRedisServer, startRedis } from '../../support/redis.ts';
import { REDIS_CLIENTS } from '../../support/redis-clients.ts';
import { transpileSources } from '../../support/transpiled-sources.ts';

const run = promisify(execFile);
const FAMILY = { id: 'f1', owner: 'u1', data: 1, idleMs: 60_000, absoluteAt: null, feedMs: 60_000 };
const POLICY = { idleMs: 60_000, graceMs: 10_000 };

describe.skipIf(!CAN_START_REDIS).each(REDIS_CLIENTS)(
  'redisStore with $name: connections',
  ({ name, make }) => {
    let server: OwnRedisServer;
    let admin: Redis;
    let client: RedisClient;
    let store: Store;

    beforeAll(async () => {
      server = await startRedis();
      admin = new Redis(server.url);
      admin.on('error', () => undefined);
    });

    afterAll(async () => {
      admin.disconnect();
      await server.stop();
    });

    beforeEach(() => {
      client = make(server.url);
      store = redisStore({ client, prefix: server.newPrefix() });
    });

    afterEach(() => store.close());

    /** The connections of others than the test's own. */
    async function connections(): Promise<number> {
      const list = String(await admin.call('CLIENT', 'LIST', 'TYPE', 'normal'));
      return list.trim().split('\n').length - 1;
    }

    async function until(expected: number): Promise<void> {
      const end = performance.now() + 5_000;
      while ((await connections()) !== expected && performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(await connections()).toBe(expected);
    }

    it('are one for commands and one for the feed while it is watched, and the client that was given is none of them', async () => {
      await until(0);
      await Promise.all(Array.from({ length: 50 }, (_, index) => store.put('kind', `${index}`, 1)));
      await until(1);
      const ends = await Promise.all([store.feedWatch(() => undefined), store.feedWatch(() => undefined)]);
      await until(2);
      for (const end of ends) await end();
      await until(1);
      await store.close();
      await until(0);
      // Unused, so that the host may close it or go on with it as it likes.
      expect('status' in client ? client.status : (client as { isOpen?: boolean }).isOpen).toBe(
        name === 'redis' ? false : 'wait',
      );
    });

    it('are made anew after the server cut them off', async () => {
      await store.familyCreate(FAMILY);
      let woken = 0;
      const end = await store.feedWatch(() => {
        woken += 1;
      });
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      // The one that waits for the feed comes back by itself, the other when it is needed.
      await until(1);
      await expect.poll(() => store.familyGet('f1').catch(() => null)).not.toBeNull();
      await until(2);
      await store.familyRevoke('f1');
      await expect.poll(() => woken).toBeGreaterThan(0);
      await end();
    });

    it('fail at once while there is no server, and are found again in less than five seconds', async () => {
      await store.familyCreate(FAMILY);
      await server.kill();
      const times: number[] = [];
      for (let call = 0; call < 20; call++) {
        const startedAt = performance.now();
        await expect(store.familyGet('f1')).rejects.toThrow(StoreError);
        times.push(performance.now() - startedAt);
      }
      expect(Math.max(...times)).toBeLessThan(1_000);
      await server.restart();
      const restartedAt = performance.now();
      await expect.poll(() => store.familyGet('f1').catch(() => null), { timeout: 5_000 }).not.toBeNull();
      expect(performance.now() - restartedAt).toBeLessThan(5_000);
    });

    it('keep no command for later: what was refused while there was no server never takes place', async () => {
      await store.familyCreate(FAMILY);
      await server.kill();
      for (let call = 0; call < 10; call++) {
        await expect(store.familyRotate('f1', 1, POLICY)).rejects.toThrow(StoreError);
      }
      await server.restart();
      await expect.poll(() => store.ping().catch(() => null), { timeout: 5_000 }).not.toBeNull();
      expect((await store.familyGet('f1'))?.generation).toBe(1);
    });

    it('F4 carry nothing out late: what a server that hung finds when it goes on does not take place', async () => {
      await store.familyCreate(FAMILY);
      const writes = (generation: number, id: string): readonly Promise<unknown>[] => [
        store.familyRotate('f1', generation, POLICY),
        store.put('kind', id, 1),
        store.feedAppend([{ key: `acc:${id}`, value: 1, expiresAt: Date.now() + 60_000 }]),
      ];
      // The server knows their scripts from then on.
      await Promise.all(writes(1, 'early'));
      server.freeze();
      const startedAt = performance.now();
      const refused = await Promise.allSettled(writes(2, 'late'));
      // The server learns of its own time only when it goes on, so a little later than the deadline.
      while (performance.now() < startedAt + 800) await new Promise((resolve) => setTimeout(resolve, 20));
      server.thaw();
      expect(refused.every(({ status }) => status === 'rejected')).toBe(true);
      await expect.poll(() => store.ping().catch(() => null), { timeout: 5_000 }).not.toBeNull();
      expect((await store.familyGet('f1'))?.generation).toBe(2);
      expect(await store.get('kind', 'late')).toBeNull();
      expect((await store.feedRead(null)).events.map(({ key }) => key)).toEqual(['acc:early']);
      expect((await store.familyRotate('f1', 2, POLICY)).outcome).toBe('rotated');
    });

    it('hold a bounded number of commands when the server hangs, and answer each in time', async () => {
      await store.ping();
      server.freeze();
      const startedAt = performance.now();
      const calls = Array.from({ length: 10_500 }, () => store.get('kind', 'id'));
      const settled = await Promise.allSettled(calls);
      const tookMs = performance.now() - startedAt;
      server.thaw();
      expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
      expect(tookMs).toBeLessThan(10_000);
      expect(
        settled.filter((each) => each.status === 'rejected' && /CROWDED/.test(String(each.reason))).length,
      ).toBe(500);
      await expect.poll(() => store.ping().catch(() => null), { timeout: 5_000 }).not.toBeNull();
    });

    it('reject while the server reads its data, and nothing is missing before it has read them', async () => {
      await store.familyCreate(FAMILY);
      for (let index = 0; index < 500; index++) await admin.set(`filler:${index}`, 'x');
      await server.kill();
      const back = server.restart(['--key-load-delay', '1000']);
      const seen = new Set<string>();
      const end = performance.now() + 20_000;
      while (performance.now() < end && !seen.has('found')) {
        const found = store.familyGet('f1').then((family) => (family === null ? 'missing' : 'found'));
        seen.add(await found.catch((error: unknown) => (error instanceof StoreError ? 'outage' : 'failure')));
      }
      await back;
      expect(seen).toEqual(new Set(['outage', 'found']));
    });

    it('keep no process alive once the store is closed', async () => {
      const sources = transpileSources(['src/core', 'src/stores']);
      try {
        const worker = fileURLToPath(new URL('../../support/redis-closer.mjs', import.meta.url));
        const { stdout } = await run(process.execPath, [worker, sources.folder, name, server.url], {
          timeout: 20_000,
        });
        expect(stdout).toBe('closed\n');
      } finally {
        sources.dispose();
      }
    });
  },
);

describe.skipIf(!CAN_START_REDIS)('redisStore: settings of the client', () => {
  it('carry over what leads to the server: user, password and database', async () => {
    const server = await startRedis();
    const admin = new Redis(server.url);
    await admin.call('ACL', 'SETUSER', 'app', 'on', '>open sesame', '~{mine}:*', '+@all');
    const url = `redis://app:open%20sesame@127.0.0.1:${server.port}/3`;
    for (const client of [new Redis(url, { lazyConnect: true }), createClient({ url })]) {
      const store = redisStore({ client, prefix: 'mine' });
      await store.put('kind', 'id', 1);
      await store.close();
    }
    await admin.select(3);
    expect(await admin.keys('*')).toEqual(expect.arrayContaining(['{mine}:1:r:kind:id']));
    const other = redisStore({ client: new Redis(url, { lazyConnect: true }), prefix: 'other' });
    await expect(other.get('kind', 'id')).rejects.toThrow('may not run a command or touch a key');
    await other.close();
    admin.disconnect();
    await server.stop();
  });

  it('F16 recover by one new connection when the clock of the server has been set', async () => {
    const server = await startRedis();
    let made = 0;
    const client = new Redis(server.url, { lazyConnect: true });
    const settable: IoredisClient = {
      options: {},
      call: (command, ...args) => client.call(command, ...args),
      connect: () => client.connect(),
      disconnect: () => client.disconnect(),
      on: (event: 'error', listener) => client.on(event, listener),
      duplicate(override) {
        const own = client.duplicate({ ...override });
        made += 1;
        // The first connection is told the time of before the clock was set forward by an hour.
        const earlierSeconds = made === 1 ? 3_600 : 0;
        const call = async (command: string, ...args: readonly string[]): Promise<unknown> => {
          const reply = await own.call(command, ...args);
          if (command !== 'TIME') return reply;
          const [seconds, micros] = reply as readonly [string, string];
          return [String(Number(seconds) - earlierSeconds), micros];
        };
        return {
          options: {},
          call,
          duplicate: () => settable,
          connect: () => own.connect(),
          disconnect: () => own.disconnect(),
          on: (event: 'error', listener) => own.on(event, listener),
        };
      },
    };
    const store = redisStore({ client: settable });
    await expect(store.put('kind', 'id', 1)).rejects.toThrow('after its deadline, and did nothing');
    expect(await store.put('kind', 'id', 1)).not.toBeNull();
    expect(made).toBe(2);
    await store.close();
    await server.stop();
  });

  it('that would queue, retry, time out or map replies otherwise have no effect', async () => {
    const server = await startRedis();
    const clients: readonly RedisClient[] = [
      new Redis(server.url, {
        lazyConnect: true,
        enableOfflineQueue: true,
        maxRetriesPerRequest: null,
        commandTimeout: 100,
        stringNumbers: true,
        enableAutoPipelining: true,
        replyMapping: 'resp3',
      }),
      createClient({
        url: server.url,
        RESP: 2,
        pingInterval: 10,
        commandOptions: { timeout: 100, typeMapping: { 36: Buffer } },
      }),
    ];
    for (const client of clients) {
      const store = redisStore({ client, prefix: server.newPrefix() });
      await store.familyCreate(FAMILY);
      let woken = 0;
      const end = await store.feedWatch(() => {
        woken += 1;
      });
      // Longer than their time for a command, which waiting for the feed takes no part in.
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(woken).toBe(0);
      expect((await store.familyRotate('f1', 1, POLICY)).outcome).toBe('rotated');
      await store.familyRevoke('f1');
      await expect.poll(() => woken).toBeGreaterThan(0);
      await end();
      await store.close();
    }
    await server.stop();
  });
});
