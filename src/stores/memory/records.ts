import type { Clock } from '../../core/clock.ts';
import type { Json, PageOptions, StoredRecord } from '../../core/store.ts';
import { expectationHolds, isKey, pageLimit, recordWrite, requireSlot, type Slots } from '../input.ts';
import type { Stepwise } from '../stepwise.ts';
import { createExpiryIndex } from './expiry.ts';
import { compareUtf8 } from './utf8-order.ts';

type RecordSteps = Pick<Stepwise, 'get' | 'put' | 'use' | 'delete' | 'list' | 'deleteBy'>;

export interface MemoryRecords extends RecordSteps {
  sweep(limit: number): number;
  clear(): void;
}

interface Row {
  readonly kind: string;
  readonly id: string;
  /** JSON text: what a caller does to an object it handed in or got back reaches nobody. */
  data: string;
  version: number;
  expiresAt: number | null;
  lookups: Slots;
  uses: number;
  usedAt: number | null;
}

/** Records in a map by kind and id, with one set of rows for each value of a slot. */
export function createRecords(clock: Clock): MemoryRecords {
  const rows = new Map<string, Row>();
  const bySlot = new Map<string, Set<Row>>();
  const expiry = createExpiryIndex<Row>();
  /** One counter for all records, so that no record ever sees a version again. */
  let lastVersion = 0;

  function live(kind: string, id: string): Row | undefined {
    if (!isKey(kind) || !isKey(id)) return undefined;
    const row = rows.get(keyOf(kind, id));
    return row === undefined || hasExpired(row, clock.now()) ? undefined : row;
  }

  function matching(kind: string, slot: 0 | 1 | 2, value: string): readonly Row[] {
    if (!isKey(kind) || !isKey(value)) return [];
    const now = clock.now();
    const found = bySlot.get(slotKeyOf(kind, requireSlot(slot), value)) ?? [];
    return [...found].filter((row) => !hasExpired(row, now));
  }

  function index(row: Row): void {
    expiry.add(row);
    for (const key of slotKeysOf(row)) {
      const set = bySlot.get(key);
      if (set === undefined) bySlot.set(key, new Set([row]));
      else set.add(row);
    }
  }

  function unindex(row: Row): void {
    expiry.remove(row);
    for (const key of slotKeysOf(row)) {
      const set = bySlot.get(key);
      set?.delete(row);
      if (set?.size === 0) bySlot.delete(key);
    }
  }

  function remove(row: Row): void {
    unindex(row);
    rows.delete(keyOf(row.kind, row.id));
  }

  return {
    get(kind, id) {
      const row = live(kind, id);
      return row === undefined ? null : recordOf(row);
    },
    put(kind, id, data, options) {
      const write = recordWrite(kind, id, data, options);
      const current = live(kind, id);
      if (!expectationHolds(write.expect, current?.version)) return null;
      const buried = rows.get(keyOf(kind, id));
      if (buried !== undefined) remove(buried);
      const row: Row = {
        kind,
        id,
        data: write.data,
        version: ++lastVersion,
        expiresAt: write.expiresAt,
        lookups: write.lookups,
        uses: current?.uses ?? 0,
        usedAt: current?.usedAt ?? null,
      };
      rows.set(keyOf(kind, id), row);
      index(row);
      return row.version;
    },
    use(kind, id) {
      const row = live(kind, id);
      if (row === undefined) return null;
      row.uses += 1;
      row.usedAt = clock.now();
      return recordOf(row);
    },
    delete(kind, id, expectVersion) {
      const row = live(kind, id);
      if (row === undefined || !expectationHolds(expectVersion, row.version)) return false;
      remove(row);
      return true;
    },
    list(kind, slot, value, options: PageOptions = {}) {
      const limit = pageLimit(options);
      const { after } = options;
      const found = matching(kind, slot, value)
        .filter(({ id }) => after === undefined || compareUtf8(id, after) > 0)
        .toSorted((one, other) => compareUtf8(one.id, other.id));
      const items = found.slice(0, limit).map(recordOf);
      return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
    deleteBy(kind, slot, value) {
      const found = matching(kind, slot, value);
      for (const row of found) remove(row);
      return found.length;
    },
    sweep(limit) {
      let deleted = 0;
      for (const row of expiry.expired(clock.now())) {
        if (deleted === limit) break;
        remove(row);
        deleted += 1;
      }
      return deleted;
    },
    clear() {
      rows.clear();
      bySlot.clear();
      expiry.clear();
    },
  };
}

function hasExpired(row: Row, now: number): boolean {
  return row.expiresAt !== null && row.expiresAt <= now;
}

function recordOf(row: Row): StoredRecord {
  const { kind, id, data, version, expiresAt, lookups, uses, usedAt } = row;
  return {
    kind,
    id,
    data: JSON.parse(data) as Json,
    version,
    expiresAt,
    lookups: [...lookups],
    uses,
    usedAt,
  };
}

// A key holds no NUL, so joining with it keeps the parts apart.
function keyOf(kind: string, id: string): string {
  return `${kind}\0${id}`;
}

function slotKeyOf(kind: string, slot: number, value: string): string {
  return `${kind}\0${slot}\0${value}`;
}

function slotKeysOf({ kind, lookups }: Row): readonly string[] {
  return lookups.flatMap((value, slot) => (value === null ? [] : [slotKeyOf(kind, slot, value)]));
}
