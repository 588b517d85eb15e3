import type { Json, StoredRecord } from '../../core/store.ts';
import { isKey, pageLimit, recordWrite, requireSlot } from '../input.ts';
import { compareUtf8 } from '../memory/utf8-order.ts';
import type { Engine } from '../stepwise.ts';
import { BATCH, numberOf, type RedisEngine, textOf } from './engine.ts';
import { DELETE, DELETE_BY, PUT, USE } from './record-scripts.ts';

export type RedisRecords = Pick<Engine, 'get' | 'put' | 'use' | 'delete' | 'list' | 'deleteBy'>;

/**
 * Each record is a hash. The records with one value in a slot are members of sorted sets: those that never expire of one,
 * the others of two, one in the order of their ids and one in that of their ends, which die with their last member.
 */
export function createRecords(engine: RedisEngine): RedisRecords {
  const keyOf = (kind: string, id: string): string => engine.key(`r:${escaped(kind)}:${id}`);

  async function read(kind: string, id: string): Promise<StoredRecord | null> {
    return recordOf(kind, id, await engine.read('HMGET', keyOf(kind, id), ...FIELDS));
  }

  function recordOf(kind: string, id: string, reply: unknown): StoredRecord | null {
    const [data, version, expiresAt, slot0, slot1, slot2, uses, usedAt] = reply as readonly unknown[];
    const text = textOf(data);
    const end = numberOf(expiresAt);
    if (text === null || (end !== null && engine.hasPassed(end))) return null;
    return {
      kind,
      id,
      data: JSON.parse(text) as Json,
      version: Number(version),
      expiresAt: end,
      lookups: [textOf(slot0), textOf(slot1), textOf(slot2)],
      uses: numberOf(uses) ?? 0,
      usedAt: numberOf(usedAt),
    };
  }

  return {
    get: (kind, id) => (isKey(kind) && isKey(id) ? read(kind, id) : null),
    async put(kind, id, data, options) {
      const write = recordWrite(kind, id, data, options);
      const version = await engine.run(
        PUT,
        keyOf(kind, id),
        escaped(kind),
        id,
        write.data,
        write.expect ?? '',
        write.expiresAt ?? '',
        ...write.lookups.map(maybe),
      );
      return numberOf(version);
    },
    async use(kind, id) {
      if (!isKey(kind) || !isKey(id)) return null;
      const reply = await engine.run(USE, keyOf(kind, id));
      return reply === null ? null : recordOf(kind, id, reply);
    },
    async delete(kind, id, expectVersion) {
      if (!isKey(kind) || !isKey(id)) return false;
      const reply = await engine.run(DELETE, keyOf(kind, id), escaped(kind), id, expectVersion ?? '');
      return Number(reply) === 1;
    },
    async list(kind, slot, value, options = {}) {
      const limit = pageLimit(options);
      requireSlot(slot);
      if (!isKey(kind) || !isKey(value)) return { items: [], next: null };
      const index = `${escaped(kind)}:${slot}:${value}`;
      const found: StoredRecord[] = [];
      let { after } = options;
      for (;;) {
        const most = Math.min(limit + 1 - found.length, BATCH);
        const page = ['BYLEX', 'LIMIT', '0', `${most}`];
        const from = after === undefined ? '-' : `(${after}`;
        const members = (await Promise.all(
          ['n', 'l'].map((set) => engine.read('ZRANGE', engine.key(`${set}:${index}`), from, '+', ...page)),
        )) as readonly (readonly string[])[];
        // A record that lost its end may be in both until its place in the second is swept.
        const ids = [...new Set(members.flat())].toSorted(compareUtf8).slice(0, most);
        const records = await Promise.all(ids.map((id) => read(kind, id)));
        // The sets are hints: one may still name a record that has another value by now, or none.
        for (const record of records) if (record?.lookups[slot] === value) found.push(record);
        after = ids.at(-1);
        if (found.length > limit || ids.length < most) break;
      }
      const items = found.slice(0, limit);
      return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
    async deleteBy(kind, slot, value) {
      requireSlot(slot);
      if (!isKey(kind) || !isKey(value)) return 0;
      const index = engine.key(`n:${escaped(kind)}:${slot}:${value}`);
      return Number(await engine.run(DELETE_BY, index, escaped(kind), String(slot), value));
    },
  };
}

const FIELDS = ['d', 'v', 'e', '0', '1', '2', 'u', 'w'];

/** A kind without the sign that ends it in the names of keys. */
function escaped(kind: string): string {
  return kind.replaceAll('%', '%25').replaceAll(':', '%3A');
}

/** An argument that may be absent, told apart from an empty one. */
export function maybe(value: string | null): string {
  return value === null ? '' : `=${value}`;
}
