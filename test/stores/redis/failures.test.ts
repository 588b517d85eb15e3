import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import type { Store } from '../../../src/core/store.ts';
import { redisStore } from '../../../src/stores/redis.ts';
import { CAN_START_REDIS, type OwnRedisServer, startRedis } from '../../support/redis.ts';
import { REDIS_CLIENTS } from '../../support/redis-clients.ts';

const SECRET = 'a-secret-that-must-not-leak';
const FAMILY = { id: 'f1', owner: 'u1', data: SECRET, idleMs: 60_000, absoluteAt: null, feedMs: 60_000 };

describe.skipIf(!CAN_START_REDIS).each(REDIS_CLIENTS)(
  'redisStore with $name: what the server refuses',
  ({ make }) => {
    let server: OwnRedisServer;
    let admin: Redis;
    let prefix: string;
    let store: Store;

    beforeAll(async () => {
      server = await startRedis(['--appendonly', 'no']);
      admin = new Redis(server.url);
      admin.on('error', () => undefined);
    });

    afterAll(async () => {
      admin.disconnect();
      await server.stop();
    });

    beforeEach(async () => {
      prefix = server.newPrefix();
      store = redisStore({ client: make(server.url), prefix });
      await store.put('kind', SECRET, SECRET);
      await store.familyCreate({ ...FAMILY });
    });

    afterEach(() => store.close());

    it('F8 is an outage while the server is a replica, and over when it is a primary again', async () => {
      await admin.call('REPLICAOF', '127.0.0.1', '1');
      expect(await failureOf(store.put('kind', SECRET, SECRET))).toContain('READONLY');
      // Also for reading: a replica tells what was true a while ago.
      expect(await failureOf(store.get('kind', SECRET))).toContain('READONLY');
      await admin.call('REPLICAOF', 'NO', 'ONE');
      await answers(store);
      expect((await store.get('kind', SECRET))?.data).toBe(SECRET);
    });

    it('F8 is an outage for what needs memory that the server lacks, while reading and revoking go on', async () => {
      await admin.config('SET', 'maxmemory', '1');
      expect(await failureOf(store.put('kind', SECRET, SECRET))).toContain('OOM');
      expect(await failureOf(store.familyRotate('f1', 1, { idleMs: 1, graceMs: 1 }))).toContain('OOM');
      expect((await store.get('kind', SECRET))?.data).toBe(SECRET);
      expect(await store.familyRevoke('f1')).toBe(true);
      expect(await store.delete('kind', SECRET)).toBe(true);
      await admin.config('SET', 'maxmemory', '0');
      expect((await store.feedRead(null)).events.map(({ key }) => key)).toEqual(['sid:f1']);
    });

    it('F8 is an outage while the server wants a password that the client does not have', async () => {
      await admin.config('SET', 'requirepass', SECRET);
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      expect(await failureOf(untilIt(store, /NOAUTH/))).toContain('NOAUTH');
      await admin.config('SET', 'requirepass', '');
      await answers(store);
    });

    it('F8 is an outage when a key of the store holds something else', async () => {
      await admin.set(`{${prefix}}:1:r:kind:${SECRET}2`, 'text');
      expect(await failureOf(store.get('kind', `${SECRET}2`))).toContain('WRONGTYPE');
      expect(await failureOf(store.put('kind', `${SECRET}2`, SECRET))).toContain('WRONGTYPE');
      expect((await store.get('kind', SECRET))?.data).toBe(SECRET);
    });

    it('F27 is an outage for writes while the server cannot write to its disk, and reads go on', async () => {
      rmSync(join(server.folder, 'dump.rdb'), { force: true });
      await admin.config('SET', 'save', '3600 1');
      // Saving ends with a name that is taken by a directory.
      mkdirSync(join(server.folder, 'dump.rdb'));
      await admin.bgsave();
      await until(async () => /rdb_last_bgsave_status:err/.test(await admin.info('persistence')));
      expect(await failureOf(store.put('kind', SECRET, SECRET))).toContain('MISCONF');
      expect(await failureOf(store.familyRevoke('f1'))).toContain('MISCONF');
      expect((await store.get('kind', SECRET))?.data).toBe(SECRET);
      rmdirSync(join(server.folder, 'dump.rdb'));
      await admin.bgsave();
      await until(async () => /rdb_last_bgsave_status:ok/.test(await admin.info('persistence')));
      expect(await store.familyRevoke('f1')).toBe(true);
    });

    it('refuses a server that evicts keys, unless it is told to run on one', async () => {
      await admin.config('SET', 'maxmemory', '1gb');
      await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
      const strict = redisStore({ client: make(server.url), prefix });
      expect(await failureOf(strict.get('kind', 'id'))).toContain('set maxmemory-policy to noeviction');
      const lax = redisStore({ client: make(server.url), prefix, dangerouslyAllowEviction: true });
      expect(await lax.get('kind', 'id')).toBeNull();
      await admin.config('SET', 'maxmemory-policy', 'noeviction');
      await admin.config('SET', 'maxmemory', '0');
      await Promise.all([strict.close(), lax.close()]);
    });

    it('says in one sentence why there is no connection, and nothing of what would make one', async () => {
      const wrong = `redis://nobody:${SECRET}@127.0.0.1:${server.port}`;
      for (const [url, message] of [
        [wrong, 'The Redis store failed with WRONGPASS: the client gives a wrong user or password.'],
        [
          `redis://:${SECRET}@127.0.0.1:1`,
          'The Redis store failed with ECONNREFUSED: nothing listens at its address.',
        ],
      ] as const) {
        const other = redisStore({ client: make(url) });
        for (let call = 0; call < 2; call++) expect(await failureOf(other.ping())).toContain(message);
        await other.close();
      }
    });

    it('tells nothing of what a call was about, whatever goes wrong with it', async () => {
      server.freeze();
      const failure = await failureOf(store.put('kind', SECRET, SECRET));
      server.thaw();
      expect(failure).toContain('DEADLINE');
      await answers(store);
    });
  },
);

/** What an outage tells, with everything that hangs on it. */
async function failureOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StoreError);
  const told = inspect(error, { depth: null, showHidden: true });
  expect(told).not.toContain(SECRET);
  return told;
}

async function untilIt(store: Store, pattern: RegExp): Promise<void> {
  for (;;) {
    try {
      await store.ping();
    } catch (error) {
      if (pattern.test((error as Error).message)) throw error;
    }
  }
}

async function answers(store: Store): Promise<void> {
  await until(() =>
    store.ping().then(
      () => true,
      () => false,
    ),
  );
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 5_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('It did not come to pass within five seconds.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
