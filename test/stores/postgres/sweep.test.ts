import { describe, expect, it } from 'vitest';
import { POSTGRES_SOURCE } from '../../support/postgres.ts';
import { clockAt, family, policy, postgresStage } from './stage.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe.skipIf(POSTGRES_SOURCE === null)('postgresStore when it is swept', () => {
  const stage = postgresStage();

  async function rowsLeft(schema: string): Promise<Readonly<Record<string, number>>> {
    const left: Record<string, number> = {};
    for (const table of ['record', 'family', 'handle', 'feed']) {
      const { rows } = await stage.admin.query<{ count: string }>(`SELECT count(*) FROM ${schema}.${table}`);
      left[table] = Number(rows[0]?.count);
    }
    return left;
  }

  it('deletes lines when they expire, records after their hour, families and handles after their day', async () => {
    const clock = clockAt(20_000 * DAY_MS + DAY_MS / 2);
    const store = await stage.open({ clock });
    await store.put('kind', 'id', 1, { expiresAt: clock.time + 10 });
    await store.put('kind', 'forever', 1);
    await store.feedAppend([{ key: 'acc:1', value: 1, expiresAt: clock.time + 10 }]);
    for (const id of ['f1', 'f2']) {
      await store.familyCreate(family({ id, idleMs: 10, handles: [`${id}-a`, `${id}-b`] }));
    }
    expect(await store.sweep(100)).toBe(0);
    clock.time += 10;
    expect(await store.sweep(100)).toBe(1);
    expect(await rowsLeft(store.schema)).toEqual({ record: 2, family: 2, handle: 4, feed: 0 });
    clock.time += HOUR_MS;
    expect(await store.sweep(100)).toBe(1);
    clock.time += DAY_MS / 2;
    expect([await store.sweep(3), await store.sweep(2), await store.sweep(2)]).toEqual([3, 2, 1]);
    expect(await rowsLeft(store.schema)).toEqual({ record: 1, family: 0, handle: 0, feed: 0 });
  });

  it('deletes each row once when four nodes sweep at the same time, and none that is live', async () => {
    const clock = clockAt(20_000 * DAY_MS);
    const store = await stage.open({ clock });
    const nodes = await Promise.all(
      Array.from({ length: 4 }, () => stage.open({ schema: store.schema, clock })),
    );
    await stage.admin.query(`
      INSERT INTO ${store.schema}.record (kind, id, data, version, expires_at)
        SELECT 'kind', 'gone' || n, '1', n, ${clock.time + 10} FROM generate_series(1, 1000) AS n;
      INSERT INTO ${store.schema}.record (kind, id, data, version, expires_at)
        SELECT 'kind', 'kept' || n, '1', n, ${clock.time + 9 * DAY_MS} FROM generate_series(1, 100) AS n;
      INSERT INTO ${store.schema}.feed (key, value, expires_at)
        SELECT 'acc:' || n, 1, ${clock.time + 10} FROM generate_series(1, 1000) AS n`);
    for (let each = 0; each < 100; each++) {
      await store.familyCreate(family({ id: `gone${each}`, idleMs: 10, handles: [`g${each}`, `h${each}`] }));
      await store.familyCreate(family({ id: `kept${each}`, idleMs: 9 * DAY_MS, handles: [`k${each}`] }));
    }
    clock.time += 2 * DAY_MS;
    const swept = await Promise.all(
      nodes.map(async (node) => {
        let sum = 0;
        for (let idle = 0; idle < 2;) {
          const deleted = await node.sweep(50);
          sum += deleted;
          idle = deleted === 0 ? idle + 1 : 0;
        }
        return sum;
      }),
    );
    expect(swept.reduce((sum, each) => sum + each, 0)).toBe(1_000 + 1_000 + 100 + 200);
    expect(await rowsLeft(store.schema)).toEqual({ record: 100, family: 100, handle: 100, feed: 0 });
  }, 60_000);

  it('passes over what another transaction has in hand instead of waiting for it', async () => {
    const clock = clockAt(20_000 * DAY_MS);
    const store = await stage.open({ clock });
    for (const id of ['held', 'free']) await store.familyCreate(family({ id, idleMs: 10, handles: [id] }));
    clock.time += 2 * DAY_MS;
    const client = await stage.admin.connect();
    await client.query('BEGIN');
    await client.query(`SELECT FROM ${store.schema}.family WHERE id = 'held' FOR UPDATE`);
    await client.query(`SELECT FROM ${store.schema}.handle WHERE handle = 'held' FOR UPDATE`);
    expect(await store.sweep(100)).toBe(2);
    expect(await rowsLeft(store.schema)).toMatchObject({ family: 1, handle: 1 });
    await client.query('COMMIT');
    client.release();
    expect(await store.sweep(100)).toBe(2);
    expect(await rowsLeft(store.schema)).toMatchObject({ family: 0, handle: 0 });
  });

  it('keeps the day of a family in step with its expiry', async () => {
    const clock = clockAt(20_000 * DAY_MS);
    const store = await stage.open({ clock });
    const day = async (): Promise<unknown> =>
      (await stage.admin.query(`SELECT expires_day::int FROM ${store.schema}.family`)).rows;
    await store.familyCreate(family({ idleMs: DAY_MS }));
    expect(await day()).toEqual([{ expires_day: 20_001 }]);
    await store.familyRotate('f1', 1, policy({ idleMs: 5 * DAY_MS }));
    expect(await day()).toEqual([{ expires_day: 20_005 }]);
  });
});
