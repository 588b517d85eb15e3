import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, signInB2b } from '../test/examples/client.ts';
import { buildExamples, endHostsAfterAll, startReady } from '../test/examples/host.ts';
import { POSTGRES_SOURCE, startPostgres } from '../test/support/postgres.ts';
import { reachRedis, REDIS_SOURCE } from '../test/support/redis.ts';

/** How long it takes from revoking on one node until another refuses, with the example host in two processes. */
const TRIALS = 200;
/** What `maxStaleMs` bounds, should nothing wake the other node. */
const BOUND_MS = 10_000;

const ENGINES = [
  {
    name: 'Redis',
    isThere: REDIS_SOURCE !== null,
    async start() {
      const server = await reachRedis();
      return { store: server.url, stop: () => server.stop() };
    },
  },
  {
    name: 'PostgreSQL',
    isThere: POSTGRES_SOURCE !== null,
    async start() {
      const server = await startPostgres();
      return { store: await server.createDatabase(), stop: () => server.stop() };
    },
  },
];

beforeAll(buildExamples, 180_000);

describe.each(ENGINES)('revocation with $name', ({ name, isThere, ...source }) => {
  endHostsAfterAll();
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
  let stop = async (): Promise<void> => undefined;
  afterAll(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it.skipIf(!isThere)(
    'reaches the other node',
    async () => {
      const engine = await source.start();
      stop = async () => engine.stop();
      const env = { STORE: engine.store, DATA_DIR: directory };
      const here = await startReady({ env });
      const there = await startReady({ env });
      const times: number[] = [];
      for (let trial = 0; trial < TRIALS; trial++) {
        const { access, refresh } = await signInB2b(here.ready);
        const authorization = `Bearer ${access}`;
        const statusThere = async (): Promise<number> =>
          (await ask(`${there.ready.url}/api/v1/products`, { authorization })).status;
        expect(await statusThere()).toBe(200);
        const startedAt = performance.now();
        const revoking = ask(`${here.ready.url}/auth/logout`, {
          authorization,
          body: { refresh_token: refresh },
        });
        while ((await statusThere()) !== 401) expect(performance.now() - startedAt).toBeLessThan(BOUND_MS);
        times.push(performance.now() - startedAt);
        expect((await revoking).status).toBe(200);
      }
      process.stdout.write(`${name}: ${reportOf(times)}\n`);
    },
    600_000,
  );
});

function reportOf(times: readonly number[]): string {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number): string =>
    `${(sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(1)} ms`;
  return `${sorted.length} revocations on node A until node B refuses, from sending the logout: median ${at(0.5)}, 99 % ${at(0.99)}, worst ${at(1)}`;
}
