import { createHash } from 'node:crypto';
import { ConfigError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';

/** One step of the schema. A step that was released is never edited: databases know it by its checksum. */
export interface Migration {
  readonly id: string;
  readonly sql: readonly string[];
}

/**
 * The steps of the schema, in order. Each only adds, so that processes of the last release and of this one can share a
 * database while they are replaced.
 *
 * Records index their exact expiry. Families, whose expiry moves with each refresh, index its day (since the epoch), so
 * that a refresh leaves the indexes alone.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    id: '0001-records',
    sql: [
      `CREATE TABLE portcullis_version (last INTEGER NOT NULL) STRICT`,
      `INSERT INTO portcullis_version (last) VALUES (0)`,
      `CREATE TABLE portcullis_record (
         kind TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, version INTEGER NOT NULL, expires_at INTEGER,
         lookup0 TEXT, lookup1 TEXT, lookup2 TEXT, uses INTEGER NOT NULL DEFAULT 0, used_at INTEGER,
         PRIMARY KEY (kind, id)) STRICT`,
      `CREATE INDEX portcullis_record_lookup0 ON portcullis_record (kind, lookup0, id) WHERE lookup0 IS NOT NULL`,
      `CREATE INDEX portcullis_record_lookup1 ON portcullis_record (kind, lookup1, id) WHERE lookup1 IS NOT NULL`,
      `CREATE INDEX portcullis_record_lookup2 ON portcullis_record (kind, lookup2, id) WHERE lookup2 IS NOT NULL`,
      `CREATE INDEX portcullis_record_expiry ON portcullis_record (expires_at) WHERE expires_at IS NOT NULL`,
    ],
  },
  {
    id: '0002-families',
    sql: [
      `CREATE TABLE portcullis_family (
         id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, parent TEXT, data TEXT NOT NULL,
         generation INTEGER NOT NULL, quiet_below INTEGER NOT NULL, created_at INTEGER NOT NULL,
         rotated_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, expires_day INTEGER NOT NULL, absolute_at INTEGER,
         feed_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
      `CREATE INDEX portcullis_family_owner ON portcullis_family (owner)`,
      `CREATE INDEX portcullis_family_parent ON portcullis_family (parent) WHERE parent IS NOT NULL`,
      `CREATE INDEX portcullis_family_expiry ON portcullis_family (expires_day)`,
      `CREATE TABLE portcullis_handle (
         handle TEXT NOT NULL PRIMARY KEY, family TEXT NOT NULL, generation INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
      `CREATE INDEX portcullis_handle_family ON portcullis_handle (family)`,
    ],
  },
  {
    id: '0003-feed',
    sql: [
      `CREATE TABLE portcullis_feed (
         position INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, value INTEGER NOT NULL,
         expires_at INTEGER NOT NULL) STRICT`,
      `CREATE INDEX portcullis_feed_expiry ON portcullis_feed (expires_at)`,
    ],
  },
];

/**
 * Brings the schema up to date. All steps that are missing are one transaction under the write lock, so that of several
 * processes that start at once one does the work and the others find it done.
 *
 * @throws {@link ConfigError} `schema_outdated` when the database holds another text of a step.
 */
export function applyMigrations(connection: Connection, now: number, migrations = MIGRATIONS): void {
  // Looking first spares a process that starts beside a busy one the wait for the write lock.
  if (missing(connection, migrations).length === 0) return;
  connection.write(() => {
    connection.exec(LEDGER);
    for (const migration of missing(connection, migrations)) {
      for (const sql of migration.sql) connection.exec(sql);
      connection.run('INSERT INTO portcullis_migration (id, checksum, applied_at) VALUES (?, ?, ?)', [
        migration.id,
        checksumOf(migration),
        now,
      ]);
    }
  });
}

/** @throws {@link ConfigError} `schema_outdated` when a step is missing or was applied with another text. */
export function checkMigrations(connection: Connection, migrations = MIGRATIONS): void {
  const [first] = missing(connection, migrations);
  if (first === undefined) return;
  const mend = 'start once with migrate: "apply"';
  throw new ConfigError('schema_outdated', `sqliteStore: the database lacks ${first.id}; ${mend}.`);
}

const LEDGER = `CREATE TABLE IF NOT EXISTS portcullis_migration (
  id TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT`;

function missing(connection: Connection, migrations: readonly Migration[]): readonly Migration[] {
  const [ledger] = connection.rows("SELECT 1 FROM sqlite_schema WHERE name = 'portcullis_migration'", []);
  if (ledger === undefined) return migrations;
  const rows = connection.rows('SELECT id, checksum FROM portcullis_migration', []);
  const applied = new Map(rows.map((row) => [row['id'], row['checksum']]));
  return migrations.filter((migration) => {
    const checksum = applied.get(migration.id);
    if (checksum === undefined) return true;
    if (checksum === checksumOf(migration)) return false;
    const why = 'another release made this database; use the release that made it, or a database of its own';
    throw new ConfigError(
      'schema_outdated',
      `sqliteStore: ${migration.id} was applied with another text: ${why}.`,
    );
  });
}

function checksumOf({ sql }: Migration): string {
  return createHash('sha256').update(sql.join('\0')).digest('hex');
}
