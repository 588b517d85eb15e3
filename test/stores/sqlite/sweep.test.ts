import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, describe, expect, it } from 'vitest';
import { sqliteStore } from '../../../src/stores/sqlite.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-sqlite-'));
let files = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function newPath(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

describe('sqliteStore when it is swept', () => {
  it('deletes records and lines when they expire, families and handles after the day of their expiry', async () => {
    const path = newPath();
    const day = 86_400_000;
    let now = 20_000 * day + day / 2;
    const store = sqliteStore({ path, clock: { now: () => now } });
    await store.put('kind', 'id', 1, { expiresAt: now + 10 });
    await store.put('kind', 'forever', 1);
    await store.feedAppend([{ key: 'acc:1', value: 1, expiresAt: now + 10 }]);
    for (const id of ['f1', 'f2']) {
      const handles = [`${id}-a`, `${id}-b`];
      await store.familyCreate({
        id,
        owner: 'u1',
        data: 1,
        idleMs: 10,
        absoluteAt: null,
        feedMs: 10,
        handles,
      });
    }
    expect(await store.sweep(100)).toBe(0);
    now += 10;
    expect(await store.sweep(100)).toBe(2);
    expect(await store.sweep(100)).toBe(0);
    now += day / 2;
    expect([await store.sweep(3), await store.sweep(2), await store.sweep(2)]).toEqual([3, 2, 1]);
    const reader = new Database(path);
    for (const table of ['family', 'handle', 'feed']) {
      expect(reader.prepare(`SELECT count(*) AS rows FROM portcullis_${table}`).all()).toEqual([{ rows: 0 }]);
    }
    reader.close();
    await store.close();
  });

  it('keeps the day of a family in step with its expiry', async () => {
    const path = newPath();
    const day = 86_400_000;
    let now = 20_000 * day;
    const store = sqliteStore({ path, clock: { now: () => now } });
    await store.familyCreate({ id: 'f1', owner: 'u1', data: 1, idleMs: day, absoluteAt: null, feedMs: 10 });
    const reader = new Database(path);
    const dayOf = (): unknown => reader.prepare('SELECT expires_day FROM portcullis_family').all();
    expect(dayOf()).toEqual([{ expires_day: 20_001 }]);
    now += 10;
    await store.familyRotate('f1', 1, { idleMs: day, graceMs: 0 });
    expect(dayOf()).toEqual([{ expires_day: 20_001 }]);
    await store.familyRotate('f1', 2, { idleMs: 5 * day, graceMs: 0 });
    expect(dayOf()).toEqual([{ expires_day: 20_005 }]);
    reader.close();
    await store.close();
  });

  it.each([
    [
      'records',
      'DELETE FROM portcullis_record WHERE rowid IN (SELECT rowid FROM portcullis_record WHERE expires_at <= 1 LIMIT 1)',
      'portcullis_record_expiry',
    ],
    [
      'families',
      'SELECT id FROM portcullis_family WHERE expires_day < 1 LIMIT 1',
      'portcullis_family_expiry',
    ],
    [
      'an owner',
      "SELECT id FROM portcullis_family WHERE owner = 'u' AND expires_at > 1",
      'portcullis_family_owner',
    ],
    ['children', "SELECT id FROM portcullis_family WHERE parent = 'p'", 'portcullis_family_parent'],
    [
      'the end of the feed',
      'SELECT position, key FROM portcullis_feed WHERE position > 9 AND expires_at > 1 ORDER BY position',
      'INTEGER PRIMARY KEY',
    ],
    [
      'a slot',
      "SELECT id FROM portcullis_record WHERE kind = 'k' AND lookup1 = 'x' AND id > 'a' ORDER BY id LIMIT 1",
      'portcullis_record_lookup1',
    ],
  ])('finds %s by an index', async (_what, sql, index) => {
    const path = newPath();
    const store = sqliteStore(path);
    const reader = new Database(path);
    const plan = (reader.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]).map(
      ({ detail }) => detail,
    );
    expect(plan.join('\n')).toContain(index);
    expect(plan.join('\n')).not.toContain('TEMP B-TREE');
    reader.close();
    await store.close();
  });
});

describe('sqliteStore when it is watched', () => {
  it('wakes after the commit, once for many lines', async () => {
    const path = newPath();
    const store = sqliteStore(path);
    const reader = new Database(path);
    const seen: unknown[] = [];
    await store.feedWatch(() => {
      seen.push(...reader.prepare('SELECT count(*) AS lines FROM portcullis_feed').all());
    });
    const expiresAt = Date.now() + 60_000;
    await store.feedAppend(['a', 'b', 'c'].map((id) => ({ key: `acc:${id}`, value: 1, expiresAt })));
    expect(seen).toEqual([{ lines: 3 }]);
    reader.close();
    await store.close();
  });
});
