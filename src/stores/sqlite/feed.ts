import type { Clock } from '../../core/clock.ts';
import type { FeedEvent } from '../../core/store.ts';
import { feedLines } from '../input.ts';
import type { Connection } from './connection.ts';

export interface SqliteFeed {
  /** Appends inside the transaction of the caller. */
  readonly append: (events: readonly FeedEvent[]) => void;
  readonly read: (cursor: string | null) => {
    readonly events: readonly FeedEvent[];
    readonly cursor: string;
  };
  readonly sweep: (limit: number) => number;
}

/**
 * The feed as rows in the order of their commits. SQLite has one writer at a time and never gives out a row number
 * twice, so the last number read is a cursor that misses nothing.
 */
export function createFeed(connection: Connection, clock: Clock): SqliteFeed {
  function lastPosition(): number {
    const sql = "SELECT seq FROM sqlite_sequence WHERE name = 'portcullis_feed'";
    return (connection.rows(sql, [])[0]?.['seq'] as number | undefined) ?? 0;
  }

  return {
    append(events) {
      for (const { key, value, expiresAt } of feedLines(events)) {
        const sql = 'INSERT INTO portcullis_feed (key, value, expires_at) VALUES (?, ?, ?)';
        connection.run(sql, [key, value, expiresAt]);
      }
    },
    read(cursor) {
      // Asked first: what is appended in between is only found twice.
      const last = lastPosition();
      const sql = `SELECT position, key, value, expires_at FROM portcullis_feed
        WHERE position > ? AND expires_at > ? ORDER BY position`;
      const rows = connection.rows(sql, [positionOf(cursor, last), clock.now()]);
      const events = rows.map((row) => ({
        key: row['key'] as string,
        value: row['value'] as number,
        expiresAt: row['expires_at'] as number,
      }));
      return {
        events,
        cursor: String(Math.max(last, (rows.at(-1)?.['position'] as number | undefined) ?? 0)),
      };
    },
    sweep(limit) {
      const sql = `DELETE FROM portcullis_feed WHERE position IN (
        SELECT position FROM portcullis_feed WHERE expires_at <= ? LIMIT ?)`;
      return connection.run(sql, [clock.now(), limit]);
    },
  };
}

/** A cursor beyond the last line comes from a database that was there before this one: its reader begins anew. */
function positionOf(cursor: string | null, last: number): number {
  if (cursor === null || !/^\d{1,15}$/.test(cursor)) return 0;
  const position = Number(cursor);
  return position > last ? 0 : position;
}
