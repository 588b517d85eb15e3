import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CAN_START_REDIS, type OwnRedisServer, startRedis } from '../support/redis.ts';
import { ask, signInB2b } from './client.ts';
import {
  buildExamples,
  endHostsAfterAll,
  type ExampleHost,
  type ReadyLine,
  runHost,
  startReady,
} from './host.ts';

const directory = mkdtempSync(join(tmpdir(), 'portcullis-host-'));

describe.skipIf(!CAN_START_REDIS)('the example host with Redis', () => {
  let redis: OwnRedisServer;
  let env: Readonly<Record<string, string>>;
  let one: ExampleHost & { readonly ready: ReadyLine };
  let other: ExampleHost & { readonly ready: ReadyLine };

  endHostsAfterAll();
  beforeAll(async () => {
    buildExamples();
    redis = await startRedis();
    env = { STORE: redis.url, DATA_DIR: directory };
    one = await startReady({ env });
    other = await startReady({ env });
  }, 180_000);
  afterAll(async () => {
    await redis.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  it('is one API in two processes: a session of one is good and ends at both', async () => {
    expect({ ...other.ready, url: '' }).toEqual({ ...one.ready, url: '' });
    const { access, refresh } = await signInB2b(one.ready);
    const products = async (host: typeof one): Promise<number> =>
      (await ask(`${host.ready.url}/api/v1/products`, { authorization: `Bearer ${access}` })).status;
    expect([await products(one), await products(other)]).toEqual([200, 200]);
    const refreshed = await ask(`${other.ready.url}/auth/refresh`, { body: { refresh_token: refresh } });
    expect(refreshed.status).toBe(200);
    const out = await ask(`${other.ready.url}/auth/logout`, {
      authorization: `Bearer ${access}`,
      body: { refresh_token: refresh },
    });
    expect(out.status).toBe(200);
    expect(await products(other)).toBe(401);
    await expect.poll(() => products(one), { timeout: 5_000 }).toBe(401);
  });

  it('keeps its secrets in the directory of DATA_DIR', () => {
    expect(readdirSync(directory).toSorted()).toEqual(['demo.json', 'jwt-secret']);
  });

  it('F2 F3 answers 503 while the server is down, and goes on with the same session when it is back', async () => {
    const { access, refresh } = await signInB2b(one.ready);
    const products = (): Promise<number> =>
      ask(`${one.ready.url}/api/v1/products`, { authorization: `Bearer ${access}` }).then(
        ({ status }) => status,
      );
    const readiness = async (): Promise<readonly unknown[]> => {
      const { status, body } = await ask(`${one.ready.url}/readyz`, {});
      return [status, body];
    };
    expect(await readiness()).toEqual([200, { status: 'ready' }]);
    await redis.kill();
    expect(await readiness()).toEqual([
      503,
      { status: 'unavailable', reasons: ['store_unreachable', 'feed_unreadable'] },
    ]);
    const refreshing = (): Promise<number> =>
      ask(`${one.ready.url}/auth/refresh`, { body: { refresh_token: refresh } }).then(({ status }) => status);
    expect(await refreshing()).toBe(503);
    await redis.restart();
    await expect.poll(readiness, { timeout: 5_000 }).toEqual([200, { status: 'ready' }]);
    expect(await products()).toBe(200);
    expect(await refreshing()).toBe(200);
  });

  it('ends by itself when it is asked to, with its connections', async () => {
    expect(await one.stop()).toEqual({ code: 0, signal: null });
    expect(await other.stop()).toEqual({ code: 0, signal: null });
  });

  it('says in one line that its server cannot be reached, and ends', () => {
    const STORE = 'redis://app:hunter2@127.0.0.1:1';
    expect(runHost({ env: { STORE, DATA_DIR: directory } })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'The Redis store failed with ECONNREFUSED: nothing listens at its address.\n',
    });
  });
});
