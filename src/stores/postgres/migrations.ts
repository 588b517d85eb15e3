import { createHash } from 'node:crypto';
import { ConfigError } from '../../core/errors.ts';
import type { Connection, Rows } from './connection.ts';
import { FAMILIES } from './schema/families.ts';
import { FEED } from './schema/feed.ts';
import { RECORDS } from './schema/records.ts';
import { SWEEP } from './schema/sweep.ts';

/**
 * One step of the schema. A step that was released is never edited: databases know it by its checksum. A function that
 * changes gets another name, so that processes of the last release find the one they know.
 */
export interface Migration {
  readonly id: string;
  /** Statements, with `{s}` for the quoted name of the schema and `{name}` for the bare one. */
  readonly sql: readonly string[];
}

/** The steps of the schema, in order. Each only adds, so that two releases can share a database for a while. */
export const MIGRATIONS: readonly Migration[] = [
  { id: '0001-records', sql: RECORDS },
  { id: '0002-feed', sql: FEED },
  { id: '0003-families', sql: FAMILIES },
  { id: '0004-sweep', sql: SWEEP },
];

/** What an identifier of this package may be; quoted or not it is the same, and safe in a text as well. */
export const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,47}$/;

export function quoted(schema: string): string {
  return `"${schema}"`;
}

/** On which channel the processes of a schema tell each other that the feed has grown. */
export function channelOf(schema: string): string {
  return `${schema}.feed`;
}

/**
 * Brings the schema up to date, in one transaction under a lock that holds for its own end at the latest: of several
 * processes that start at once one does the work and the others find it done.
 *
 * @throws {@link ConfigError} `schema_outdated` when the database holds another text of a step.
 */
export async function applyMigrations(
  connection: Connection,
  schema: string,
  migrations = MIGRATIONS,
): Promise<void> {
  // Looking first: a role that may not change the schema can start on one that is complete.
  const before = await connection.transaction((rows) => missing(rows, schema, migrations), TIMEOUT_MS);
  if (before.length === 0) return;
  await connection.transaction(async (rows) => {
    await rows(LOCK, [schema]);
    const [there] = await rows('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
    if (there === undefined) await rows(`CREATE SCHEMA ${quoted(schema)}`);
    await rows(ledger(schema));
    for (const migration of await missing(rows, schema, migrations)) {
      for (const sql of migration.sql) await rows(filledIn(sql, schema));
      await rows(`INSERT INTO ${quoted(schema)}.migration (id, checksum) VALUES ($1, $2)`, [
        migration.id,
        checksumOf(migration),
      ]);
    }
  }, TIMEOUT_MS);
}

/** @throws {@link ConfigError} `schema_outdated` when a step is missing or was applied with another text. */
export async function checkMigrations(connection: Connection, schema: string): Promise<void> {
  const [first] = await connection.transaction((rows) => missing(rows, schema, MIGRATIONS), TIMEOUT_MS);
  if (first === undefined) return;
  const mend = 'start once with migrate: "apply", or run the SQL of postgresMigrationSql()';
  throw new ConfigError('schema_outdated', `postgresStore: the database lacks ${first.id}; ${mend}.`);
}

/**
 * The steps after one, or all of them, as a script of one transaction.
 *
 * @throws {@link ConfigError} `option_invalid` for a step that does not exist.
 */
export function migrationScript(schema: string, after: string | undefined): string {
  const from = after === undefined ? 0 : MIGRATIONS.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && from === 0) {
    const known = MIGRATIONS.map(({ id }) => id).join(', ');
    throw new ConfigError('option_invalid', `postgresMigrationSql.after must be one of ${known}.`);
  }
  const steps = MIGRATIONS.slice(from).flatMap((migration) => [
    `-- ${migration.id}`,
    ...migration.sql.map((sql) => `${filledIn(sql, schema)};`),
    `INSERT INTO ${quoted(schema)}.migration (id, checksum) VALUES ('${migration.id}', '${checksumOf(migration)}');`,
  ]);
  return [
    'BEGIN;',
    `${LOCK.replace('$1', `'${schema}'`)};`,
    `CREATE SCHEMA IF NOT EXISTS ${quoted(schema)};`,
    `${ledger(schema)};`,
    ...steps,
    'COMMIT;',
    '',
  ].join('\n');
}

/** An index on a large table takes its time; so does waiting for another process that makes one. */
const TIMEOUT_MS = 120_000;

const LOCK = `SELECT pg_advisory_xact_lock(hashtextextended('portcullis:' || $1, 0))`;

function ledger(schema: string): string {
  return `CREATE TABLE IF NOT EXISTS ${quoted(schema)}.migration (
  id text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;
}

function filledIn(sql: string, schema: string): string {
  return sql
    .replaceAll('{s}', quoted(schema))
    .replaceAll('{name}', schema)
    .replaceAll('{channel}', channelOf(schema));
}

async function missing(
  rows: Rows,
  schema: string,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> {
  const [known] = await rows(
    "SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = $1 AND relname = 'migration'",
    [schema],
  );
  if (known === undefined) return migrations;
  const applied = new Map(
    (await rows(`SELECT id, checksum FROM ${quoted(schema)}.migration`)).map((row) => [
      row['id'],
      row['checksum'],
    ]),
  );
  return migrations.filter((migration) => {
    const checksum = applied.get(migration.id);
    if (checksum === undefined) return true;
    if (checksum === checksumOf(migration)) return false;
    const why = 'another release made this schema; use the release that made it, or a schema of its own';
    throw new ConfigError(
      'schema_outdated',
      `postgresStore: ${migration.id} was applied with another text: ${why}.`,
    );
  });
}

function checksumOf({ sql }: Migration): string {
  return createHash('sha256').update(sql.join('\0')).digest('hex');
}
