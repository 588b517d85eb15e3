import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import type { Store } from '../../../src/core/store.ts';
import { POSTGRES_SOURCE } from '../../support/postgres.ts';
import { clockAt, family, noting, policy, postgresStage } from './stage.ts';

const expiresAt = Date.now() + 86_400_000;
const line = (key: string) => ({ key, value: 1, expiresAt });

describe.skipIf(POSTGRES_SOURCE === null)('the feed of postgresStore', () => {
  const stage = postgresStage();

  /** Appends in a transaction that is committed when the result is called. */
  async function appendLate(schema: string, key: string): Promise<() => Promise<void>> {
    const client = await stage.admin.connect();
    await client.query('BEGIN');
    await client.query(`SELECT ${schema}.feed_append($1, $2, $3, 1000)`, [[key], [1], [expiresAt]]);
    return async () => {
      await client.query('COMMIT');
      client.release();
    };
  }

  async function keysSince(
    store: Store,
    cursor: string | null,
  ): Promise<readonly [readonly string[], string]> {
    const read = await store.feedRead(cursor);
    return [read.events.map(({ key }) => key), read.cursor];
  }

  it('misses no line of a transaction that began earlier and is committed later', async () => {
    const store = await stage.open();
    const commit = await appendLate(store.schema, 'acc:late');
    await store.feedAppend([line('acc:early')]);
    const [first, cursor] = await keysSince(store, null);
    expect(first).toEqual(['acc:early']);
    await commit();
    const [second, end] = await keysSince(store, cursor);
    expect(second).toEqual(['acc:late']);
    expect((await keysSince(store, end))[0]).toEqual([]);
  });

  it('brings no line twice, however long another transaction of the server stays open', async () => {
    const store = await stage.open();
    const commit = await appendLate(store.schema, 'acc:open');
    let cursor: string | null = null;
    for (const key of ['acc:1', 'acc:2', 'acc:3']) {
      await store.feedAppend([line(key)]);
      const [keys, next] = await keysSince(store, cursor);
      expect(keys).toEqual([key]);
      cursor = next;
    }
    await commit();
    expect((await keysSince(store, cursor))[0]).toEqual(['acc:open']);
  });

  it('drops what a transaction wrote that was undone', async () => {
    const store = await stage.open();
    const client = await stage.admin.connect();
    await client.query('BEGIN');
    await client.query(`SELECT ${store.schema}.feed_append('{acc:undone}', '{1}', $1, 1000)`, [[expiresAt]]);
    const [, cursor] = await keysSince(store, null);
    await client.query('ROLLBACK');
    client.release();
    await store.feedAppend([line('acc:1')]);
    expect((await keysSince(store, cursor))[0]).toEqual(['acc:1']);
  });

  it('is read from its beginning by a reader that comes from another start of the server', async () => {
    const store = await stage.open();
    await store.feedAppend([line('acc:1')]);
    const [, cursor] = await keysSince(store, null);
    expect(cursor).toMatch(/^\d+\/\d+:\d+:/);
    expect((await keysSince(store, cursor))[0]).toEqual([]);
    const [start = ''] = cursor.split('/');
    expect((await keysSince(store, cursor.replace(start, String(Number(start) - 1))))[0]).toEqual(['acc:1']);
  });

  it('keeps every live line when it is swept in between', async () => {
    const clock = clockAt(1_000_000);
    const store = await stage.open({ clock });
    await store.feedAppend([
      { key: 'acc:short', value: 1, expiresAt: clock.time + 10 },
      { key: 'acc:long', value: 1, expiresAt: clock.time + 20 },
    ]);
    const [, cursor] = await keysSince(store, null);
    clock.time += 10;
    expect(await store.sweep(10)).toBe(1);
    expect((await keysSince(store, null))[0]).toEqual(['acc:long']);
    expect((await keysSince(store, cursor))[0]).toEqual([]);
  });

  it('notifies when something is appended, and by no other statement', async () => {
    const store = await stage.open();
    const ear = new pg.Client({ connectionString: stage.url });
    await ear.connect();
    const heard: (string | undefined)[] = [];
    ear.on('notification', ({ payload }) => heard.push(payload));
    await ear.query(`LISTEN "${store.schema}.feed"`);
    const notices = async (): Promise<number> => {
      await ear.query('SELECT 1');
      return heard.splice(0).length;
    };

    await store.familyCreate(family({ handles: ['h1'] }));
    await store.familyCreate(family({ id: 'f2' }));
    await store.familyRotate('f1', 1, policy({ handles: ['h2'] }));
    await store.familyRotate('f1', 1, policy());
    await store.familyRotate('nobody', 1, policy());
    await store.familyRevoke('nobody');
    await store.familyRevokeAll('nobody');
    await store.put('kind', 'id', 1);
    await store.use('kind', 'id');
    await store.delete('kind', 'id');
    await store.feedAppend([]);
    await store.feedRead(null);
    await store.sweep(10);
    expect(await notices()).toBe(0);

    await store.familyRotate('f1', 2, policy({ feedGeneration: true }));
    await store.familyRotate('f1', 1, policy());
    await store.familyRevoke('f2');
    await store.familyCreate(family({ id: 'f3' }));
    await store.familyRevokeAll('u1');
    await store.feedAppend([line('acc:1'), line('acc:2')]);
    expect(await notices()).toBe(5);
    await ear.end();
  });

  it('wakes another node for a reuse, for a revocation and for a line', async () => {
    const here = await stage.open();
    const there = await stage.open({ schema: here.schema });
    let woken = 0;
    await there.feedWatch(() => {
      woken += 1;
    });
    await here.familyCreate(family());
    await here.familyCreate(family({ id: 'f2' }));
    for (const generation of [1, 2]) await here.familyRotate('f1', generation, policy());
    for (const act of [
      () => here.familyRotate('f1', 1, policy()),
      () => here.familyRevoke('f2'),
      () => here.feedAppend([line('acc:1')]),
    ]) {
      const before = woken;
      await act();
      await vi.waitFor(() => expect(woken).toBeGreaterThan(before), 5_000);
    }
  });

  it('wakes nobody of another schema', async () => {
    const here = await stage.open();
    const there = await stage.open();
    let woken = 0;
    await there.feedWatch(() => {
      woken += 1;
    });
    await here.feedAppend([line('acc:1')]);
    await there.feedAppend([line('acc:2')]);
    await vi.waitFor(() => expect(woken).toBeGreaterThan(0), 5_000);
    await pause(100);
    // Once by its own call, once by the server's word on it.
    expect(woken).toBeLessThanOrEqual(2);
  });

  it('is heard again after its connection broke, and whoever watches is woken then', async () => {
    const here = await stage.open();
    const listenPool = stage.pool({ application_name: `ear_${here.schema}` });
    const there = await stage.open({ schema: here.schema, listenPool });
    let woken = 0;
    await there.feedWatch(() => {
      woken += 1;
    });
    const ears = `application_name = 'ear_${here.schema}'`;
    const { rows } = await stage.admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${ears}`,
    );
    expect(rows).toHaveLength(1);
    await vi.waitFor(() => expect(woken).toBe(1), 10_000);
    await here.feedAppend([line('acc:1')]);
    await vi.waitFor(() => expect(woken).toBe(2), 5_000);
  });

  it('listens on one connection only, and on none without listenPool', async () => {
    const { pool, statements } = noting(stage.pool());
    const store = await stage.open({ pool });
    for (let watch = 0; watch < 3; watch++) await store.feedWatch(() => undefined);
    expect(statements.filter(({ text }) => text.startsWith('LISTEN'))).toHaveLength(1);

    const deaf = noting(stage.pool());
    const polling = await stage.open({ pool: deaf.pool, listenPool: null });
    let woken = 0;
    await polling.feedWatch(() => {
      woken += 1;
    });
    await polling.feedAppend([line('acc:1')]);
    expect(woken).toBe(1);
    expect(deaf.statements.filter(({ text }) => text.startsWith('LISTEN'))).toEqual([]);
  });

  it('gives its connection up when the store is closed, so that the pool can end', async () => {
    const pool = new pg.Pool({ connectionString: stage.url });
    const store = await stage.open({ pool });
    await store.feedWatch(() => undefined);
    expect(pool.totalCount - pool.idleCount).toBe(1);
    await store.close();
    await pool.end();
    expect(pool.totalCount).toBe(0);
  });
});
