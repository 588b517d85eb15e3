import type { Clock } from '../../core/clock.ts';
import type { Json, StoredRecord } from '../../core/store.ts';
import { expectationHolds, isKey, pageLimit, recordWrite, requireSlot } from '../input.ts';
import type { Stepwise } from '../stepwise.ts';
import type { Connection } from './connection.ts';
import type { SqlRow } from './driver.ts';

export interface SqliteRecords extends Pick<
  Stepwise,
  'get' | 'put' | 'use' | 'delete' | 'list' | 'deleteBy'
> {
  sweep(limit: number): number;
}

const COLUMNS = 'kind, id, data, version, expires_at, lookup0, lookup1, lookup2, uses, used_at';
const LIVE = '(expires_at IS NULL OR expires_at > ?)';

export function createRecords(connection: Connection, clock: Clock): SqliteRecords {
  function nextVersion(): number {
    // One counter for all records, so that no record ever sees a version again.
    const [row] = connection.rows('UPDATE portcullis_version SET last = last + 1 RETURNING last', []);
    return row?.['last'] as number;
  }

  function liveVersion(kind: string, id: string): number | undefined {
    const sql = `SELECT version FROM portcullis_record WHERE kind = ? AND id = ? AND ${LIVE}`;
    const [row] = connection.rows(sql, [kind, id, clock.now()]);
    return row?.['version'] as number | undefined;
  }

  return {
    get(kind, id) {
      if (!isKey(kind) || !isKey(id)) return null;
      const sql = `SELECT ${COLUMNS} FROM portcullis_record WHERE kind = ? AND id = ? AND ${LIVE}`;
      const [row] = connection.rows(sql, [kind, id, clock.now()]);
      return row === undefined ? null : recordOf(row);
    },
    put(kind, id, data, options) {
      const write = recordWrite(kind, id, data, options);
      return connection.write(() => {
        const current = liveVersion(kind, id);
        if (!expectationHolds(write.expect, current)) return null;
        const version = nextVersion();
        const values = [write.data, version, write.expiresAt, ...write.lookups];
        connection.run(current === undefined ? INSERT : UPDATE, [...values, kind, id]);
        return version;
      });
    },
    use(kind, id) {
      if (!isKey(kind) || !isKey(id)) return null;
      return connection.write(() => {
        const now = clock.now();
        const sql = `UPDATE portcullis_record SET uses = uses + 1, used_at = ?
          WHERE kind = ? AND id = ? AND ${LIVE} RETURNING ${COLUMNS}`;
        const [row] = connection.rows(sql, [now, kind, id, now]);
        return row === undefined ? null : recordOf(row);
      });
    },
    delete(kind, id, expectVersion) {
      if (!isKey(kind) || !isKey(id)) return false;
      return connection.write(() => {
        const current = liveVersion(kind, id);
        if (current === undefined || !expectationHolds(expectVersion, current)) return false;
        return connection.run('DELETE FROM portcullis_record WHERE kind = ? AND id = ?', [kind, id]) === 1;
      });
    },
    list(kind, slot, value, options = {}) {
      const limit = pageLimit(options);
      const column = `lookup${requireSlot(slot)}`;
      if (!isKey(kind) || !isKey(value)) return { items: [], next: null };
      // The empty text is the first of all; no id comes before it and an empty id is found by `>=`.
      const { after } = options;
      const sql = `SELECT ${COLUMNS} FROM portcullis_record
        WHERE kind = ? AND ${column} = ? AND id ${after === undefined ? '>=' : '>'} ? AND ${LIVE}
        ORDER BY id LIMIT ?`;
      const rows = connection.rows(sql, [kind, value, after ?? '', clock.now(), limit + 1]);
      const items = rows.slice(0, limit).map(recordOf);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
    deleteBy(kind, slot, value) {
      const column = `lookup${requireSlot(slot)}`;
      if (!isKey(kind) || !isKey(value)) return 0;
      const sql = `DELETE FROM portcullis_record WHERE kind = ? AND ${column} = ? AND ${LIVE}`;
      return connection.write(() => connection.run(sql, [kind, value, clock.now()]));
    },
    sweep(limit) {
      const sql = `DELETE FROM portcullis_record WHERE rowid IN (
        SELECT rowid FROM portcullis_record WHERE expires_at <= ? LIMIT ?)`;
      return connection.run(sql, [clock.now(), limit]);
    },
  };
}

const UPDATE = `UPDATE portcullis_record
  SET data = ?, version = ?, expires_at = ?, lookup0 = ?, lookup1 = ?, lookup2 = ? WHERE kind = ? AND id = ?`;

/** Also takes the place of a record that has expired, whose uses it does not take over. */
const INSERT = `INSERT OR REPLACE INTO portcullis_record
  (data, version, expires_at, lookup0, lookup1, lookup2, kind, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

function recordOf(row: SqlRow): StoredRecord {
  return {
    kind: row['kind'] as string,
    id: row['id'] as string,
    data: JSON.parse(row['data'] as string) as Json,
    version: row['version'] as number,
    expiresAt: row['expires_at'] as number | null,
    lookups: [
      row['lookup0'] as string | null,
      row['lookup1'] as string | null,
      row['lookup2'] as string | null,
    ],
    uses: row['uses'] as number,
    usedAt: row['used_at'] as number | null,
  };
}
