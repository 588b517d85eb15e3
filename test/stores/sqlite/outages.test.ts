import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { afterAll, describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import { sqliteStore } from '../../../src/stores/sqlite.ts';

const HOLDER = fileURLToPath(new URL('../../support/sqlite-lock-holder.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'portcullis-sqlite-'));
let files = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function newPath(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

describe('sqliteStore in an outage', () => {
  it('answers with a StoreError while another process holds the lock, and works again after it', async () => {
    const path = newPath();
    const store = sqliteStore({ path, busyTimeoutMs: 50 });
    const policy = { idleMs: 1_000_000, graceMs: 1_000 };
    await store.put('kind', 'before', 1);
    await store.familyCreate({
      id: 'f1',
      owner: 'u1',
      data: 1,
      idleMs: 1_000_000,
      absoluteAt: null,
      feedMs: 1_000,
    });
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    const calls = [
      () => store.put('kind', 'the-id', 'the-data'),
      () => store.use('kind', 'before'),
      () => store.delete('kind', 'before'),
      () => store.deleteBy('kind', 0, 'x'),
      () => store.familyRotate('f1', 1, policy),
      () => store.familyRevoke('f1'),
      () => store.feedAppend([{ key: 'acc:1', value: 1, expiresAt: Date.now() + 10_000 }]),
      () => store.sweep(10),
    ];
    for (const call of calls) {
      const error = await call().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(StoreError);
      expect((error as StoreError).message).toBe(
        'The SQLite store failed with SQLITE_BUSY: another process held the write lock for longer than busyTimeoutMs.',
      );
      expect((error as StoreError).cause).toMatchObject({ code: 'SQLITE_BUSY' });
    }
    // Readers do not wait for a writer.
    expect((await store.get('kind', 'before'))?.data).toBe(1);
    other.exec('COMMIT');
    for (const call of calls) await call();
    expect((await store.get('kind', 'the-id'))?.data).toBe('the-data');
    expect(await store.get('kind', 'before')).toBeNull();
    expect(await store.familyGet('f1')).toBeNull();
    other.close();
    await store.close();
  });

  it('waits for a host that writes in the journal mode that its file had so far', async () => {
    const path = newPath();
    const child = fork(HOLDER, [path, '300'], { execArgv: [] });
    await once(child, 'message');
    const store = sqliteStore({ path, busyTimeoutMs: 20_000 });
    expect(await store.put('kind', 'id', 1)).toBe(1);
    const reader = new Database(path);
    expect(reader.prepare('SELECT id FROM product').all()).toEqual([{ id: 7 }]);
    reader.close();
    await store.close();
  });

  it('names neither the row nor the data when the engine refuses a write', async () => {
    const path = newPath();
    const store = sqliteStore(path);
    const host = new Database(path);
    host.exec(`CREATE TRIGGER refuse BEFORE INSERT ON portcullis_record WHEN new.id = 'secret-id'
      BEGIN SELECT RAISE(ABORT, 'refused'); END`);
    const error = await store.put('kind', 'secret-id', 'secret-data').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect(`${(error as Error).message} ${String((error as Error).cause)}`).not.toMatch(/secret/);
    // The values of a call that failed must not come back in the next one.
    expect(await store.put('kind', 'next-id', 'next-data')).toBe(1);
    expect((await store.get('kind', 'next-id'))?.data).toBe('next-data');
    expect(await store.get('kind', 'secret-id')).toBeNull();
    host.close();
    await store.close();
  });

  it('undoes all of a step that fails in its middle', async () => {
    const path = newPath();
    const store = sqliteStore(path);
    await store.familyCreate({
      id: 'f1',
      owner: 'u1',
      data: 1,
      idleMs: 1_000_000,
      absoluteAt: null,
      feedMs: 1_000,
    });
    const before = await store.familyGet('f1');
    const host = new Database(path);
    host.exec(
      `CREATE TRIGGER refuse BEFORE INSERT ON portcullis_feed BEGIN SELECT RAISE(ABORT, 'refused'); END`,
    );
    const policy = { idleMs: 1_000_000, graceMs: 0, feedGeneration: true, handles: ['h2'] };
    await expect(store.familyRotate('f1', 1, policy)).rejects.toBeInstanceOf(StoreError);
    await expect(store.familyRevoke('f1')).rejects.toBeInstanceOf(StoreError);
    await expect(store.familyRevokeAll('u1')).rejects.toBeInstanceOf(StoreError);
    expect(await store.familyGet('f1')).toEqual(before);
    expect(await store.familyByHandle('h2')).toBeNull();
    host.exec('DROP TRIGGER refuse');
    expect((await store.familyRotate('f1', 1, policy)).outcome).toBe('rotated');
    host.close();
    await store.close();
  });
});
