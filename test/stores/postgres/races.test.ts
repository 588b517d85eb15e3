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
    for (;;) {
      const { rows } = await stage.admin.query('SELECT 1 FROM pg_locks WHERE NOT granted');
      if (rows.length > 0) break;
      await pause(5);
    }
    await client.query('COMMIT');
    client.release();
    return waiting;
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

  it('the last write of a record has the highest version', async () => {
    const store = await stage.open();
    for (let round = 0; round < 10; round++) {
      const writes = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => ({
          index,
          version: (await store.put('kind', 'id', index, { expiresAt: IN_AN_HOUR })) ?? 0,
        })),
      );
      const last = writes.reduce((one, other) => (one.version > other.version ? one : other));
      expect(await store.get('kind', 'id')).toMatchObject({ data: last.index, version: last.version });
    }
  });
});
