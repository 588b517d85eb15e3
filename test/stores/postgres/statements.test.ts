import type pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import type { Store } from '../../../src/core/store.ts';
import { POSTGRES_SOURCE } from '../../support/postgres.ts';
import { clockAt, family, noting, policy, postgresStage } from './stage.ts';

const DAY_MS = 86_400_000;

describe.skipIf(POSTGRES_SOURCE === null)('the statements of postgresStore', () => {
  const stage = postgresStage();

  const expiresAt = Date.now() + DAY_MS;
  const calls: readonly (readonly [string, (store: Store) => Promise<unknown>])[] = [
    [
      'familyRotate',
      (store) => store.familyRotate('f1', 1, policy({ handles: ['h2'], feedGeneration: true })),
    ],
    ['familyRotate, again', (store) => store.familyRotate('f1', 1, policy())],
    ['familyRotate of a child', (store) => store.familyRotate('child', 1, policy())],
    ['familyRotate as reuse', (store) => store.familyRotate('f1', 1, policy({ graceMs: 0 }))],
    ['familyRotate of what is gone', (store) => store.familyRotate('f1', 2, policy())],
    ['familyCreate', (store) => store.familyCreate(family({ id: 'f2', handles: ['a', 'b'] }))],
    ['familyGet', (store) => store.familyGet('f2')],
    ['familyByHandle', (store) => store.familyByHandle('a')],
    ['familyList', (store) => store.familyList('u1')],
    ['familyRevoke', (store) => store.familyRevoke('f2')],
    ['familyRevokeAll', (store) => store.familyRevokeAll('u1')],
    ['put', (store) => store.put('kind', 'id', 1, { expect: 'absent', lookups: ['x'] })],
    ['get', (store) => store.get('kind', 'id')],
    ['use', (store) => store.use('kind', 'id')],
    ['list', (store) => store.list('kind', 0, 'x')],
    ['delete', (store) => store.delete('kind', 'id')],
    ['deleteBy', (store) => store.deleteBy('kind', 0, 'x')],
    ['feedAppend', (store) => store.feedAppend([{ key: 'acc:1', value: 1, expiresAt }])],
    ['feedRead', (store) => store.feedRead(null)],
    ['sweep', (store) => store.sweep(10)],
    ['ping', (store) => store.ping()],
  ];

  it('are one for each call, of rotations in every case, and each is a transaction of its own', async () => {
    const { pool, statements } = noting(stage.pool());
    const store = await stage.open({ pool });
    await store.familyCreate(family({ handles: ['h1'] }));
    await store.familyCreate(family({ id: 'child', parent: 'f1' }));
    const counts: [string, number][] = [];
    for (const [name, call] of calls) {
      statements.length = 0;
      await call(store);
      expect(statements.map(({ text }) => /^(?:SELECT|WITH)\s/.test(text))).toEqual([true]);
      counts.push([name, statements.length]);
    }
    expect(counts).toEqual(calls.map(([name]) => [name, 1]));
  });

  it('are counted by the server as one transaction for each rotation', async () => {
    const pool = stage.pool({ max: 1 });
    const store = await stage.open({ pool });
    await store.familyCreate(family());
    const before = await transactions(pool);
    for (let generation = 1; generation <= 100; generation++) {
      expect(
        (await store.familyRotate('f1', generation, policy({ handles: [`h${generation}`] }))).outcome,
      ).toBe('rotated');
    }
    // The one that counts them is not counted before it is over, and the one before it is.
    expect((await transactions(pool)) - before).toBe(101);
  });

  it('are prepared under names that never mean another text, or not at all', async () => {
    const { pool, statements } = noting(stage.pool());
    for (const schema of ['one', 'other']) {
      const store = await stage.open({ pool, schema });
      await store.ping();
      await store.get('kind', 'id');
      await store.get('kind', 'id');
    }
    const prepared = statements.filter(({ name }) => name !== undefined && name !== '');
    const texts = new Map(prepared.map(({ name, text }) => [name, text]));
    expect(prepared.length).toBeGreaterThan(6);
    for (const { name, text } of prepared) expect(texts.get(name)).toBe(text);
    expect(new Set(texts.values()).size).toBe(texts.size);

    const without = noting(stage.pool());
    const store = await stage.open({ pool: without.pool, prepare: false });
    await store.get('kind', 'id');
    expect(without.statements.filter(({ name }) => name !== undefined)).toEqual([]);
  });

  it('give the values that PostgreSQL sent, whatever parsers the host set', async () => {
    const odd = stage.pool({
      types: {
        getTypeParser: (() => () => 'the parser of the host') as unknown as typeof pg.types.getTypeParser,
      },
    });
    const store = await stage.open({ pool: odd });
    await store.put('kind', 'id', { a: 1 }, { expiresAt, lookups: ['x'] });
    expect(await store.get('kind', 'id')).toMatchObject({
      data: { a: 1 },
      expiresAt,
      lookups: ['x', null, null],
    });
  });

  it('rewrite a family without touching an index, but for once a day', async () => {
    const clock = clockAt(20_000 * DAY_MS);
    const store = await stage.open({ clock });
    // As full as a table is in use: what fits beside a row on its page is what counts.
    for (let each = 0; each < 200; each++)
      await store.familyCreate(family({ id: `f${each}`, owner: `u${each}` }));
    const before = await updates(store.schema);
    for (let generation = 1; generation <= 10; generation++) {
      clock.time += 60_000;
      for (let each = 0; each < 200; each++) await store.familyRotate(`f${each}`, generation, policy());
    }
    const after = await updates(store.schema);
    expect(after.all - before.all).toBe(2_000);
    // Versions that nobody can see any more give their room back when the page is next read.
    expect(after.hot - before.hot).toBeGreaterThan(1_900);
    await store.familyRotate('f0', 11, policy({ idleMs: 2 * DAY_MS }));
    const nextDay = await updates(store.schema);
    expect([nextDay.all - after.all, nextDay.hot - after.hot]).toEqual([1, 0]);
  }, 60_000);

  it('count a use without touching an index', async () => {
    const store = await stage.open();
    await store.put('kind', 'id', 1, { expiresAt, lookups: ['x', 'y', 'z'] });
    const before = await updates(store.schema, 'record');
    for (let use = 1; use <= 50; use++) await store.use('kind', 'id');
    const after = await updates(store.schema, 'record');
    expect([after.all - before.all, after.hot - before.hot]).toEqual([50, 50]);
  });

  it.each([
    [
      'records by a slot',
      'record',
      "SELECT id FROM {s}.record WHERE kind = 'k' AND lookup1 = 'x' AND id > 'a' ORDER BY id LIMIT 1",
      'record_lookup1',
    ],
    [
      'records to sweep',
      'record',
      'SELECT id FROM {s}.record WHERE expires_hour < 1 AND expires_at <= 1 LIMIT 1',
      'record_expiry',
    ],
    [
      'families to sweep',
      'family',
      'SELECT id FROM {s}.family WHERE expires_day < 1 AND expires_at <= 1 LIMIT 1',
      'family_expiry',
    ],
    [
      'families of an owner',
      'family',
      "SELECT id FROM {s}.family WHERE owner = 'u' ORDER BY id",
      'family_owner',
    ],
    ['children', 'family', "SELECT id FROM {s}.family WHERE parent = ANY (ARRAY['p'])", 'family_parent'],
    [
      'handles of a family',
      'handle',
      "SELECT handle FROM {s}.handle WHERE family = ANY (ARRAY['p'])",
      'handle_family',
    ],
    [
      'the end of the feed',
      'feed',
      "SELECT key FROM {s}.feed WHERE xid >= pg_snapshot_xmin('9:9:'::pg_snapshot)",
      'feed_xid',
    ],
    ['lines to sweep', 'feed', 'SELECT position FROM {s}.feed WHERE expires_at <= 1 LIMIT 1', 'feed_expiry'],
  ])('find %s by an index', async (_what, _table, sql, index) => {
    const { schema } = await stage.open();
    const client = await stage.admin.connect();
    try {
      // An empty table is read whole otherwise.
      await client.query('SET enable_seqscan = off');
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN ${sql.replaceAll('{s}', `"${schema}"`)}`,
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toContain(index);
      expect(plan).not.toContain('Seq Scan');
    } finally {
      client.release(true);
    }
  });

  /** How many transactions the connection of this pool has begun. */
  async function transactions(pool: pg.Pool): Promise<number> {
    const { rows } = await pool.query<{ lxid: string }>(
      "SELECT split_part(virtualtransaction, '/', 2) AS lxid FROM pg_locks WHERE pid = pg_backend_pid() LIMIT 1",
    );
    return Number(rows[0]?.lxid);
  }

  async function updates(schema: string, table = 'family'): Promise<{ all: number; hot: number }> {
    // A backend reports what it did at the latest when it ends; the pool takes another one.
    const others = 'datname = current_database() AND pid <> pg_backend_pid()';
    await stage.admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`);
    await vi.waitFor(async () => {
      const { rows } = await stage.admin.query(`SELECT 1 FROM pg_stat_activity WHERE ${others}`);
      expect(rows).toEqual([]);
    }, 10_000);
    const { rows } = await stage.admin.query<{ all: string; hot: string }>(
      'SELECT n_tup_upd AS all, n_tup_hot_upd AS hot FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = $2',
      [schema, table],
    );
    return { all: Number(rows[0]?.all), hot: Number(rows[0]?.hot) };
  }
});
