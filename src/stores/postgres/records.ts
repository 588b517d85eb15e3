import type { Clock } from '../../core/clock.ts';
import type { Json, StoredRecord } from '../../core/store.ts';
import { isKey, pageLimit, recordWrite, requireSlot } from '../input.ts';
import type { Engine } from '../stepwise.ts';
import type { Connection } from './connection.ts';
import { integerOf, nullableInteger, textOf } from './values.ts';
import type { SqlRow } from './pool.ts';

export type PostgresRecords = Pick<Engine, 'get' | 'put' | 'use' | 'delete' | 'list' | 'deleteBy'>;

const COLUMNS = 'kind, id, data, version, expires_at, lookup0, lookup1, lookup2, uses, used_at';

/**
 * @param s The schema's name, quoted.
 * @param clock `null` for the server's own.
 * @param stepMs How long a step may take in the server; what takes longer is undone.
 */
export function createRecords(
  { rows }: Connection,
  s: string,
  clock: Clock | null,
  stepMs: number,
): PostgresRecords {
  const now = (): number | null => clock?.now() ?? null;

  return {
    async get(kind, id) {
      if (!isKey(kind) || !isKey(id)) return null;
      const sql = `SELECT ${COLUMNS} FROM ${s}.record
        WHERE kind = $1 AND id = $2 AND (expires_at IS NULL OR expires_at > (SELECT ${s}.moment($3)))`;
      const [row] = await rows(sql, [kind, id, now()]);
      return row === undefined ? null : recordOf(row);
    },
    async put(kind, id, data, options) {
      const write = recordWrite(kind, id, data, options);
      const { expect } = write;
      const sql = `SELECT ${s}.record_put($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS version`;
      const [row] = await rows(sql, [
        kind,
        id,
        write.data,
        write.expiresAt,
        ...write.lookups,
        expect === 'absent',
        typeof expect === 'number' ? expect : null,
        now(),
        stepMs,
      ]);
      return nullableInteger(row?.['version']);
    },
    async use(kind, id) {
      if (!isKey(kind) || !isKey(id)) return null;
      const sql = `SELECT ${COLUMNS} FROM ${s}.record_use($1, $2, $3, $4)`;
      const [row] = await rows(sql, [kind, id, now(), stepMs]);
      return row === undefined ? null : recordOf(row);
    },
    async delete(kind, id, expectVersion) {
      if (!isKey(kind) || !isKey(id)) return false;
      const sql = `SELECT ${s}.record_delete($1, $2, $3, $4, $5) AS deleted`;
      const [row] = await rows(sql, [kind, id, expectVersion ?? null, now(), stepMs]);
      return integerOf(row?.['deleted']) === 1;
    },
    async list(kind, slot, value, options = {}) {
      const limit = pageLimit(options);
      const column = `lookup${requireSlot(slot)}`;
      if (!isKey(kind) || !isKey(value)) return { items: [], next: null };
      // The empty text is the first of all; no id comes before it and an empty id is found by `>=`.
      const { after } = options;
      const sql = `SELECT ${COLUMNS} FROM ${s}.record
        WHERE kind = $1 AND ${column} = $2 AND id ${after === undefined ? '>=' : '>'} $3
          AND (expires_at IS NULL OR expires_at > (SELECT ${s}.moment($4)))
        ORDER BY id LIMIT $5`;
      const found = await rows(sql, [kind, value, after ?? '', now(), limit + 1]);
      const items = found.slice(0, limit).map(recordOf);
      return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
    async deleteBy(kind, slot, value) {
      requireSlot(slot);
      if (!isKey(kind) || !isKey(value)) return 0;
      const sql = `SELECT ${s}.record_delete_by($1, $2, $3, $4, $5) AS deleted`;
      const [row] = await rows(sql, [kind, slot, value, now(), stepMs]);
      return integerOf(row?.['deleted']);
    },
  };
}

function recordOf(row: SqlRow): StoredRecord {
  return {
    kind: textOf(row['kind']),
    id: textOf(row['id']),
    data: JSON.parse(textOf(row['data'])) as Json,
    version: integerOf(row['version']),
    expiresAt: nullableInteger(row['expires_at']),
    lookups: [row['lookup0'] ?? null, row['lookup1'] ?? null, row['lookup2'] ?? null],
    uses: integerOf(row['uses']),
    usedAt: nullableInteger(row['used_at']),
  };
}
