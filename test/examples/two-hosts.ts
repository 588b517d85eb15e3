import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, signInB2b } from './client.ts';
import {
  buildExamples,
  endHostsAfterAll,
  type ExampleHost,
  type ReadyLine,
  runHost,
  startReady,
} from './host.ts';

type ReadyHost = ExampleHost & { readonly ready: ReadyLine };

/** Two processes of the example host that keep everything on one server. */
export interface TwoHosts {
  /** One of them; in tests only, since it starts before them. */
  readonly one: () => ReadyHost;
  readonly other: () => ReadyHost;
  /** The host with another `STORE`: what it says, and how it ends. */
  readonly refusedWith: (store: string) => ReturnType<typeof runHost>;
}

/** Starts both before the tests of a suite, on a server that is started for them and stopped after them. */
export function twoHosts(
  open: () => Promise<{ readonly store: string; readonly stop: () => Promise<void> }>,
): TwoHosts {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-host-'));
  let server: Awaited<ReturnType<typeof open>>;
  let one: ReadyHost;
  let other: ReadyHost;

  endHostsAfterAll();
  beforeAll(async () => {
    buildExamples();
    server = await open();
    const env = { STORE: server.store, DATA_DIR: directory };
    one = await startReady({ env });
    other = await startReady({ env });
  }, 180_000);
  afterAll(async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  it('is one API in two processes: a session of one is good and ends at both', async () => {
    expect({ ...other.ready, url: '' }).toEqual({ ...one.ready, url: '' });
    const { access, refresh } = await signInB2b(one.ready);
    const products = async (host: ReadyHost): Promise<number> =>
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

  return {
    one: () => one,
    other: () => other,
    refusedWith: (store) => runHost({ env: { STORE: store, DATA_DIR: directory } }),
  };
}

/** The last test of a suite, since it ends them. */
export function itEndsBoth({ one, other }: TwoHosts): void {
  it('ends by itself when it is asked to, with its connections', async () => {
    expect(await one().stop()).toEqual({ code: 0, signal: null });
    expect(await other().stop()).toEqual({ code: 0, signal: null });
  });
}
