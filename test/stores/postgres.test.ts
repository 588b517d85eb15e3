import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Store } from '../../src/core/store.ts';
import { postgresStore } from '../../src/stores/postgres.ts';
import { type Outage, storeConformance } from '../../src/stores/testing.ts';
import {
  CAN_START_POSTGRES,
  type OwnPostgres,
  type Postgres,
  POSTGRES_SOURCE,
  startOwnPostgres,
  startPostgres,
} from '../support/postgres.ts';
import { type StoreProcesses, storeProcesses } from '../support/store-processes.ts';

/** A crowded machine must not fail what is no test of patience. */
const PATIENT = { timeoutMs: 20_000, acquireTimeoutMs: 10_000 };
/** What the cases of outages allow is two seconds. */
const PROMPT = { timeoutMs: 1_800, acquireTimeoutMs: 900 };

describe.skipIf(POSTGRES_SOURCE === null)('postgresStore passes the conformance suite', () => {
  const schemas = new WeakMap<Store, string>();
  let postgres: Postgres;
  let processes: StoreProcesses;
  let url: string;
  let pool: pg.Pool;
  let made = 0;

  beforeAll(async () => {
    processes = storeProcesses();
    postgres = await (CAN_START_POSTGRES ? startOwnPostgres() : startPostgres());
    url = await postgres.createDatabase();
    pool = new pg.Pool({ connectionString: url, max: 15, connectionTimeoutMillis: 900 });
    pool.on('error', () => undefined);
  }, 60_000);

  afterAll(async () => {
    processes.dispose();
    await pool.end();
    await postgres.stop();
  }, 60_000);

  async function open(schema: string, clock: Clock, deadlines = PATIENT): Promise<Store> {
    const store = await postgresStore({ pool, schema, clock, ...deadlines });
    schemas.set(store, schema);
    return store;
  }

  const schemaOf = (store: Store): string => schemas.get(store) ?? '';
  const cases = storeConformance(({ clock }) => open(`case_${++made}`, clock), {
    open: (of, { clock }) => open(schemaOf(of), clock),
    spawn: (of) => processes.spawn('postgres-worker.mjs', [url, schemaOf(of)]),
    wakesOthers: true,
  });
  // The server of DATABASE_URL is not the tests' to harm.
  const outages = storeConformance(({ clock }) => open(`case_${++made}`, clock, PROMPT), {
    outage: CAN_START_POSTGRES ? () => outageOf(postgres as OwnPostgres) : undefined,
  }).filter(({ name }) => !cases.some((each) => each.name === name));

  function outageOf(server: OwnPostgres): Outage {
    return { freeze: server.freeze, thaw: server.thaw, crash: async () => server.crash() };
  }

  for (const { name, run } of [...cases, ...outages])
    it(name, async () => expect(await run()).toBeUndefined(), 120_000);
});
