import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { ConfigError, StoreError } from '../../../src/core/errors.ts';
import { openConnection } from '../../../src/stores/postgres/connection.ts';
import { applyMigrations, MIGRATIONS } from '../../../src/stores/postgres/migrations.ts';
import { postgresMigrationSql, postgresStore } from '../../../src/stores/postgres.ts';
import { POSTGRES_SOURCE, urlFor } from '../../support/postgres.ts';
import { storeProcesses } from '../../support/store-processes.ts';
import { family, policy, postgresStage } from './stage.ts';

const PATIENT = { timeoutMs: 20_000, acquireTimeoutMs: 10_000, prepare: false };

describe.skipIf(POSTGRES_SOURCE === null)('the schema of postgresStore', () => {
  const stage = postgresStage();

  async function tablesOf(schema: string): Promise<readonly string[]> {
    const { rows } = await stage.admin.query<{ tablename: string }>(
      'SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1',
      [schema],
    );
    return rows.map(({ tablename }) => tablename);
  }

  it('is made once when eight processes open it at the same moment', async () => {
    const processes = storeProcesses();
    const openAt = String(Date.now() + 2_000);
    const opened = await Promise.all(
      Array.from({ length: 8 }, () => processes.spawn('postgres-worker.mjs', [stage.url, 'herd', openAt])),
    );
    const versions = await Promise.all(
      opened.map(({ store }, index) => store.put('kind', `id${index}`, index)),
    );
    expect(new Set(versions).size).toBe(8);
    await Promise.all(opened.map((each) => each.kill()));
    processes.dispose();
    const { rows } = await stage.admin.query('SELECT id FROM herd.migration ORDER BY id');
    expect(rows).toEqual(MIGRATIONS.map(({ id }) => ({ id })));
    expect(await tablesOf('herd')).toEqual(['family', 'feed', 'handle', 'migration', 'record']);
  }, 60_000);

  it('keeps two tenants in one database apart', async () => {
    const pool = stage.pool();
    const [one, other] = [
      await stage.open({ pool, schema: 'one' }),
      await stage.open({ pool, schema: 'other' }),
    ];
    await one.put('kind', 'id', 1, { lookups: ['x'] });
    await one.familyCreate(family({ handles: ['h1'] }));
    await one.familyRotate('f1', 1, policy({ feedGeneration: true }));
    expect(await other.get('kind', 'id')).toBeNull();
    expect(await other.list('kind', 0, 'x')).toEqual({ items: [], next: null });
    expect(await other.familyGet('f1')).toBeNull();
    expect(await other.familyByHandle('h1')).toBeNull();
    expect((await other.feedRead(null)).events).toEqual([]);
    expect(await other.familyRevokeAll('u1')).toBe(0);
    expect(await other.familyCreate(family({ handles: ['h1'] }))).toMatchObject({ generation: 1 });
    expect((await one.familyGet('f1'))?.generation).toBe(2);
  });

  it('is undone when one of its steps fails, and made the next time', async () => {
    const connection = openConnection(stage.pool(), PATIENT);
    const broken = [
      ...MIGRATIONS,
      { id: '9999-broken', sql: ['CREATE TABLE {s}.later (id text)', 'NO SUCH WORDS'] },
    ];
    await expect(applyMigrations(connection, 'broken', broken)).rejects.toThrow(
      new StoreError('The PostgreSQL store failed with 42601: see the code.'),
    );
    const { rows } = await stage.admin.query("SELECT 1 FROM pg_namespace WHERE nspname = 'broken'");
    expect(rows).toEqual([]);
    const store = await stage.open({ schema: 'broken' });
    expect(await store.put('kind', 'id', 1)).toBeGreaterThan(0);
  });

  it('is only looked at with migrate: "check"', async () => {
    const pool = stage.pool();
    await expect(stage.open({ pool, schema: 'checked', migrate: 'check' })).rejects.toThrow(
      'postgresStore: the database lacks 0001-records; start once with migrate: "apply", or run the SQL of postgresMigrationSql().',
    );
    expect(await tablesOf('checked')).toEqual([]);
    await stage.open({ pool, schema: 'checked' });
    const store = await stage.open({ pool, schema: 'checked', migrate: 'check' });
    expect(await store.put('kind', 'id', 1)).toBeGreaterThan(0);
  });

  it('refuses a database whose step was applied with another text', async () => {
    await stage.open({ schema: 'edited' });
    await stage.admin.query("UPDATE edited.migration SET checksum = 'another' WHERE id = '0002-feed'");
    for (const migrate of ['apply', 'check'] as const) {
      const error = await stage.open({ schema: 'edited', migrate }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ConfigError);
      expect(error).toMatchObject({
        code: 'schema_outdated',
        message:
          'postgresStore: 0002-feed was applied with another text: another release made this schema; ' +
          'use the release that made it, or a schema of its own.',
      });
    }
  });

  it('works on a database that a later release has added to', async () => {
    await stage.open({ schema: 'later' });
    await stage.admin
      .query(`ALTER TABLE later.record ADD COLUMN later text; ALTER TABLE later.family ADD COLUMN later text;
      INSERT INTO later.migration (id, checksum) VALUES ('9999-later', 'sum')`);
    const store = await stage.open({ schema: 'later', migrate: 'check' });
    await store.put('kind', 'id', 1);
    expect((await store.use('kind', 'id'))?.data).toBe(1);
    await store.familyCreate(family());
    expect((await store.familyRotate('f1', 1, policy())).outcome).toBe('rotated');
  });

  it('can be made from the printed SQL, and then serves a role that may not change it', async () => {
    const script = postgresMigrationSql({ schema: 'printed' });
    await stage.admin.query(script);
    const role = `app_${new URL(stage.url).pathname.slice(1)}`;
    await stage.admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'app';
      GRANT USAGE ON SCHEMA printed TO ${role};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA printed TO ${role};
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA printed TO ${role}`);
    const pool = new pg.Pool({ connectionString: urlFor(stage.url, role, 'app'), max: 2 });
    for (const migrate of ['check', 'apply'] as const) {
      const store = await postgresStore({ pool, schema: 'printed', migrate, ...PATIENT });
      await store.put('kind', 'id', 1, { lookups: ['x'] });
      await store.use('kind', 'id');
      await store.familyCreate(family({ id: migrate, handles: [migrate] }));
      expect((await store.familyRotate(migrate, 1, policy({ feedGeneration: true }))).outcome).toBe(
        'rotated',
      );
      expect(await store.familyRevoke(migrate)).toBe(true);
      expect(await store.deleteBy('kind', 0, 'x')).toBe(1);
      expect(await store.sweep(10)).toBe(0);
      await store.close();
    }
    await expect(postgresStore({ pool, schema: 'forbidden', ...PATIENT })).rejects.toThrow(
      "The PostgreSQL store failed with 42501: the pool's role lacks a privilege.",
    );
    await pool.end();
    await stage.admin.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it('prints only the steps after one that the database has', async () => {
    const [first, second] = MIGRATIONS;
    const script = postgresMigrationSql({ schema: 'tail', after: first?.id });
    expect(script).not.toContain(first?.id);
    expect(script).toContain(second?.id);
    expect(script).toMatch(/^BEGIN;\n[^]*\nCOMMIT;\n$/);
    expect(() => postgresMigrationSql({ after: '0000-nothing' })).toThrow(
      'postgresMigrationSql.after must be one of 0001-records, 0002-feed, 0003-families, 0004-sweep.',
    );
  });

  it.each(['', 'Upper', '1st', 'a b', 'a"b', "a'b", 'a;b', 'x'.repeat(49)])(
    'refuses the name %j',
    async (schema) => {
      await expect(postgresStore({ pool: stage.pool(), schema })).rejects.toBeInstanceOf(ConfigError);
      expect(() => postgresMigrationSql({ schema })).toThrow(ConfigError);
    },
  );

  it('refuses unknown options, values out of bounds and what is no pool', async () => {
    const pool = stage.pool();
    await expect(postgresStore({ pool, timeoutMS: 1 } as never)).rejects.toThrow('did you mean "timeoutMs"?');
    await expect(postgresStore({ pool, timeoutMs: 0 })).rejects.toBeInstanceOf(ConfigError);
    await expect(postgresStore({ pool, timeoutMs: 500 })).rejects.toThrow(
      'postgresStore.acquireTimeoutMs must be less than timeoutMs.',
    );
    await expect(postgresStore({ pool: {} as never })).rejects.toThrow(
      'postgresStore.pool must be a pool of pg, which has a method "connect", not an object.',
    );
  });

  it('refuses a database that cannot hold every key', async () => {
    await stage.admin.query(
      "CREATE DATABASE portcullis_test_latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
    );
    const url = new URL(stage.url);
    url.pathname = '/portcullis_test_latin';
    const pool = new pg.Pool({ connectionString: url.href });
    await expect(postgresStore({ pool })).rejects.toThrow(
      'postgresStore.pool: the database must be in UTF8, so that it can hold every key.',
    );
    await pool.end();
    await stage.admin.query('DROP DATABASE portcullis_test_latin');
  });

  it('refuses connections that ask for binary results', async () => {
    const pool = stage.pool({ binary: true } as pg.PoolConfig);
    await expect(postgresStore({ pool })).rejects.toThrow(
      'postgresStore.pool: its connections must not ask for binary results.',
    );
  });

  it('refuses connections on which a step would not see what it waited for', async () => {
    const pool = stage.pool({ options: '-c default_transaction_isolation=repeatable\\ read' });
    await expect(postgresStore({ pool })).rejects.toThrow(
      'postgresStore.pool: default_transaction_isolation must be read committed or serializable.',
    );
  });
});
