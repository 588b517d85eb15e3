import type { Clock } from '../../core/clock.ts';
import type { FeedEvent } from '../../core/store.ts';
import { feedLines } from '../input.ts';
import type { Connection } from './connection.ts';
import { integerOf, textOf } from './values.ts';

export interface PostgresFeed {
  readonly append: (events: readonly FeedEvent[]) => Promise<void>;
  readonly read: (
    cursor: string | null,
  ) => Promise<{ readonly events: readonly FeedEvent[]; readonly cursor: string }>;
}

/**
 * The feed as rows that know the transaction they were written in. The cursor is the snapshot that the last reading saw:
 * a line is new when that snapshot did not see its transaction. Neither a time nor a sequence can tell, since of two
 * transactions the later one may commit first; with the snapshot none is missed, and none comes twice however long some
 * other transaction stays open.
 *
 * @param s The schema's name, quoted.
 * @param clock `null` for the server's own.
 */
export function createFeed(
  { rows }: Connection,
  s: string,
  clock: Clock | null,
  stepMs: number,
): PostgresFeed {
  return {
    async append(events) {
      const lines = feedLines(events);
      if (lines.length === 0) return;
      const values = [
        lines.map(({ key }) => key),
        lines.map(({ value }) => value),
        lines.map(({ expiresAt }) => expiresAt),
        stepMs,
      ];
      await rows(`SELECT ${s}.feed_append($1, $2, $3, $4)`, values);
    },
    async read(cursor) {
      const [, start = null, snapshot = NOTHING_SEEN] = CURSOR.exec(cursor ?? '') ?? [];
      const found = await rows(readSql(s), [start, snapshot, clock?.now() ?? null]);
      // One row at least: it has the cursor, and no line when there is none.
      const events = found
        .filter((row) => row['key'] !== null)
        .map((row) => ({
          key: textOf(row['key']),
          value: integerOf(row['value']),
          expiresAt: integerOf(row['expires_at']),
        }));
      return { events, cursor: `${found[0]?.['start']}/${found[0]?.['snapshot']}` };
    },
  };
}

/** When the server was started, and a snapshot as PostgreSQL writes it. */
const CURSOR = /^(\d{1,20})\/(\d{1,20}:\d{1,20}:[\d,]*)$/;

/** No transaction has a number below 3. */
const NOTHING_SEEN = '3:3:';

/**
 * A snapshot of before the server was started says nothing, since numbers of transactions may come again after a restore
 * or a failover: then everything is read.
 */
function readSql(s: string): string {
  return `WITH here AS MATERIALIZED (
      SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint::text AS start,
        pg_current_snapshot()::text AS snapshot),
    seen AS MATERIALIZED (
      SELECT (CASE WHEN $1::text = start THEN $2::text ELSE '${NOTHING_SEEN}' END)::pg_snapshot AS by_reader FROM here)
    SELECT start, snapshot, key, value, expires_at FROM here
    LEFT JOIN (
      SELECT position, key, value, expires_at FROM seen, ${s}.feed
      WHERE xid >= pg_snapshot_xmin(by_reader) AND NOT pg_visible_in_snapshot(xid, by_reader)
        AND expires_at > (SELECT ${s}.moment($3))) AS line ON true
    ORDER BY position`;
}
