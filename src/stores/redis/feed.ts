import type { FeedEvent } from '../../core/store.ts';
import { feedLines, requireInteger } from '../input.ts';
import type { Engine } from '../stepwise.ts';
import type { RedisEngine } from './engine.ts';
import { APPEND, TRIM } from './feed-script.ts';

export type RedisFeed = Pick<Engine, 'feedAppend' | 'feedRead' | 'sweep'>;

/**
 * The feed as a stream; the cursor is the id of the last line that was read. The cursor's own line is read again each time:
 * when it is not there, the stream is not the one that the cursor is of, or has lost its end in a failover, and
 * everything is read.
 */
export function createFeed(engine: RedisEngine): RedisFeed {
  const key = engine.key('feed');

  async function page(from: string): Promise<readonly Entry[]> {
    return (await engine.read('XRANGE', key, from, '+', 'COUNT', `${PAGE}`)) as readonly Entry[];
  }

  /** All entries from an id on. */
  async function entriesFrom(start: string): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    let from = start;
    for (;;) {
      const next = await page(from);
      // The place that was asked for tells whether it is known, so there is no use in reading on without it.
      if (from === start && start !== '-' && next[0]?.[0] !== start) return entriesFrom('-');
      entries.push(...next);
      if (next.length < PAGE) return entries;
      from = `(${(next.at(-1) as Entry)[0]}`;
    }
  }

  return {
    async feedAppend(events) {
      const lines = feedLines(events);
      if (lines.length === 0) return;
      await engine.run(APPEND, key, ...lines.flatMap((line) => [line.key, line.value, line.expiresAt]));
    },
    async feedRead(cursor) {
      const known =
        cursor !== null && /^\d{1,20}-\d{1,20}$/.test(cursor) && cursor !== NOTHING ? cursor : null;
      const [now, entries] = await Promise.all([engine.now(), entriesFrom(known ?? '-')]);
      const unread = entries[0]?.[0] === known ? entries.slice(1) : entries;
      return {
        events: unread.map(lineOf).filter((line) => line.expiresAt > now),
        cursor: entries.at(-1)?.[0] ?? NOTHING,
      };
    },
    async sweep(limit) {
      return Number(await engine.run(TRIM, key, requireInteger(limit, 'limit', 1)));
    },
  };
}

/** An id, and names and values by turns. */
type Entry = readonly [id: string, fields: readonly string[]];

/** The cursor of a reader that found no line. */
export const NOTHING = '0-0';
const PAGE = 1_000;

function lineOf([, [, key = '', , value, , expiresAt]]: Entry): FeedEvent {
  return { key, value: Number(value), expiresAt: Number(expiresAt) };
}
