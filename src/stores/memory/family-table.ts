import type { FamilyRow } from '../rotation.ts';

/**
 * The families of a process, each a slot in columns. As an object a family costs about twice as much, since a time in
 * milliseconds is boxed in a field of its own; columns keep a million live families within some 300 MB.
 */
export interface FamilyTable {
  slotOf(id: string): number | undefined;
  read(slot: number): FamilyRow;
  /** Adds a family whose id is not in the table. */
  insert(row: FamilyRow): number;
  /** Writes what a rotation changes. */
  update(slot: number, row: FamilyRow): void;
  remove(slot: number): void;
  ofOwner(owner: string): readonly number[];
  childrenOf(id: string): readonly number[];
  /** The slots of families that have expired, at most `limit`. */
  expired(now: number, limit: number): readonly number[];
  clear(): void;
}

export function createFamilyTable(): FamilyTable {
  const slots = new Map<string, number>();
  const firstOfOwner = new Map<string, number>();
  const children = new Map<string, Set<number>>();
  let chunks: Chunk[] = [];
  let used = 0;
  let firstFree = NONE;

  /** A slot is a chunk's number and a row of it. */
  function chunkOf(slot: number): Chunk {
    return chunks[slot >>> ROW_BITS] as Chunk;
  }

  function newSlot(): number {
    if (firstFree !== NONE) {
      const slot = firstFree;
      firstFree = chunkOf(slot).next[slot & ROW_MASK] as number;
      return slot;
    }
    if (used === chunks.length * ROWS) chunks.push(createChunk());
    return used++;
  }

  function link(slot: number, owner: string): void {
    const first = firstOfOwner.get(owner) ?? NONE;
    chunkOf(slot).next[slot & ROW_MASK] = first;
    chunkOf(slot).previous[slot & ROW_MASK] = NONE;
    if (first !== NONE) chunkOf(first).previous[first & ROW_MASK] = slot;
    firstOfOwner.set(owner, slot);
  }

  function unlink(slot: number, owner: string): void {
    const next = chunkOf(slot).next[slot & ROW_MASK] as number;
    const previous = chunkOf(slot).previous[slot & ROW_MASK] as number;
    if (next !== NONE) chunkOf(next).previous[next & ROW_MASK] = previous;
    if (previous !== NONE) chunkOf(previous).next[previous & ROW_MASK] = next;
    else if (next !== NONE) firstOfOwner.set(owner, next);
    else firstOfOwner.delete(owner);
  }

  return {
    slotOf: (id) => slots.get(id),
    read: (slot) => readRow(chunkOf(slot), slot & ROW_MASK),
    insert(row) {
      const slot = newSlot();
      const chunk = chunkOf(slot);
      const at = slot & ROW_MASK;
      const id = compact(row.id);
      const sibling = firstOfOwner.get(row.owner);
      const owner =
        sibling === undefined ? compact(row.owner) : (chunkOf(sibling).owners[sibling & ROW_MASK] as string);
      chunk.ids[at] = id;
      chunk.owners[at] = owner;
      chunk.parents[at] = row.parent;
      chunk.createdAt[at] = row.createdAt;
      chunk.absoluteAt[at] = row.absoluteAt ?? Infinity;
      writeRow(chunk, at, row);
      slots.set(id, slot);
      link(slot, owner);
      if (row.parent !== null) {
        const siblings = children.get(row.parent);
        if (siblings === undefined) children.set(row.parent, new Set([slot]));
        else siblings.add(slot);
      }
      return slot;
    },
    update: (slot, row) => writeRow(chunkOf(slot), slot & ROW_MASK, row),
    remove(slot) {
      const chunk = chunkOf(slot);
      const at = slot & ROW_MASK;
      const parent = chunk.parents[at] as string | null;
      unlink(slot, chunk.owners[at] as string);
      slots.delete(chunk.ids[at] as string);
      if (parent !== null) {
        const siblings = children.get(parent);
        siblings?.delete(slot);
        if (siblings?.size === 0) children.delete(parent);
      }
      chunk.ids[at] = chunk.owners[at] = chunk.data[at] = '';
      chunk.parents[at] = null;
      chunk.expiresAt[at] = Infinity;
      chunk.next[at] = firstFree;
      firstFree = slot;
    },
    ofOwner(owner) {
      const found: number[] = [];
      let slot = firstOfOwner.get(owner) ?? NONE;
      while (slot !== NONE) {
        found.push(slot);
        slot = chunkOf(slot).next[slot & ROW_MASK] as number;
      }
      return found;
    },
    childrenOf: (id) => [...(children.get(id) ?? [])],
    expired(now, limit) {
      const found: number[] = [];
      for (const [number, { expiresAt }] of chunks.entries()) {
        for (let at = 0; at < ROWS && found.length < limit; at++) {
          if ((expiresAt[at] as number) <= now) found.push(number * ROWS + at);
        }
      }
      return found;
    },
    clear() {
      chunks = [];
      used = 0;
      firstFree = NONE;
      slots.clear();
      firstOfOwner.clear();
      children.clear();
    },
  };
}

/** Rows of one chunk: small, so that a store with a few families stays small, and growing never copies a row. */
const ROW_BITS = 10;
const ROWS = 1 << ROW_BITS;
const ROW_MASK = ROWS - 1;
const NONE = -1;

type Chunk = ReturnType<typeof createChunk>;

function createChunk() {
  return {
    ids: column(''),
    owners: column(''),
    parents: column<string | null>(null),
    data: column(''),
    generation: new Int32Array(ROWS),
    quietBelow: new Int32Array(ROWS),
    createdAt: new Float64Array(ROWS),
    rotatedAt: new Float64Array(ROWS),
    expiresAt: new Float64Array(ROWS).fill(Infinity),
    absoluteAt: new Float64Array(ROWS),
    feedMs: new Float64Array(ROWS),
    /** The owner's other families; `next` also chains the free slots. */
    next: new Int32Array(ROWS),
    previous: new Int32Array(ROWS),
  };
}

function column<T>(empty: T): T[] {
  return Array.from({ length: ROWS }, () => empty);
}

function readRow(chunk: Chunk, at: number): FamilyRow {
  const absoluteAt = chunk.absoluteAt[at] as number;
  return {
    id: chunk.ids[at] as string,
    owner: chunk.owners[at] as string,
    parent: chunk.parents[at] as string | null,
    data: chunk.data[at] as string,
    generation: chunk.generation[at] as number,
    quietBelow: chunk.quietBelow[at] as number,
    createdAt: chunk.createdAt[at] as number,
    rotatedAt: chunk.rotatedAt[at] as number,
    expiresAt: chunk.expiresAt[at] as number,
    absoluteAt: absoluteAt === Infinity ? null : absoluteAt,
    feedMs: chunk.feedMs[at] as number,
  };
}

function writeRow(chunk: Chunk, at: number, row: FamilyRow): void {
  chunk.data[at] = row.data;
  chunk.generation[at] = row.generation;
  chunk.quietBelow[at] = row.quietBelow;
  chunk.rotatedAt[at] = row.rotatedAt;
  chunk.expiresAt[at] = row.expiresAt;
  chunk.feedMs[at] = row.feedMs;
}

/** A text in a block of its own: a slice of a token would keep the whole token alive, and a joined text its parts. */
function compact(text: string): string {
  return Buffer.from(text).toString();
}
