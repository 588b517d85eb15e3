/** Anything that may end. */
export interface Expiring {
  readonly expiresAt: number | null;
}

/**
 * Finds what has expired without looking at all that has not: items lie in buckets of one minute of their expiry, and
 * only the bucket of the present minute holds both kinds.
 */
export interface ExpiryIndex<T extends Expiring> {
  add(item: T): void;
  /** Takes out an item, whose expiry must still be the one it was added with. */
  remove(item: T): void;
  expired(now: number): Iterable<T>;
  clear(): void;
}

export function createExpiryIndex<T extends Expiring>(): ExpiryIndex<T> {
  const buckets = new Map<number, Set<T>>();

  return {
    add(item) {
      if (item.expiresAt === null) return;
      const minute = minuteOf(item.expiresAt);
      const bucket = buckets.get(minute);
      if (bucket === undefined) buckets.set(minute, new Set([item]));
      else bucket.add(item);
    },
    remove(item) {
      if (item.expiresAt === null) return;
      const minute = minuteOf(item.expiresAt);
      const bucket = buckets.get(minute);
      bucket?.delete(item);
      if (bucket?.size === 0) buckets.delete(minute);
    },
    *expired(now) {
      const present = minuteOf(now);
      for (const [minute, bucket] of buckets) {
        if (minute > present) continue;
        for (const item of bucket) {
          if (item.expiresAt !== null && item.expiresAt <= now) yield item;
        }
      }
    },
    clear: () => buckets.clear(),
  };
}

function minuteOf(time: number): number {
  return Math.floor(time / 60_000);
}
