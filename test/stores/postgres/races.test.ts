import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { POSTGRES_SOURCE } from '../../support/postgres.ts';
import { family, policy, postgresStage } from './stage.ts';

const IN_AN_HOUR = Date.now() + 3_600_000;

describe.skipIf(POSTGRES_SOURCE === null)('postgresStore, when steps meet on a row', () => {
  const stage = postgresStage();

  /** Begins a step of another node, and ends it while the step of this one waits for it. */
  async function whileWaiting<T>(sql: string, values: unknown[], step: () => Promise<T>): Promise<T> {
    const client = await stage.admin.connect();
    await client.query('BEGIN');
    await client.query(sql, values);
    const waiting = step();
    // Whatever becomes of it, this is where it is looked at.
    waiting.catch(() => undefined);
    await somebodyWaits();
    await client.query('COMMIT');
    client.release();
    return waiting;
  }

  async function somebodyWaits(): Promise<void> {
    for (;;) {
      const { rows } = await stage.admin.query('SELECT 1 FROM pg_locks WHERE NOT granted');
      if (rows.length > 0) return;
      await pause(5);
    }
  }

  const CREATE = '.family_create($1, $2, $3, $4, 86400000, NULL, 60000, $5, NULL, 20000)';

  it.each(['familyRevoke', 'familyRevokeAll', 'familyRotate as reuse'])(
    '%s ends a child that was being made when it began',
    async (how) => {
      const store = await stage.open();
      await store.familyCreate(family({ id: 'top' }));
      for (const generation of [1, 2]) await store.familyRotate('top', generation, policy());
      const end = {
        familyRevoke: () => store.familyRevoke('top'),
        familyRevokeAll: () => store.familyRevokeAll('u1'),
        'familyRotate as reuse': () => store.familyRotate('top', 1, policy()),
      }[how] as () => Promise<unknown>;
      const values = ['child', 'u2', 'top', '1', ['h1']];
      await whileWaiting(`SELECT ${store.schema}${CREATE}`, values, end);
      expect(await store.familyGet('child')).toBeNull();
      expect(await store.familyByHandle('h1')).toBeNull();
      const keys = (await store.feedRead(null)).events.map(({ key }) => key);
      expect(keys.toSorted()).toEqual(['sid:child', 'sid:top']);
    },
  );

  it('a family that another node is revoking takes no child', async () => {
    const store = await stage.open();
    await store.familyCreate(family({ id: 'top' }));
    const revoke = `SELECT ${store.schema}.family_revoke('top', NULL, 20000)`;
    const create = () => store.familyCreate(family({ id: 'child', parent: 'top' }));
    await expect(whileWaiting(revoke, [], create)).rejects.toThrow('The parent is not a live family.');
    expect(await store.familyGet('child')).toBeNull();
  });

  it('a handle, or an id, that another node is writing stays its own', async () => {
    const store = await stage.open();
    const create = `SELECT ${store.schema}${CREATE}`;
    const sameHandle = () => store.familyCreate(family({ id: 'f2', handles: ['h1'] }));
    await expect(whileWaiting(create, ['f1', 'u1', null, '1', ['h1']], sameHandle)).rejects.toThrow(
      'The handle exists already.',
    );
    const sameId = () => store.familyCreate(family({ id: 'f3', owner: 'thief' }));
    await expect(whileWaiting(create, ['f3', 'u1', null, '1', []], sameId)).rejects.toThrow(
      'The family exists already.',
    );
    expect((await store.familyByHandle('h1'))?.family.id).toBe('f1');
    expect((await store.familyGet('f3'))?.owner).toBe('u1');
    expect(await store.familyGet('f2')).toBeNull();
  });

  it('a rotation that waited for another one is judged by what that one left', async () => {
    const store = await stage.open();
    await store.familyCreate(family());
    const rotate = `SELECT ${store.schema}.family_rotate('f1', 1, 86400000, 10000, 0, NULL, '{}', false, false, NULL, 20000)`;
    const rotation = await whileWaiting(rotate, [], () => store.familyRotate('f1', 1, policy()));
    expect(rotation).toMatchObject({ outcome: 'replayed', family: { generation: 2 } });
  });

  it('the last write of a record has the highest version, also when it had to wait', async () => {
    const store = await stage.open();
    await store.put('kind', 'id', 'first');
    const client = await stage.admin.connect();
    await client.query('BEGIN');
    await client.query(`SELECT FROM ${store.schema}.record FOR UPDATE`);
    const waiting = store.put('kind', 'id', 'last');
    await somebodyWaits();
    const put = `SELECT ${store.schema}.record_put('kind', 'id', '1', NULL, NULL, NULL, NULL, false, NULL, NULL, 20000) AS version`;
    const { rows } = await client.query<{ version: string }>(put);
    await client.query('COMMIT');
    client.release();
    expect(await waiting).toBeGreaterThan(Number(rows[0]?.version));
  });

  it('a step that is finished too late is undone, so that nothing happens after its caller was refused', async () => {
    const store = await stage.open({ timeoutMs: 1_500, acquireTimeoutMs: 1_000 });
    await store.familyCreate(family());
    const version = (await store.put('kind', 'id', 1, { lookups: ['x'] })) ?? 0;
    const before = [await store.familyGet('f1'), await store.get('kind', 'id')];
    await stage.admin.query(`CREATE FUNCTION ${store.schema}.slow() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_sleep(0.8); IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$`);
    for (const table of ['record', 'family', 'feed']) {
      await stage.admin
        .query(`CREATE TRIGGER slow BEFORE INSERT OR UPDATE OR DELETE ON ${store.schema}.${table}
        FOR EACH ROW EXECUTE FUNCTION ${store.schema}.slow()`);
    }
    const calls = [
      () => store.familyRotate('f1', 1, policy()),
      () => store.familyRevoke('f1'),
      () => store.familyRevokeAll('u1'),
      () => store.familyCreate(family({ id: 'f2' })),
      () => store.put('kind', 'id', 2),
      () => store.put('kind', 'id', 2, { expect: version }),
      () => store.use('kind', 'id'),
      () => store.delete('kind', 'id'),
      () => store.deleteBy('kind', 0, 'x'),
      () => store.feedAppend([{ key: 'acc:1', value: 1, expiresAt: IN_AN_HOUR }]),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow(/failed with DEADLINE/);
    // Those that were given up before they ended have ended by now.
    await pause(2_000);
    expect([await store.familyGet('f1'), await store.get('kind', 'id')]).toEqual(before);
    expect(await store.familyGet('f2')).toBeNull();
    expect((await store.feedRead(null)).events).toEqual([]);
  }, 60_000);
});
