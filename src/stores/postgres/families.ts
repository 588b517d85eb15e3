import type { Clock } from '../../core/clock.ts';
import { StoreError } from '../../core/errors.ts';
import { encodeData, isKey } from '../input.ts';
import { checkNewFamily, checkPolicy, type FamilyRow, familyOf, isGeneration } from '../rotation.ts';
import type { Engine } from '../stepwise.ts';
import type { Connection } from './connection.ts';
import type { SqlRow } from './pool.ts';
import { integerOf, nullableInteger, textOf } from './values.ts';

export type PostgresFamilies = Pick<
  Engine,
  | 'familyCreate'
  | 'familyGet'
  | 'familyByHandle'
  | 'familyRotate'
  | 'familyRevoke'
  | 'familyList'
  | 'familyRevokeAll'
>;

const COLUMNS = `id, owner, parent, data, generation, quiet_below, created_at, rotated_at, expires_at, absolute_at,
  feed_ms`;

/** The same of a function that gives a row as one value. */
const COLUMNS_OF_STATE = COLUMNS.replaceAll(/\w+/g, '(state).$&');

/**
 * Each method is one statement. What changes a family is a function of the schema, which locks the row first: only so can
 * it see, in one step, what others wrote before they let go of it.
 *
 * @param s The schema's name, quoted.
 * @param clock `null` for the server's own.
 * @param stepMs How long a step may take in the server; what takes longer is undone.
 * @param fed Is called after a step that may have written to the feed.
 */
export function createFamilies(
  { rows }: Connection,
  s: string,
  clock: Clock | null,
  stepMs: number,
  fed: () => void,
): PostgresFamilies {
  const now = (): number | null => clock?.now() ?? null;

  return {
    async familyCreate(family) {
      checkNewFamily(family);
      const sql = `SELECT outcome, ${COLUMNS_OF_STATE}
        FROM ${s}.family_create($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;
      const [row] = await rows(sql, [
        family.id,
        family.owner,
        family.parent ?? null,
        encodeData(family.data),
        family.idleMs,
        family.absoluteAt,
        family.feedMs,
        family.handles ?? [],
        now(),
        stepMs,
      ]);
      if (row?.['outcome'] === 'exists') throw new StoreError('The family exists already.');
      if (row?.['outcome'] !== 'created') throw new StoreError('The parent is not a live family.');
      return familyOf(rowOf(row));
    },
    async familyGet(id) {
      if (!isKey(id)) return null;
      const sql = `SELECT ${COLUMNS} FROM ${s}.family WHERE id = $1 AND expires_at > (SELECT ${s}.moment($2))`;
      const [row] = await rows(sql, [id, now()]);
      return row === undefined ? null : familyOf(rowOf(row));
    },
    async familyByHandle(handle) {
      if (!isKey(handle)) return null;
      const sql = `SELECT ${COLUMNS}, presented
        FROM (SELECT family, generation AS presented FROM ${s}.handle WHERE handle = $1) AS known
        JOIN ${s}.family ON id = known.family WHERE expires_at > (SELECT ${s}.moment($2))`;
      const [row] = await rows(sql, [handle, now()]);
      if (row === undefined) return null;
      return { family: familyOf(rowOf(row)), generation: integerOf(row['presented']) };
    },
    async familyRotate(id, generation, policy) {
      checkPolicy(policy);
      if (!isKey(id) || !isGeneration(generation)) return { outcome: 'gone' };
      const sql = `SELECT outcome, ${COLUMNS_OF_STATE}
        FROM ${s}.family_rotate($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`;
      const [row] = await rows(sql, [
        id,
        generation,
        policy.idleMs,
        policy.graceMs,
        policy.feedMs ?? 0,
        policy.data === undefined ? null : encodeData(policy.data),
        policy.handles ?? [],
        policy.retireQuietly === true,
        policy.feedGeneration === true,
        now(),
        stepMs,
      ]);
      const outcome = row?.['outcome'];
      if (row === undefined || !isOutcome(outcome)) return { outcome: 'gone' };
      if (outcome === 'reuse' || (outcome !== 'replayed' && policy.feedGeneration === true)) fed();
      return { outcome, family: familyOf(rowOf(row)) };
    },
    async familyRevoke(id) {
      if (!isKey(id)) return false;
      const [row] = await rows(`SELECT ${s}.family_revoke($1, $2, $3) AS ended`, [id, now(), stepMs]);
      const isEnded = integerOf(row?.['ended']) > 0;
      if (isEnded) fed();
      return isEnded;
    },
    async familyList(owner) {
      if (!isKey(owner)) return [];
      const sql = `SELECT ${COLUMNS} FROM ${s}.family
        WHERE owner = $1 AND expires_at > (SELECT ${s}.moment($2)) ORDER BY created_at, id`;
      return (await rows(sql, [owner, now()])).map((row) => familyOf(rowOf(row)));
    },
    async familyRevokeAll(owner, options) {
      if (!isKey(owner)) return 0;
      const { except } = options ?? {};
      const sql = `SELECT ${s}.family_revoke_all($1, $2, $3, $4) AS ended`;
      const [row] = await rows(sql, [owner, isKey(except) ? except : null, now(), stepMs]);
      // Also when none was the owner's own: what hung on one that had expired may have been fed.
      fed();
      return integerOf(row?.['ended']);
    },
  };
}

type Outcome = 'rotated' | 'ahead' | 'replayed' | 'reuse';

function isOutcome(outcome: string | null | undefined): outcome is Outcome {
  return outcome === 'rotated' || outcome === 'ahead' || outcome === 'replayed' || outcome === 'reuse';
}

function rowOf(row: SqlRow): FamilyRow {
  return {
    id: textOf(row['id']),
    owner: textOf(row['owner']),
    parent: row['parent'] ?? null,
    data: textOf(row['data']),
    generation: integerOf(row['generation']),
    quietBelow: integerOf(row['quiet_below']),
    createdAt: integerOf(row['created_at']),
    rotatedAt: integerOf(row['rotated_at']),
    expiresAt: integerOf(row['expires_at']),
    absoluteAt: nullableInteger(row['absolute_at']),
    feedMs: integerOf(row['feed_ms']),
  };
}
