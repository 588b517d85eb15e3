import { StoreError } from '../../core/errors.ts';
import type { Family, RotatePolicy } from '../../core/store.ts';
import { encodeData, isKey } from '../input.ts';
import { compareUtf8 } from '../memory/utf8-order.ts';
import { checkNewFamily, checkPolicy, familyOf, isGeneration, type KeptFamily } from '../rotation.ts';
import type { Engine } from '../stepwise.ts';
import { BATCH, numberOf, type RedisEngine, textOf } from './engine.ts';
import { CREATE, FIELDS, REVOKE, REVOKE_ALL, ROTATE } from './family-scripts.ts';
import { chunksOf, dataIn } from './packed-data.ts';
import { maybe } from './records.ts';

export type RedisFamilies = Pick<
  Engine,
  | 'familyCreate'
  | 'familyGet'
  | 'familyByHandle'
  | 'familyRotate'
  | 'familyRevoke'
  | 'familyList'
  | 'familyRevokeAll'
>;

/** Families as hashes that end by themselves, with sorted sets of each owner's and each parent's. */
export function createFamilies(engine: RedisEngine): RedisFamilies {
  const keyOf = (id: string): string => engine.key(`f:${id}`);

  async function read(id: string): Promise<Family | null> {
    const row = rowOf(id, (await engine.read('HMGET', keyOf(id), ...FIELDS)) as readonly unknown[]);
    return row === null || engine.hasPassed(row.expiresAt) ? null : familyOf(row);
  }

  return {
    async familyCreate(family) {
      checkNewFamily(family);
      const { id, owner, parent = null, handles = [] } = family;
      const chunks = chunksOf(encodeData(family.data));
      const reply = (await engine.run(
        CREATE,
        keyOf(id),
        id,
        owner,
        maybe(parent),
        family.idleMs,
        family.absoluteAt ?? '',
        family.feedMs,
        chunks.length,
        ...chunks,
        ...handles,
      )) as readonly unknown[];
      if (outcomeOf(reply) !== 'created') throw new StoreError('The family cannot be made.');
      return familyToldBy(reply, id);
    },
    familyGet: (id) => (isKey(id) ? read(id) : null),
    async familyByHandle(handle) {
      if (!isKey(handle)) return null;
      const held = textOf(await engine.read('GET', engine.key(`h:${handle}`)));
      if (held === null) return null;
      const at = held.indexOf(':');
      const family = await read(held.slice(at + 1));
      return family === null ? null : { family, generation: Number(held.slice(0, at)) };
    },
    async familyRotate(id, generation, policy) {
      checkPolicy(policy);
      const more = furtherThan(policy);
      // No engine needs to be asked about what no store has issued.
      if (!isKey(id) || !isGeneration(generation)) return { outcome: 'gone' };
      const reply = (await engine.run(
        ROTATE,
        keyOf(id),
        generation,
        policy.graceMs,
        policy.idleMs,
        policy.feedMs ?? 0,
        ...more,
      )) as readonly unknown[];
      const outcome = outcomeOf(reply);
      if (outcome === 'gone') return { outcome };
      return {
        outcome: outcome as 'rotated' | 'ahead' | 'replayed' | 'reuse',
        family: familyToldBy(reply, id),
      };
    },
    async familyRevoke(id) {
      return isKey(id) && Number(await engine.run(REVOKE, keyOf(id), id)) === 1;
    },
    async familyList(owner) {
      if (!isKey(owner)) return [];
      const ids = (await engine.read('ZRANGE', engine.key(`o:${owner}`), '0', '-1')) as readonly string[];
      const families: (Family | null)[] = [];
      for (let from = 0; from < ids.length; from += BATCH) {
        families.push(...(await Promise.all(ids.slice(from, from + BATCH).map((id) => read(id)))));
      }
      return families
        .filter((family): family is Family => family?.owner === owner)
        .toSorted((one, other) => one.createdAt - other.createdAt || compareUtf8(one.id, other.id));
    },
    async familyRevokeAll(owner, options) {
      if (!isKey(owner)) return 0;
      const { except } = options ?? {};
      return Number(await engine.run(REVOKE_ALL, engine.key(`o:${owner}`), owner, maybe(except ?? null)));
    },
  };
}

const FAILURES: Readonly<Record<string, string>> = {
  parent: 'The parent is not a live family.',
  exists: 'The family exists already.',
  taken: 'The handle exists already.',
  twice: 'A handle is given twice.',
};

/** @throws {@link StoreError} for what a script refused to do. */
function outcomeOf(reply: readonly unknown[]): string {
  const outcome = String(reply[0]);
  const failure = FAILURES[outcome];
  if (failure !== undefined) throw new StoreError(failure);
  return outcome;
}

/** The family in the reply of a script, as `tell` writes it. */
function familyToldBy([, owner, parent, data, numbers]: readonly unknown[], id: string): Family {
  const [generation, createdAt, rotatedAt, expiresAt, absoluteAt] = String(numbers).split(' ');
  return familyOf({
    id,
    owner: String(owner),
    parent: textOf(parent),
    data: String(data),
    generation: Number(generation),
    createdAt: Number(createdAt),
    rotatedAt: Number(rotatedAt),
    expiresAt: Number(expiresAt),
    absoluteAt: absoluteAt === '' ? null : Number(absoluteAt),
  });
}

/** The arguments of a rotation that does more than to rotate. */
function furtherThan(policy: RotatePolicy): readonly (string | number)[] {
  const { data, handles = [] } = policy;
  const flags = (policy.feedGeneration === true ? 'f' : '') + (policy.retireQuietly === true ? 'q' : '');
  if (data === undefined && handles.length === 0 && flags === '') return NONE;
  const chunks = data === undefined ? NONE : chunksOf(encodeData(data));
  return [flags, chunks.length, ...chunks, ...handles];
}

const NONE: readonly string[] = [];

/** The row that a hash holds, its fields in the order of `FIELDS`. */
function rowOf(id: string, fields: readonly unknown[]): KeptFamily | null {
  if (textOf(fields[0]) === null) return null;
  return {
    id,
    owner: String(fields[6]),
    parent: textOf(fields[7]),
    data: dataIn(fields.slice(9).map(textOf)),
    generation: Number(fields[0]),
    createdAt: Number(fields[8]),
    rotatedAt: Number(fields[2]),
    expiresAt: Number(fields[3]),
    absoluteAt: numberOf(fields[4]),
  };
}
