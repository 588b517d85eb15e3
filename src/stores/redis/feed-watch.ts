import { setTimeout as pause } from 'node:timers/promises';
import type { RedisEngine } from './engine.ts';
import { NOTHING } from './feed.ts';
import type { Link } from './link.ts';

export interface FeedWatch {
  readonly add: (wake: () => void) => Promise<() => Promise<void>>;
  readonly close: () => void;
}

/**
 * Waits for the next line on a connection of its own, since a connection that waits answers nothing else. It exists while
 * somebody watches.
 */
export function createFeedWatch(openLink: () => Link, engine: RedisEngine): FeedWatch {
  const watching = new Set<{ readonly wake: () => void }>();
  const key = engine.key('feed');
  let running: Loop | null = null;

  function wakeAll(): void {
    for (const { wake } of watching) {
      try {
        wake();
      } catch {
        // It is a hint, and what goes wrong with one watcher is not to end the watch of the others.
      }
    }
  }

  function begin(): Loop {
    const link = openLink();
    const ended = new AbortController();
    /** The id of the last line there is: what comes after it is new. */
    const last = async (): Promise<string> => {
      const entries = (await link.send(['XREVRANGE', key, '+', '-', 'COUNT', '1'])) as readonly [string][];
      return entries[0]?.[0] ?? NOTHING;
    };

    async function run(first: string): Promise<void> {
      let position = first;
      while (!ended.signal.aborted) {
        try {
          const block = ['XREAD', 'COUNT', '1', 'BLOCK', `${BLOCK_MS}`, 'STREAMS', key, position];
          const found = await link.send(block, BLOCK_MS + ANSWER_MS);
          if (found === null) continue;
          position = await last();
        } catch {
          await pause(RETRY_MS, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
          position = await last().catch(() => position);
        }
        // Also after a failure: lines may have come while nobody waited for them.
        if (!ended.signal.aborted) wakeAll();
      }
    }

    async function start(): Promise<void> {
      void run(await last());
    }

    const started = start();
    return {
      started,
      end() {
        ended.abort();
        link.close();
      },
    };
  }

  function stop(): void {
    running?.end();
    running = null;
  }

  return {
    async add(wake) {
      const watcher = { wake };
      watching.add(watcher);
      const loop = (running ??= begin());
      try {
        await loop.started;
      } catch (error) {
        watching.delete(watcher);
        if (running === loop) stop();
        throw error;
      }
      return async () => {
        watching.delete(watcher);
        if (watching.size === 0) stop();
      };
    },
    close() {
      watching.clear();
      stop();
    },
  };
}

interface Loop {
  /** Settles when lines that come from then on are noticed. */
  readonly started: Promise<void>;
  readonly end: () => void;
}

/** How long the server is asked to wait: a connection that died unnoticed is found out after this. */
const BLOCK_MS = 2_000;
const ANSWER_MS = 1_000;
const RETRY_MS = 250;
