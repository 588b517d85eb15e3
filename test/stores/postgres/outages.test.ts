import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import { postgresStore, type PostgresPool } from '../../../src/stores/postgres.ts';
import { POSTGRES_SOURCE } from '../../support/postgres.ts';
import { family, policy, postgresStage } from './stage.ts';

/** A deadline that a busy machine meets when nothing holds it up. */
const DEADLINE_MS = 1_500;

describe.skipIf(POSTGRES_SOURCE === null)('postgresStore in an outage', () => {
  const stage = postgresStage();

  /** What a call is refused with, and how long that took. */
  async function refusal(call: Promise<unknown>): Promise<{ error: StoreError; tookMs: number }> {
    const from = performance.now();
    const error = await call.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(StoreError);
    return { error: error as StoreError, tookMs: performance.now() - from };
  }

  it('answers within its deadline while another transaction holds the row, and works again after it', async () => {
    const store = await stage.open({ timeoutMs: DEADLINE_MS, acquireTimeoutMs: 500 });
    await store.familyCreate(family());
    await store.put('kind', 'id', 1);
    const client = await stage.admin.connect();
    await client.query('BEGIN');
    await client.query(`SELECT FROM ${store.schema}.family FOR UPDATE`);
    await client.query(`SELECT FROM ${store.schema}.record FOR UPDATE`);
    const calls = [
      () => store.familyRotate('f1', 1, policy()),
      () => store.familyRevoke('f1'),
      () => store.familyRevokeAll('u1'),
      () => store.put('kind', 'id', 2),
      () => store.use('kind', 'id'),
      () => store.delete('kind', 'id'),
    ];
    const refusals = await Promise.all(calls.map((call) => refusal(call())));
    for (const { error, tookMs } of refusals) {
      expect(tookMs).toBeLessThan(DEADLINE_MS + 1_000);
      expect(error.message).toMatch(/failed with (?:55P03|DEADLINE): /);
    }
    // Readers do not wait for a writer, and nobody waits in the server for a row that no caller waits for.
    expect((await store.get('kind', 'id'))?.data).toBe(1);
    await client.query('COMMIT');
    client.release();
    await vi.waitFor(async () => {
      const { rows } = await stage.admin.query('SELECT 1 FROM pg_locks WHERE NOT granted');
      expect(rows).toEqual([]);
    }, 5_000);
    // What nobody waited for any more was undone.
    expect((await store.familyRotate('f1', 1, policy())).outcome).toBe('rotated');
    expect((await store.use('kind', 'id'))?.uses).toBe(1);
  });

  it('undoes a rotation that took the server longer than its caller waits', async () => {
    // Half a second for the step, though a crowded machine may take its time to get there.
    const store = await stage.open({ timeoutMs: 20_000, acquireTimeoutMs: 19_500 });
    await store.familyCreate(family());
    const { schema } = store;
    await stage.admin.query(`CREATE FUNCTION ${schema}.linger() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_sleep(0.7); RETURN NEW; END';
      CREATE TRIGGER linger BEFORE UPDATE ON ${schema}.family FOR EACH ROW EXECUTE FUNCTION ${schema}.linger()`);
    for (const changes of [{}, { handles: ['h1'] }]) {
      const { error } = await refusal(store.familyRotate('f1', 1, policy(changes)));
      expect(error.message).toContain('failed with DEADLINE');
      expect((await store.familyGet('f1'))?.generation).toBe(1);
    }
    await stage.admin.query(`DROP TRIGGER linger ON ${schema}.family`);
    expect((await store.familyRotate('f1', 1, policy())).outcome).toBe('rotated');
  }, 60_000);

  it('gives up soon when the pool has no connection, and returns those that come too late', async () => {
    const pool = stage.pool({ max: 2 });
    const store = await stage.open({ pool, timeoutMs: DEADLINE_MS, acquireTimeoutMs: 200 });
    const held = [await pool.connect(), await pool.connect()];
    const refusals = await Promise.all(Array.from({ length: 50 }, () => refusal(store.get('kind', 'id'))));
    for (const { error, tookMs } of refusals) {
      expect(error.message).toBe(
        'The PostgreSQL store failed with DEADLINE: it gave no answer within the deadline.',
      );
      expect(tookMs).toBeLessThan(1_200);
    }
    for (const client of held) client.release();
    expect(await store.get('kind', 'id')).toBeNull();
    expect(pool.idleCount).toBe(pool.totalCount);
    expect(pool.waitingCount).toBe(0);
  });

  it('lets no more calls wait for a connection than it can bear', async () => {
    const pool = stage.pool({ max: 1 });
    const store = await stage.open({ pool, timeoutMs: 5_000, acquireTimeoutMs: 500 });
    const held = await pool.connect();
    const refusals = await Promise.all(Array.from({ length: 1_200 }, () => refusal(store.ping())));
    const crowded = refusals.filter(({ error }) => error.message.includes('CROWDED'));
    expect(crowded).toHaveLength(200);
    // Waiting a while must not make room for as many again: the pool still has the first ones in its queue.
    expect((await refusal(store.ping())).error.message).toContain('CROWDED');
    expect(pool.waitingCount).toBe(1_000);
    held.release();
    await vi.waitFor(async () => expect((await store.ping()).serverNow).toBeGreaterThan(0), 5_000);
  });

  it('tells the code of what went wrong, and no text of a row or a statement', async () => {
    const store = await stage.open();
    await stage.admin.query(`CREATE FUNCTION ${store.schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'refused %', NEW.data USING DETAIL = NEW.id, HINT = NEW.data; END $$`);
    await stage.admin.query(`CREATE TRIGGER refuse BEFORE INSERT ON ${store.schema}.record
      FOR EACH ROW EXECUTE FUNCTION ${store.schema}.refuse()`);
    const { error } = await refusal(store.put('kind', 'secret-id', 'secret-data'));
    expect(error.message).toBe('The PostgreSQL store failed with P0001: see the code.');
    expect(error.cause).toMatchObject({
      code: 'P0001',
      message: 'PostgreSQL or its driver failed with P0001.',
    });
    const all = JSON.stringify([error, error.cause, Object.entries(error.cause as object)]) + error.stack;
    expect(all).not.toMatch(/secret|refused|INSERT/);
    // The connection is as good as before.
    expect(await store.get('kind', 'secret-id')).toBeNull();
  });

  it('undoes all of a step that fails in its middle', async () => {
    const store = await stage.open();
    await store.familyCreate(family());
    const before = await store.familyGet('f1');
    await stage.admin.query(`ALTER TABLE ${store.schema}.feed ADD CONSTRAINT refuse CHECK (false) NOT VALID`);
    await refusal(store.familyRotate('f1', 1, policy({ handles: ['h2'], feedGeneration: true, data: 2 })));
    await refusal(store.familyRevoke('f1'));
    await refusal(store.familyRevokeAll('u1'));
    expect(await store.familyGet('f1')).toEqual(before);
    expect(await store.familyByHandle('h2')).toBeNull();
    await stage.admin.query(`ALTER TABLE ${store.schema}.feed DROP CONSTRAINT refuse`);
    expect((await store.familyRotate('f1', 1, policy({ feedGeneration: true }))).outcome).toBe('rotated');
  });

  it('recovers by itself when every connection is cut', async () => {
    const pool = stage.pool({ application_name: 'cut' });
    const store = await stage.open({ pool, timeoutMs: DEADLINE_MS, acquireTimeoutMs: 500 });
    await store.feedWatch(() => undefined);
    await Promise.all(Array.from({ length: 5 }, () => store.ping()));
    await stage.admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut'",
    );
    const from = performance.now();
    for (;;) {
      const answer = await store.ping().catch((error: unknown) => error);
      if (!(answer instanceof StoreError)) break;
      expect(answer.message).toMatch(/failed with (?:57P01|NO_CODE|ECONNRESET|EPIPE): /);
      expect(performance.now() - from).toBeLessThan(5_000);
    }
    expect(await store.put('kind', 'id', 1)).toBeGreaterThan(0);
  });

  it('closes a connection whose answer did not come, and never lends it again', async () => {
    const server = await silentServer();
    const pool = new pg.Pool({ host: '127.0.0.1', port: server.port, connectionTimeoutMillis: 300 });
    const { error, tookMs } = await refusal(postgresStore({ pool, timeoutMs: 1_000, acquireTimeoutMs: 500 }));
    expect(error.message).toMatch(/failed with (?:DEADLINE|NO_CODE): /);
    expect(tookMs).toBeLessThan(1_500);
    await pool.end();
    await server.stop();
  });

  it('says at once when nothing listens', async () => {
    const server = await silentServer();
    await server.stop();
    const pool = new pg.Pool({ host: '127.0.0.1', port: server.port });
    const { error } = await refusal(postgresStore({ pool }));
    expect(error.message).toBe(
      'The PostgreSQL store failed with ECONNREFUSED: nothing listens at its address.',
    );
    expect((error.cause as Error).message).not.toContain('127.0.0.1');
    await pool.end();
  });

  it('gives every caller its answer where transactions are serializable, by running some again', async () => {
    const pool = stage.pool({ max: 8, options: '-c default_transaction_isolation=serializable' });
    const store = await stage.open({ pool });
    await store.familyCreate(family());
    for (let generation = 1; generation <= 20; generation++) {
      const rotations = await Promise.all(
        Array.from({ length: 8 }, () => store.familyRotate('f1', generation, policy())),
      );
      const outcomes = rotations.map(({ outcome }) => outcome).toSorted();
      expect(outcomes).toEqual([...Array.from({ length: 7 }, () => 'replayed'), 'rotated']);
    }
    await store.put('kind', 'id', 'code');
    const uses = await Promise.all(Array.from({ length: 4 }, () => store.use('kind', 'id')));
    expect(new Set(uses.map((record) => record?.uses))).toEqual(new Set([1, 2, 3, 4]));
  }, 60_000);

  it('runs what contention undid again, a bounded number of times', async () => {
    const { pool, tries } = failing('40001', 3);
    await expect(postgresStore({ pool, timeoutMs: 60_000 })).rejects.toThrow(/failed with NO_CODE/);
    expect(tries()).toBe(4);
    const forever = failing('40P01', Infinity);
    await expect(postgresStore({ pool: forever.pool, timeoutMs: 60_000 })).rejects.toThrow(
      'The PostgreSQL store failed with 40P01: too many calls were at work on the same rows.',
    );
    expect(forever.tries()).toBe(5);
  });

  it('keeps the process from ending over an idle connection that breaks, also after it was closed', async () => {
    const pool = stage.pool({ application_name: 'idle' });
    const [store, other] = [await stage.open({ pool }), await stage.open({ pool })];
    expect(pool.listenerCount('error')).toBe(1);
    await Promise.all([store.close(), other.close()]);
    // Unheard, this would be an uncaught exception, and fail the run.
    await stage.admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'idle'",
    );
    await vi.waitFor(() => expect(pool.totalCount).toBe(0), 5_000);
  });

  it('refuses every call while it is closed, and ends nothing of the host', async () => {
    const pool = stage.pool();
    const store = await stage.open({ pool });
    await store.close();
    expect((await refusal(store.ping())).error.message).toBe('The PostgreSQL store is closed.');
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});

/** A pool whose clients fail with this code so many times, and then lose their connection. */
function failing(code: string, times: number): { readonly pool: PostgresPool; readonly tries: () => number } {
  let tries = 0;
  const on = (): void => undefined;
  return {
    tries: () => tries,
    pool: {
      on,
      async connect() {
        return {
          on,
          off: on,
          release: on,
          async query() {
            tries += 1;
            throw tries <= times ? Object.assign(new Error('contended'), { code }) : new Error('lost');
          },
        };
      },
    },
  };
}

/** A server that takes connections and says nothing. */
async function silentServer(): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
