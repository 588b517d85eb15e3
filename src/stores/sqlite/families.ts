import type { Clock } from '../../core/clock.ts';
import { StoreError } from '../../core/errors.ts';
import type { FeedEvent } from '../../core/store.ts';
import { isKey } from '../input.ts';
import {
  checkNewFamily,
  checkPolicy,
  decideRotation,
  type FamilyRow,
  familyOf,
  generationLine,
  newFamilyRow,
  revocationLine,
  successorOf,
} from '../rotation.ts';
import type { Stepwise } from '../stepwise.ts';
import type { Connection } from './connection.ts';
import type { SqlRow, SqlValue } from './driver.ts';

export interface SqliteFamilies extends Pick<
  Stepwise,
  | 'familyCreate'
  | 'familyGet'
  | 'familyByHandle'
  | 'familyRotate'
  | 'familyRevoke'
  | 'familyList'
  | 'familyRevokeAll'
> {
  sweep(limit: number): number;
}

const DAY_MS = 86_400_000;
const COLUMNS = `id, owner, parent, data, generation, quiet_below, created_at, rotated_at, expires_at, absolute_at,
  feed_ms`;

/** @param append Feeds lines in the transaction of the caller. */
export function createFamilies(
  connection: Connection,
  clock: Clock,
  append: (events: readonly FeedEvent[]) => void,
): SqliteFamilies {
  function live(id: string, now: number): FamilyRow | undefined {
    const sql = `SELECT ${COLUMNS} FROM portcullis_family WHERE id = ? AND expires_at > ?`;
    const [row] = connection.rows(sql, [id, now]);
    return row === undefined ? undefined : rowOf(row);
  }

  function addHandles(family: FamilyRow, handles: readonly string[], now: number): void {
    for (const handle of handles) {
      const written = connection.run(ADD_HANDLE, [handle, family.id, family.generation, now]);
      if (written === 0) throw new StoreError('The handle exists already.');
    }
  }

  function remove(id: string): void {
    connection.run('DELETE FROM portcullis_handle WHERE family = ?', [id]);
    connection.run('DELETE FROM portcullis_family WHERE id = ?', [id]);
  }

  /**
   * Ends the families that a condition selects, with all that hangs on them.
   *
   * @returns Those that were live.
   */
  function end(condition: string, values: readonly SqlValue[], now: number): readonly FamilyRow[] {
    const sql = `WITH RECURSIVE ended (member) AS (
        SELECT id FROM portcullis_family WHERE ${condition}
        UNION SELECT id FROM portcullis_family JOIN ended ON parent = member)
      SELECT ${COLUMNS} FROM ended JOIN portcullis_family ON id = member`;
    const rows = connection.rows(sql, values).map(rowOf);
    for (const { id } of rows) remove(id);
    const ended = rows.filter((row) => row.expiresAt > now);
    append(ended.map((row) => revocationLine(row, now)));
    return ended;
  }

  return {
    familyCreate(family) {
      checkNewFamily(family);
      return connection.write(() => {
        const now = clock.now();
        const above = family.parent === undefined || family.parent === null ? null : live(family.parent, now);
        if (above === undefined) throw new StoreError('The parent is not a live family.');
        if (live(family.id, now) !== undefined) throw new StoreError('The family exists already.');
        const row = newFamilyRow(family, now, above?.expiresAt);
        remove(row.id);
        connection.run(ADD_FAMILY, [
          row.id,
          row.owner,
          row.parent,
          row.data,
          row.generation,
          row.quietBelow,
          row.createdAt,
          row.rotatedAt,
          row.expiresAt,
          dayOf(row.expiresAt),
          row.absoluteAt,
          row.feedMs,
        ]);
        addHandles(row, family.handles ?? [], now);
        return familyOf(row);
      });
    },
    familyGet(id) {
      const row = isKey(id) ? live(id, clock.now()) : undefined;
      return row === undefined ? null : familyOf(row);
    },
    familyByHandle(handle) {
      if (!isKey(handle)) return null;
      const sql = `SELECT ${COLUMNS}, presented
        FROM (SELECT family, generation AS presented FROM portcullis_handle WHERE handle = ?)
        JOIN portcullis_family ON id = family WHERE expires_at > ?`;
      const [row] = connection.rows(sql, [handle, clock.now()]);
      if (row === undefined) return null;
      return { family: familyOf(rowOf(row)), generation: row['presented'] as number };
    },
    familyRotate(id, generation, policy) {
      checkPolicy(policy);
      if (!isKey(id)) return { outcome: 'gone' };
      // Under the write lock from the start nothing can change between the reading and the writing.
      return connection.write(() => {
        const now = clock.now();
        const row = live(id, now);
        const outcome = decideRotation(row, generation, policy.graceMs, now);
        if (row === undefined || outcome === 'gone') return { outcome: 'gone' };
        if (outcome === 'replayed') return { outcome, family: familyOf(row) };
        if (outcome === 'reuse') {
          end('id = ?', [id], now);
          return { outcome, family: familyOf(row) };
        }
        const next = successorOf(row, generation, policy, now);
        connection.run(ROTATE, [
          next.data,
          next.generation,
          next.quietBelow,
          next.rotatedAt,
          next.expiresAt,
          next.feedMs,
          id,
        ]);
        if (dayOf(next.expiresAt) !== dayOf(row.expiresAt)) {
          connection.run('UPDATE portcullis_family SET expires_day = ? WHERE id = ?', [
            dayOf(next.expiresAt),
            id,
          ]);
        }
        addHandles(next, policy.handles ?? [], now);
        if (policy.feedGeneration === true) append([generationLine(next, now)]);
        return { outcome, family: familyOf(next) };
      });
    },
    familyRevoke(id) {
      if (!isKey(id)) return false;
      return connection.write(() => {
        const now = clock.now();
        return end('id = ? AND expires_at > ?', [id, now], now).length > 0;
      });
    },
    familyList(owner) {
      if (!isKey(owner)) return [];
      const sql = `SELECT ${COLUMNS} FROM portcullis_family WHERE owner = ? AND expires_at > ?
        ORDER BY created_at, id`;
      return connection.rows(sql, [owner, clock.now()]).map((row) => familyOf(rowOf(row)));
    },
    familyRevokeAll(owner, options) {
      if (!isKey(owner)) return 0;
      const { except } = options ?? {};
      return connection.write(() => {
        const now = clock.now();
        const ended = isKey(except)
          ? end('owner = ? AND id <> ?', [owner, except], now)
          : end('owner = ?', [owner], now);
        return ended.filter((row) => row.owner === owner).length;
      });
    },
    sweep(limit) {
      // Handles go first, so that no call deletes more rows than its limit and no handle is left without its family.
      const now = clock.now();
      const today = dayOf(now);
      const handles = connection.run(SWEEP_HANDLES, [today, now, limit]);
      return handles + connection.run(SWEEP_FAMILIES, [today, now, limit - handles]);
    },
  };
}

