import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Postgres, POSTGRES_SOURCE, startPostgres } from '../support/postgres.ts';
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

describe.skipIf(POSTGRES_SOURCE === null)('the example host with PostgreSQL', () => {
  let postgres: Postgres;
  let env: Readonly<Record<string, string>>;
  let one: ExampleHost & { readonly ready: ReadyLine };
  let other: ExampleHost & { readonly ready: ReadyLine };

  endHostsAfterAll();
  beforeAll(async () => {
    buildExamples();
    postgres = await startPostgres();
    env = { STORE: await postgres.createDatabase(), DATA_DIR: directory };
    one = await startReady({ env });
    other = await startReady({ env });
  }, 180_000);
  afterAll(async () => {
    await postgres.stop();
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

  it('ends by itself when it is asked to, with its connections', async () => {
    expect(await one.stop()).toEqual({ code: 0, signal: null });
    expect(await other.stop()).toEqual({ code: 0, signal: null });
  });

  it('says in one line that its database cannot be reached, and ends', () => {
    const STORE = 'postgres://app:hunter2@127.0.0.1:1/app';
    expect(runHost({ env: { STORE, DATA_DIR: directory } })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'The PostgreSQL store failed with ECONNREFUSED: nothing listens at its address.\n',
    });
  });
});
