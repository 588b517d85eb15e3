import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runInWorkspace, unscoped } from '../../../src/services/workspaces.ts';
import { workspacePolicySql, workspaceTransactions } from '../../../src/services/workspaces/postgres.ts';
import { POSTGRES_SOURCE, startPostgres, urlFor, type Postgres } from '../../support/postgres.ts';

describe.skipIf(POSTGRES_SOURCE === null)('workspaceTransactions over PostgreSQL', () => {
  let postgres: Postgres;
  let admin: pg.Pool;
  let appUrl: string;
  let reportUrl: string;
  const pools: pg.Pool[] = [];

  beforeAll(async () => {
    postgres = await startPostgres();
    const url = await postgres.createDatabase();
    admin = new pg.Pool({ connectionString: url, max: 1 });
    const suffix = new URL(url).pathname.slice(1);
    const [app, report] = [`app_${suffix}`, `report_${suffix}`];
    await admin.query(`CREATE ROLE ${app} LOGIN PASSWORD 'app'`);
    await admin.query(`CREATE ROLE ${report} LOGIN PASSWORD 'report'`);
    await admin.query('CREATE TABLE notes (id serial PRIMARY KEY, workspace text NOT NULL, body text)');
    await admin.query(`GRANT ALL ON notes, notes_id_seq TO ${app}; GRANT SELECT ON notes TO ${report}`);
    await admin.query(workspacePolicySql('public.notes', { unscopedRole: report }));
    await admin.query(`INSERT INTO notes (workspace, body) VALUES ('w1', 'a'), ('w1', 'b'), ('w2', 'c')`);
    appUrl = urlFor(url, app, 'app');
    reportUrl = urlFor(url, report, 'report');
  }, 60_000);

  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.end()));
    await admin.query(`DELETE FROM notes WHERE id > 3`);
  });

  afterAll(async () => {
    await admin.query(`DROP OWNED BY ${new URL(appUrl).username}, ${new URL(reportUrl).username}`);
    await admin.query(`DROP ROLE ${new URL(appUrl).username}, ${new URL(reportUrl).username}`);
    await admin.end();
    await postgres.stop();
  }, 60_000);

  function poolOf(max: number, url: string = appUrl): pg.Pool {
    const pool = new pg.Pool({ connectionString: url, max, connectionTimeoutMillis: 20_000 });
    pool.on('error', () => undefined);
    pools.push(pool);
    return pool;
  }

  /** What a query that forgot its filter finds. */
  async function bodies(client: Pick<pg.ClientBase, 'query'>): Promise<readonly string[]> {
    const { rows } = await client.query<{ body: string }>('SELECT body FROM notes ORDER BY id');
    return rows.map(({ body }) => body);
  }

  it('shows a query without a filter the rows of the current workspace only', async () => {
    const db = workspaceTransactions(poolOf(2));
    expect(await runInWorkspace('w1', () => db.run(bodies))).toEqual(['a', 'b']);
    expect(await runInWorkspace('w2', () => db.run(bodies))).toEqual(['c']);
    expect(await runInWorkspace('w3', () => db.run(bodies))).toEqual([]);
  });

  it('shows nothing on a connection that has no workspace, before and after one that had', async () => {
    const pool = poolOf(1);
    const db = workspaceTransactions(pool);
    expect(await bodies(pool)).toEqual([]);
    await runInWorkspace('w1', () => db.run(bodies));
    expect(await bodies(pool)).toEqual([]);
    const { rows } = await pool.query("SELECT current_setting('app.workspace', true) AS workspace");
    expect(rows).toEqual([{ workspace: '' }]);
    expect(pool.totalCount).toBe(1);
  });

  it('lets nothing be written for, moved to, changed or deleted in another workspace', async () => {
    const db = workspaceTransactions(poolOf(1));
    const inW1 = (sql: string) => runInWorkspace('w1', () => db.run((client) => client.query(sql)));
    const refused = /row-level security policy/;
    await expect(inW1("INSERT INTO notes (workspace, body) VALUES ('w2', 'x')")).rejects.toThrow(refused);
    await expect(inW1("UPDATE notes SET workspace = 'w2'")).rejects.toThrow(refused);
    expect((await inW1("UPDATE notes SET body = 'x' WHERE workspace = 'w2'")).rowCount).toBe(0);
    expect((await inW1("DELETE FROM notes WHERE body = 'c'")).rowCount).toBe(0);
    await inW1("INSERT INTO notes (workspace, body) VALUES ('w1', 'd')");
    expect(await runInWorkspace('w1', () => db.run(bodies))).toEqual(['a', 'b', 'd']);
  });

  it('takes a workspace for a value, whatever is in it', async () => {
    const db = workspaceTransactions(poolOf(1));
    for (const workspace of ["w1' OR '1'='1", "w1'; DROP TABLE notes; --", 'w1\\', '$1', '%', 'W1', ' w1']) {
      expect(await runInWorkspace(workspace, () => db.run(bodies))).toEqual([]);
    }
    expect(await runInWorkspace('w1', () => db.run(bodies))).toEqual(['a', 'b']);
  });

  it('never mixes 50 concurrent requests over a pool of 2, also when every third one fails', async () => {
    const pool = poolOf(2);
    const db = workspaceTransactions(pool);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) =>
        runInWorkspace(`w${(n % 2) + 1}`, () =>
          db.run(async (client) => {
            const found = await bodies(client);
            await client.query('SELECT pg_sleep(0.005)');
            if (n % 3 === 0) await client.query('SELECT 1 / 0');
            if (n % 5 === 0) throw new Error('the handler failed');
            return [found, await bodies(client)];
          }),
        ),
      ),
    );
    const own = [['a', 'b'], ['c']] as const;
    const expected = outcomes.map((_, n) =>
      n % 3 === 0 || n % 5 === 0 ? 'rejected' : [own[n % 2], own[n % 2]],
    );
    expect(outcomes.map((each) => (each.status === 'rejected' ? 'rejected' : each.value))).toEqual(expected);
    expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([2, 2, 0]);
  });

  it('commits what was done, and rolls back what failed', async () => {
    const pool = poolOf(1);
    const db = workspaceTransactions(pool);
    const add = (fail: boolean) =>
      runInWorkspace('w1', () =>
        db.run(async (client) => {
          await client.query("INSERT INTO notes (workspace, body) VALUES ('w1', 'd')");
          if (fail) throw new Error('the handler failed');
          return 'done';
        }),
      );
    await expect(add(true)).rejects.toThrow('the handler failed');
    expect(await runInWorkspace('w1', () => db.run(bodies))).toEqual(['a', 'b']);
    expect(await add(false)).toBe('done');
    expect(await runInWorkspace('w1', () => db.run(bodies))).toEqual(['a', 'b', 'd']);
  });

  it('says so when a swallowed error made PostgreSQL roll back in place of committing', async () => {
    const db = workspaceTransactions(poolOf(1));
    const swallowing = runInWorkspace('w1', () =>
      db.run(async (client) => {
        await client.query("INSERT INTO notes (workspace, body) VALUES ('w1', 'd')");
        await client.query('SELECT 1 / 0').catch(() => undefined);
      }),
    );
    await expect(swallowing).rejects.toThrow('was rolled back');
    expect(await runInWorkspace('w1', () => db.run(bodies))).toEqual(['a', 'b']);
  });

  it('closes a connection that died, and goes on with another one', async () => {
    const pool = poolOf(1);
    const db = workspaceTransactions(pool);
    const dying = runInWorkspace('w1', () =>
      db.run(async (client) => {
        const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await admin.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
        await client.query('SELECT pg_sleep(5)');
      }),
    );
    // Whether the query or the loss of the connection is noticed first, and in which words, is the driver's.
    await expect(dying).rejects.toThrow(/terminat|connection/i);
    await expect.poll(() => pool.totalCount).toBe(0);
    expect(await runInWorkspace('w2', () => db.run(bodies))).toEqual(['c']);
  });

  it('refuses a client that is kept longer than its transaction', async () => {
    const db = workspaceTransactions(poolOf(1));
    let kept: pg.PoolClient | undefined;
    await runInWorkspace('w1', () => db.run(async (client) => void (kept = client)));
    await runInWorkspace('w2', () =>
      db.run(async (client) => {
        await bodies(client);
        await expect(bodies(kept as pg.PoolClient)).rejects.toThrow('The transaction is over.');
      }),
    );
    const releasing = runInWorkspace('w1', () => db.run(async (client) => client.release()));
    await expect(releasing).rejects.toThrow('The client is released when');
  });

  it('takes another setting', async () => {
    const db = workspaceTransactions(poolOf(1), { setting: 'shop.tenant' });
    const read = (client: pg.PoolClient) =>
      client.query("SELECT current_setting('shop.tenant') AS tenant").then(({ rows }) => rows);
    expect(await runInWorkspace('w1', () => db.run(read))).toEqual([{ tenant: 'w1' }]);
    expect(await runInWorkspace('w1', () => db.run(bodies))).toEqual([]);
  });

  it('reaches all workspaces in unscoped(reason) only, by its own method and its own role', async () => {
    const db = workspaceTransactions(poolOf(1), { unscopedPool: poolOf(1, reportUrl) });
    expect(await unscoped('monthly report', () => db.runUnscoped(bodies))).toEqual(['a', 'b', 'c']);
    await expect(unscoped('monthly report', () => db.run(bodies))).rejects.toMatchObject({
      code: 'workspace_outside',
    });
    for (const outside of [
      () => db.runUnscoped(bodies),
      () => runInWorkspace('w1', () => db.runUnscoped(bodies)),
    ]) {
      await expect(outside()).rejects.toMatchObject({ code: 'workspace_outside' });
    }
  });

  it('refuses a role that is above the policies, before any query of the callback', async () => {
    const report = new URL(reportUrl).username;
    const db = workspaceTransactions(poolOf(1, reportUrl));
    for (const [sql, undo] of [
      ['SUPERUSER', 'NOSUPERUSER'],
      ['BYPASSRLS', 'NOBYPASSRLS'],
    ]) {
      await admin.query(`ALTER ROLE ${report} ${sql}`);
      let called = false;
      const running = runInWorkspace('w1', () => db.run(async () => void (called = true)));
      await expect(running).rejects.toMatchObject({ code: 'option_invalid' });
      expect(called).toBe(false);
      await admin.query(`ALTER ROLE ${report} ${undo}`);
    }
    expect(await runInWorkspace('w1', () => db.run(async () => 'done'))).toBe('done');
  });

  it('protects from the owner of the table as well', async () => {
    const app = new URL(appUrl).username;
    await admin.query(`CREATE TABLE owned (workspace text); ALTER TABLE owned OWNER TO ${app}`);
    await admin.query(workspacePolicySql('owned'));
    await admin.query("INSERT INTO owned VALUES ('w1'), ('w2')");
    const count = async (client: pg.ClientBase) => (await client.query('SELECT * FROM owned')).rowCount;
    const pool = poolOf(1);
    expect(await runInWorkspace('w1', () => workspaceTransactions(pool).run(count))).toBe(1);
    expect((await pool.query('SELECT * FROM owned')).rowCount).toBe(0);
  });
});
