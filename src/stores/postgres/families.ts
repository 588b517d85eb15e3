import type { Clock } from '../../core/clock.ts';
import { StoreError } from '../../core/errors.ts';
import { encodeData, isKey } from '../input.ts';
import { checkNewFamily, checkPolicy, familyOf, isGeneration, type KeptFamily } from '../rotation.ts';
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

const COLUMNS = 'id, owner, parent, data, generation, created_at, rotated_at, expires_at, absolute_at';

/** The same of a function that gives a row as one value. */
const COLUMNS_OF_STATE = COLUMNS.replaceAll(/\w+/g, '(state).$&');

/**
 * Each method is one statement. What changes more than the row of a family is a function of the schema, which locks the row
 * first: only so can it see, in one step, what others wrote before they let go of it.
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
  const rotation = rotationSql(s);

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
      const [row] = await rows(rotation, [
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

/**
 * A rotation. The current generation of a live family, with nothing to write beside it, is exchanged by one UPDATE; the
 * function, which costs more, is for whatever else it may be. The conditions are on the row itself, so PostgreSQL judges them
 * again on what another one wrote while this one waited, and the function then looks at it anew.
 *
 * How long it waits for the row is set among the conditions, since those are judged before the row is locked; and what it
 * gives is judged after the row was written, so that what took too long is undone.
 */
const rotationSql = (
  s: string,
): string => `WITH moment AS MATERIALIZED (SELECT ${s}.moment($10::bigint) AS now),
  rotated AS (
    UPDATE ${s}.family
    SET data = coalesce($6::text, data),
      generation = $2::integer + 1,
      quiet_below = CASE WHEN $8::boolean THEN $2::integer + 1 ELSE quiet_below END,
      rotated_at = now,
      expires_at = least(absolute_at, now + $3::bigint),
      feed_ms = greatest(feed_ms, $5::bigint)
    FROM moment
    WHERE id = $1 AND generation = $2::integer AND expires_at > now AND cardinality($7::text[]) = 0 AND NOT $9::boolean
      AND set_config('lock_timeout', ($11::bigint)::text, true) IS NOT NULL
    RETURNING CASE WHEN clock_timestamp() <= statement_timestamp() + $11::bigint * interval '1 millisecond'
      THEN 'rotated' ELSE ${s}.still_wanted($11::bigint)::text END AS outcome, ${COLUMNS})
  SELECT outcome, ${COLUMNS} FROM rotated
  UNION ALL
  SELECT outcome, ${COLUMNS_OF_STATE}
  FROM ${s}.family_rotate($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  WHERE NOT EXISTS (SELECT FROM rotated)`;

type Outcome = 'rotated' | 'ahead' | 'replayed' | 'reuse';

function isOutcome(outcome: string | null | undefined): outcome is Outcome {
  return outcome === 'rotated' || outcome === 'ahead' || outcome === 'replayed' || outcome === 'reuse';
}

function rowOf(row: SqlRow): KeptFamily {
  return {
    id: textOf(row['id']),
    owner: textOf(row['owner']),
    parent: row['parent'] ?? null,
    data: textOf(row['data']),
    generation: integerOf(row['generation']),
    createdAt: integerOf(row['created_at']),
    rotatedAt: integerOf(row['rotated_at']),
    expiresAt: integerOf(row['expires_at']),
    absoluteAt: nullableInteger(row['absolute_at']),
  };
}
