import pg from 'pg';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Clock } from '../../../src/core/clock.ts';
import type { NewFamily, RotatePolicy, Store } from '../../../src/core/store.ts';
import { type PostgresPool, postgresStore, type PostgresStoreOptions } from '../../../src/stores/postgres.ts';
import { type Postgres, startPostgres } from '../../support/postgres.ts';

/** One database of the tests' server, and what a file of tests opened in it. */
export interface Stage {
  readonly url: string;
  /** For looking at and disturbing what the store does. */
  readonly admin: pg.Pool;
  pool(config?: pg.PoolConfig): pg.Pool;
  /** A store in a schema of its own, unless one is named. */
  open(options?: Partial<PostgresStoreOptions>): Promise<Store & { readonly schema: string }>;
}

interface OpenStage extends Stage {
  /** Closes the stores, then the pools. */
  clear(): Promise<void>;
  end(): Promise<void>;
}

/** Opens one before the tests of a suite, clears it after each and ends it after them. To be read in tests only. */
export function postgresStage(): Stage {
  let postgres: Postgres;
  let stage: OpenStage;

  beforeAll(async () => {
    postgres = await startPostgres();
    stage = await stageOf(postgres);
  }, 60_000);
  afterEach(() => stage.clear());
  afterAll(async () => {
    await stage.end();
    await postgres.stop();
  }, 60_000);

  return {
    get url() {
      return stage.url;
    },
    get admin() {
      return stage.admin;
    },
    pool: (config) => stage.pool(config),
    open: (options) => stage.open(options),
  };
}

async function stageOf(postgres: Postgres): Promise<OpenStage> {
  const url = await postgres.createDatabase();
  const admin = new pg.Pool({ connectionString: url, max: 4 });
  admin.on('error', () => undefined);
  const pools: pg.Pool[] = [];
  const stores: Store[] = [];
  let made = 0;

  function pool(config: pg.PoolConfig = {}): pg.Pool {
    const each = new pg.Pool({ connectionString: url, max: 5, ...config });
    pools.push(each);
    return each;
  }

  async function clear(): Promise<void> {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await Promise.all(pools.splice(0).map((each) => each.end()));
  }

  return {
    url,
    admin,
    pool,
    async open(options = {}) {
      made += 1;
      const schema = options.schema ?? `stage_${made}`;
      // A crowded machine must not fail what is no test of deadlines.
      const patient = { timeoutMs: 20_000, acquireTimeoutMs: 10_000 };
      const store = await postgresStore({ pool: options.pool ?? pool(), ...patient, ...options, schema });
      stores.push(store);
      return { ...store, schema };
    },
    clear,
    async end() {
      await clear();
      await admin.end();
    },
  };
}

/** A pool that notes the text of each statement and under which name it was prepared. */
export function noting(pool: pg.Pool): {
  readonly pool: PostgresPool;
  readonly statements: { text: string; name: string | undefined }[];
} {
  const statements: { text: string; name: string | undefined }[] = [];
  return {
    statements,
    pool: {
      on: (event, listener) => pool.on(event, listener),
      async connect() {
        const client = await pool.connect();
        return new Proxy(client, {
          get(target, property) {
            const value: unknown = Reflect.get(target, property);
            if (typeof value !== 'function') return value;
            if (property !== 'query') return value.bind(target) as unknown;
            return (statement: { text: string; name?: string }) => {
              statements.push({ text: statement.text, name: statement.name });
              return target.query(statement);
            };
          },
        });
      },
    },
  };
}

export function family(changes: Partial<NewFamily> = {}): NewFamily {
  return { id: 'f1', owner: 'u1', data: 1, idleMs: 86_400_000, absoluteAt: null, feedMs: 60_000, ...changes };
}

export function policy(changes: Partial<RotatePolicy> = {}): RotatePolicy {
  return { idleMs: 86_400_000, graceMs: 10_000, ...changes };
}

/** A clock that stands still until it is set. */
export function clockAt(start: number): Clock & { time: number } {
  const clock = { time: start, now: () => clock.time };
  return clock;
}