const ADD_FAMILY = `INSERT INTO portcullis_family (id, owner, parent, data, generation, quiet_below, created_at,
  rotated_at, expires_at, expires_day, absolute_at, feed_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** Takes the place of a handle whose family is no longer live. */
const ADD_HANDLE = `INSERT INTO portcullis_handle (handle, family, generation) VALUES (?, ?, ?)
  ON CONFLICT (handle) DO UPDATE SET family = excluded.family, generation = excluded.generation
  WHERE NOT EXISTS (SELECT 1 FROM portcullis_family
    WHERE id = portcullis_handle.family AND expires_at > ?)`;

const ROTATE = `UPDATE portcullis_family
  SET data = ?, generation = ?, quiet_below = ?, rotated_at = ?, expires_at = ?, feed_ms = ? WHERE id = ?`;

const SWEEP_HANDLES = `DELETE FROM portcullis_handle WHERE handle IN (
  SELECT handle FROM portcullis_family CROSS JOIN portcullis_handle ON family = id
  WHERE expires_day < ? AND expires_at <= ? LIMIT ?)`;

const SWEEP_FAMILIES = `DELETE FROM portcullis_family WHERE id IN (
  SELECT id FROM portcullis_family WHERE expires_day < ? AND expires_at <= ? LIMIT ?)`;

function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}

function rowOf(row: SqlRow): FamilyRow {
  return {
    id: row['id'] as string,
    owner: row['owner'] as string,
    parent: row['parent'] as string | null,
    data: row['data'] as string,
    generation: row['generation'] as number,
    quietBelow: row['quiet_below'] as number,
    createdAt: row['created_at'] as number,
    rotatedAt: row['rotated_at'] as number,
    expiresAt: row['expires_at'] as number,
    absoluteAt: row['absolute_at'] as number | null,
    feedMs: row['feed_ms'] as number,
  };
}
