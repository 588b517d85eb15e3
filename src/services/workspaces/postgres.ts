import { ConfigError, StoreError } from '../../core/errors.ts';
import { implementing, optional, parseOptions, type Reader } from '../../core/options.ts';
import { isUnscoped, currentWorkspace } from '../workspaces.ts';
import { lend } from './lending.ts';
import { readSetting } from './policies.ts';

export { workspacePolicySql, type WorkspacePolicyOptions } from './policies.ts';

interface PostgresResult {
  readonly command?: string | undefined;
  readonly rows: readonly unknown[];
}

/** The parts of a `pg` client that are used; it is typed structurally, so that the host's own version fits. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<PostgresResult>;
  /** Puts the client back into the pool; with an error, or `true`, the connection is closed instead. */
  release(broken?: Error | boolean): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}

/** A `pg` pool, or something like it. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
}

/** The client that a pool gives; `pg`'s own has a second `connect`, with a callback. */
export type ClientOf<P extends PostgresPool> = P['connect'] extends {
  (): Promise<infer First>;
  (...args: never[]): infer Last;
}
  ? unknown extends First
    ? Awaited<Last>
    : First
  : never;

export interface WorkspaceTransactionsOptions {
  /** The setting that the policies compare with, of the form `prefix.name`; default `app.workspace`. */
  readonly setting?: string | undefined;
  /** A pool whose role sees all workspaces. Without it, `runUnscoped` refuses. */
  readonly unscopedPool?: PostgresPool | undefined;
}

/** Transactions that PostgreSQL itself holds to one workspace, by row-level security. */
export interface WorkspaceTransactions<C = PostgresClient> {
  /**
   * Runs `act` in a transaction for the current workspace, and commits; whatever `act` throws rolls back and is thrown
   * on. Outside a workspace, also in `unscoped(…)`, nothing is run. The client is good until `act` settles; a transaction
   * inside another one takes a second client.
   *
   * @throws {@link ConfigError} `workspace_outside`; `option_invalid` when the role of the pool is above the policies.
   * @throws {@link StoreError} When no transaction could be begun.
   */
  run<T>(act: (client: C) => Promise<T>): Promise<T>;
  /**
   * Runs `act` in a transaction of `unscopedPool`, for all workspaces. Only code inside `unscoped(reason, …)`, which is
   * audited, gets there.
   *
   * @throws {@link ConfigError} `workspace_outside` anywhere else, `option_missing` without `unscopedPool`.
   * @throws {@link StoreError} When no transaction could be begun.
   */
  runUnscoped<T>(act: (client: C) => Promise<T>): Promise<T>;
}

/**
 * Makes the database itself keep workspaces apart: each transaction says which workspace it is for, and row-level
 * security shows it the rows of that one only. `workspacePolicySql` writes the policies.
 *
 * @param pool The host's `pg` pool. Its role must be no superuser and must not have BYPASSRLS.
 * @throws {@link ConfigError} `option_invalid`, `option_unknown`.
 */
export function workspaceTransactions<P extends PostgresPool>(
  pool: P,
  options: WorkspaceTransactionsOptions = {},
): WorkspaceTransactions<ClientOf<P>> {
  const readPool: Reader<PostgresPool> = implementing('a pool of pg', 'connect');
  const scopedPool = readPool(pool, 'workspaceTransactions: the first argument');
  const { setting, unscopedPool } = parseOptions('workspaceTransactions', options, {
    setting: optional(readSetting, 'app.workspace'),
    unscopedPool: optional(readPool),
  });

  return {
    // Async, so that a refusal is a rejection like every other failure.
    async run<T>(act: (client: ClientOf<P>) => Promise<T>) {
      const workspace = currentWorkspace();
      return transaction(scopedPool, act as Act<T>, [ENTER, [setting, workspace]]);
    },
    async runUnscoped<T>(act: (client: ClientOf<P>) => Promise<T>) {
      if (!isUnscoped()) {
        throw new ConfigError(
          'workspace_outside',
          'runUnscoped: this code runs outside unscoped(reason, …). Say there why it needs all workspaces.',
        );
      }
      if (unscopedPool === undefined) {
        throw new ConfigError(
          'option_missing',
          'workspaceTransactions.unscopedPool is needed for runUnscoped: a pool whose role sees all workspaces.',
        );
      }
      return transaction(unscopedPool, act as Act<T>);
    },
  };
}

/** `true`: for this transaction only, so that the connection goes back to the pool without a workspace. */
const ENTER = `SELECT set_config($1, $2, true),
  (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS bypasses`;

/** The pool's own kind of client is the host's to know. */
type Act<T> = (client: PostgresClient) => Promise<T>;
type Statement = readonly [text: string, values: unknown[]];

async function transaction<T>(pool: PostgresPool, act: Act<T>, first?: Statement): Promise<T> {
  const client = await orOutage(pool.connect());
  let broken: Error | undefined;
  // The pool listens only to clients that are idle, and an unheard `error` would end the process.
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on('error', onError);
  const loan = lend(client);
  try {
    refuseBypass(await orOutage(begin(client, first)));
    const result = await act(loan.client);
    loan.end();
    await commit(client);
    return result;
  } catch (thrown) {
    loan.end();
    // A connection that cannot even roll back may still hold the transaction, and with it the workspace.
    await client.query('ROLLBACK').catch((failure: unknown) => {
      broken ??= failure instanceof Error ? failure : new Error('the rollback failed', { cause: failure });
    });
    throw thrown;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

async function begin(client: PostgresClient, first: Statement | undefined): Promise<readonly unknown[]> {
  await client.query('BEGIN');
  return first === undefined ? [] : (await client.query(...first)).rows;
}

/** Row-level security says nothing when it does not apply: every query would find the rows of all workspaces. */
function refuseBypass([row]: readonly unknown[]): void {
  if ((row as { readonly bypasses?: unknown } | undefined)?.bypasses !== true) return;
  throw new ConfigError(
    'option_invalid',
    'workspaceTransactions: the role of the pool is a superuser or has BYPASSRLS, so that it sees all workspaces. ' +
      'Connect as a role that has neither.',
  );
}

/** PostgreSQL answers COMMIT with ROLLBACK, and no error, when a statement failed whose error was swallowed. */
async function commit(client: PostgresClient): Promise<void> {
  const { command } = await client.query('COMMIT');
  if (command !== 'COMMIT') {
    throw new Error('The transaction was rolled back, since one of its statements had failed.');
  }
}

async function orOutage<T>(step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (cause) {
    throw new StoreError('PostgreSQL gave no transaction.', { cause });
  }
}
