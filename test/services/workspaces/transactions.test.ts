import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import { runInWorkspace, unscoped } from '../../../src/services/workspaces.ts';
import {
  workspacePolicySql,
  workspaceTransactions,
  type PostgresPool,
} from '../../../src/services/workspaces/postgres.ts';

/** A pool of one client that writes down what it is asked, and fails where it is told to. */
function recordingPool(fails: readonly string[] = [], command: string = 'COMMIT') {
  const said: unknown[] = [];
  const listeners = new Set<(error: Error) => void>();
  const client = {
    async query(text: string, values?: unknown[]) {
      said.push(values === undefined ? text : [text, values]);
      if (fails.some((each) => text.includes(each))) throw new Error(`${text} failed`);
      return { command, rows: [] };
    },
    release(broken?: Error | boolean) {
      said.push(['release', broken instanceof Error ? broken.message : broken]);
    },
    on: (_event: 'error', listener: (error: Error) => void) => listeners.add(listener),
    off: (_event: 'error', listener: (error: Error) => void) => listeners.delete(listener),
  };
  async function connect() {
    if (fails.includes('connect')) throw new Error('no connection');
    said.push('connect');
    return client;
  }
  return { pool: { connect }, said, listeners };
}

const SET = [expect.stringContaining('set_config($1, $2, true)'), ['app.workspace', 'w1']];
const nothing = async (): Promise<void> => undefined;

describe('workspaceTransactions', () => {
  it('says the workspace as a parameter, between BEGIN and the first query', async () => {
    const { pool, said, listeners } = recordingPool();
    const db = workspaceTransactions(pool);
    await runInWorkspace('w1', () => db.run((client) => client.query('SELECT 1')));
    expect(said).toEqual(['connect', 'BEGIN', SET, 'SELECT 1', 'COMMIT', ['release', undefined]]);
    expect(listeners.size).toBe(0);
  });

  it('asks for no connection outside a workspace', async () => {
    const { pool, said } = recordingPool();
    const db = workspaceTransactions(pool, { unscopedPool: pool });
    const refusals = [
      () => db.run(nothing),
      () => unscoped('a report', () => db.run(nothing)),
      () => db.runUnscoped(nothing),
      () => runInWorkspace('w1', () => db.runUnscoped(nothing)),
      () => unscoped('a report', () => runInWorkspace('w1', () => db.runUnscoped(nothing))),
    ];
    for (const refused of refusals) {
      await expect(refused()).rejects.toMatchObject({ name: 'ConfigError', code: 'workspace_outside' });
    }
    expect(said).toEqual([]);
  });

  it('refuses runUnscoped without a pool for it', async () => {
    const db = workspaceTransactions(recordingPool().pool);
    await expect(unscoped('a report', () => db.runUnscoped(nothing))).rejects.toMatchObject({
      code: 'option_missing',
    });
  });

  it('sets no workspace in runUnscoped', async () => {
    const { pool, said } = recordingPool();
    const db = workspaceTransactions(recordingPool().pool, { unscopedPool: pool });
    await unscoped('a report', () => db.runUnscoped(nothing));
    expect(said).toEqual(['connect', 'BEGIN', 'COMMIT', ['release', undefined]]);
  });

  it('rolls back and releases when the callback fails, and throws what it threw', async () => {
    const { pool, said } = recordingPool();
    const db = workspaceTransactions(pool);
    const failure = new Error('mine');
    const running = runInWorkspace('w1', () => db.run(() => Promise.reject(failure)));
    await expect(running).rejects.toBe(failure);
    expect(said.slice(-2)).toEqual(['ROLLBACK', ['release', undefined]]);
  });

  it.each<[string, readonly string[], readonly unknown[]]>([
    [
      'the callback and the rollback fail',
      ['SELECT 1', 'ROLLBACK'],
      ['ROLLBACK', ['release', 'ROLLBACK failed']],
    ],
    ['the commit fails', ['COMMIT'], ['ROLLBACK', ['release', undefined]]],
    ['commit and rollback fail', ['COMMIT', 'ROLLBACK'], ['ROLLBACK', ['release', 'ROLLBACK failed']]],
  ])('gives the connection back in order, or not at all, when %s', async (_case, fails, end) => {
    const { pool, said } = recordingPool(fails);
    const db = workspaceTransactions(pool);
    const running = runInWorkspace('w1', () => db.run((client) => client.query('SELECT 1')));
    await expect(running).rejects.toThrow(`${fails[0]} failed`);
    expect(said.slice(-2)).toEqual(end);
  });

  it.each(['connect', 'BEGIN', 'set_config'])('calls it an outage when %s fails', async (step) => {
    const { pool, said } = recordingPool([step]);
    const db = workspaceTransactions(pool);
    const running = runInWorkspace('w1', () => db.run((client) => client.query('SELECT 1')));
    await expect(running).rejects.toBeInstanceOf(StoreError);
    expect(said).not.toContain('SELECT 1');
    expect(said.slice(-1)).toEqual(step === 'connect' ? [] : [['release', undefined]]);
  });

  it('closes a connection that reported an error while it was lent', async () => {
    const { pool, said, listeners } = recordingPool();
    const db = workspaceTransactions(pool);
    await runInWorkspace('w1', () =>
      db.run(async () => {
        for (const listener of listeners) listener(new Error('the connection broke'));
      }),
    );
    expect(said.at(-1)).toEqual(['release', 'the connection broke']);
    expect(listeners.size).toBe(0);
  });

  it('fails when COMMIT is answered with ROLLBACK', async () => {
    const { pool } = recordingPool([], 'ROLLBACK');
    const db = workspaceTransactions(pool);
    await expect(runInWorkspace('w1', () => db.run(nothing))).rejects.toThrow('was rolled back');
  });

  it.each([
    'role',
    'search_path',
    '',
    'app.',
    '.x',
    'App.workspace',
    "app.x'",
    'app.a.b',
    'app workspace',
    7,
  ])('refuses the setting %j', (setting) => {
    const { pool } = recordingPool();
    const build = () => workspaceTransactions(pool, { setting: setting as string });
    expect(build).toThrow(expect.objectContaining({ code: 'option_invalid' }));
    expect(() => workspacePolicySql('notes', { setting: setting as string })).toThrow(
      expect.objectContaining({ code: 'option_invalid' }),
    );
  });

  it.each([undefined, null, {}, 'postgres://'])('refuses %j for a pool', (pool) => {
    expect(() => workspaceTransactions(pool as PostgresPool)).toThrow('a pool of pg');
  });
});

describe('workspacePolicySql', () => {
  it('quotes what it is given', () => {
    expect(
      workspacePolicySql('a"b.c', { column: 'te"nant', setting: 'shop.tenant', unscopedRole: 'r"' }),
    ).toBe(
      [
        'ALTER TABLE "a""b"."c" ENABLE ROW LEVEL SECURITY;',
        'ALTER TABLE "a""b"."c" FORCE ROW LEVEL SECURITY;',
        `CREATE POLICY workspace_scope ON "a""b"."c" USING ("te""nant" = nullif(current_setting('shop.tenant', true), '')) ` +
          `WITH CHECK ("te""nant" = nullif(current_setting('shop.tenant', true), ''));`,
        'CREATE POLICY workspace_unscoped ON "a""b"."c" TO "r""" USING (true);',
      ].join('\n'),
    );
  });
});
