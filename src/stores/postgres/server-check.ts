import { ConfigError, StoreError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';

/**
 * Refuses a server on which the store could not keep its word.
 *
 * @throws {@link ConfigError} `option_invalid` for one that is too old, not in UTF-8, or repeatable read by
 *   default, and for connections with binary results.
 * @throws {@link StoreError} for a standby: it may become the primary, and is none.
 */
export async function checkServer(connection: Connection): Promise<void> {
  const [row] = await connection.rows(SETTINGS, []);
  // A pool that asks for binary results gets bytes, which no reader of rows here understands.
  if (typeof row?.['version'] !== 'string') throw refused('its connections must not ask for binary results');
  if (Number(row['version']) < 130_000) throw refused('PostgreSQL 13 or later is needed');
  if (row['encoding'] !== 'UTF8')
    throw refused('the database must be in UTF8, so that it can hold every key');
  // There a step does not see what another one committed while it waited, and PostgreSQL does not object.
  if (row['isolation'] === 'repeatable read') {
    throw refused('default_transaction_isolation must be read committed or serializable');
  }
  if (row['standby'] === 'true')
    throw new StoreError('The PostgreSQL server is a standby, which takes no writes.');
}

const SETTINGS = `SELECT current_setting('server_version_num') AS version,
  current_setting('server_encoding') AS encoding,
  current_setting('default_transaction_isolation') AS isolation,
  pg_is_in_recovery()::text AS standby`;

function refused(why: string): ConfigError {
  return new ConfigError('option_invalid', `postgresStore.pool: ${why}.`);
}
