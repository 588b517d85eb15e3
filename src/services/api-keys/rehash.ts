import type { Clock } from '../../core/clock.ts';
import type { ApiKeyHasher } from '../../tokens/api-key-hash.ts';
import type { ApiKeyDocument, KeptSecret } from './document.ts';
import type { KeyEditor } from './editor.ts';

/** Moves keys to the current way of hashing when they are used, since only then their text is at hand. */
export interface Rehasher {
  /** Begins, unless it is under way or has failed lately; the request does not wait for it. */
  rehash(id: string, presented: string): void;
  /** Waits for what has begun. */
  close(): Promise<void>;
}

export function rehasher(editor: KeyEditor, hasher: ApiKeyHasher, clock: Clock): Rehasher {
  const triedAt = new Map<string, number>();
  const running = new Set<Promise<void>>();

  function hashAnew(document: ApiKeyDocument, presented: string): ApiKeyDocument | null {
    function isOutdated(secret: KeptSecret): boolean {
      const kept = hasher.read(secret.hash);
      return kept.algorithm !== null && hasher.isOutdated(kept) && hasher.matches(presented, kept);
    }

    // Another process may have done it, or the key may have been rotated in the meantime.
    if (!document.secrets.some(isOutdated)) return null;
    return {
      ...document,
      secrets: document.secrets.map((secret) =>
        isOutdated(secret) ? { ...secret, hash: hasher.hash(presented, secret.format) } : secret,
      ),
    };
  }

  async function run(id: string, presented: string): Promise<void> {
    try {
      const edited = await editor.edit(id, (document) => hashAnew(document, presented), null);
      // Where there was nothing to do, another process was first, and this one will hear of it by the feed.
      if (edited !== null) triedAt.delete(id);
    } catch {
      // The earlier hash is still good, so nothing is lost: a later use tries again.
    }
  }

  return {
    rehash(id, presented) {
      const now = clock.now();
      const before = triedAt.get(id);
      if (before !== undefined && now >= before && now - before < RETRY_MS) return;
      triedAt.set(id, now);
      const work = run(id, presented).finally(() => running.delete(work));
      running.add(work);
    },
    async close() {
      await Promise.all(running);
    },
  };
}

const RETRY_MS = 60_000;
