import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Store } from '../../src/core/store.ts';
import { postgresStore } from '../../src/stores/postgres.ts';
import { storeConformance } from '../../src/stores/testing.ts';
import { type Postgres, POSTGRES_SOURCE, startPostgres } from '../support/postgres.ts';
import { type StoreProcesses, storeProcesses } from '../support/store-processes.ts';

describe.skipIf(POSTGRES_SOURCE === null)('postgresStore passes the conformance suite', () => {
  const schemas = new WeakMap<Store, string>();
  let postgres: Postgres;
  let processes: StoreProcesses;
  let url: string;
  let pool: pg.Pool;
  let made = 0;

  beforeAll(async () => {
    processes = storeProcesses();
    postgres = await startPostgres();
    url = await postgres.createDatabase();
    pool = new pg.Pool({ connectionString: url, max: 15 });
  }, 60_000);

  afterAll(async () => {
    processes.dispose();
    await pool.end();
    await postgres.stop();
  }, 60_000);

  async function open(schema: string, clock: Clock): Promise<Store> {
    // A crowded machine must not fail what is no test of patience.
    const store = await postgresStore({ pool, schema, clock, timeoutMs: 20_000, acquireTimeoutMs: 10_000 });
    schemas.set(store, schema);
    return store;
  }

  const schemaOf = (store: Store): string => schemas.get(store) ?? '';
  const cases = storeConformance(({ clock }) => open(`case_${++made}`, clock), {
    open: (of, { clock }) => open(schemaOf(of), clock),
    spawn: (of) => processes.spawn('postgres-worker.mjs', [url, schemaOf(of)]),
  });

  for (const { name, run } of cases) it(name, async () => expect(await run()).toBeUndefined(), 120_000);
});
