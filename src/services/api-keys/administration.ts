import type { Clock } from '../../core/clock.ts';
import { integer, line, nullable, optional, parseOptions } from '../../core/options.ts';
import type { RecordStore } from '../../core/store.ts';
import type { ApiKeyFormat, ApiKeyTexts } from '../../tokens/api-key-format.ts';
import type { ApiKeyHasher } from '../../tokens/api-key-hash.ts';
import { API_KEY_KIND, documentOf, toRecord, type ApiKeyDocument, type ApiKeyRecord } from './document.ts';
import type { KeyEditor } from './editor.ts';
import { MAX_AGE_MS } from './key-cache.ts';
import type { ApiKeyAdministration, EditOptions } from './contract.ts';
import { readChanges, readNewKey, type ApiKeyChanges } from './new-key.ts';
import { isLive, retire, supersede } from './secrets.ts';
import { sortByQuiet, usageOf } from './usage-report.ts';
import type { UsageLog } from './usage.ts';

export interface AdministrationParts {
  readonly store: RecordStore;
  readonly editor: KeyEditor;
  readonly texts: ApiKeyTexts;
  readonly hasher: ApiKeyHasher;
  readonly usage: UsageLog;
  readonly keyFormat: ApiKeyFormat;
  readonly clock: Clock;
}

/** Builds the functions over the editor; each checks what it is given before it reads or writes anything. */
export function administration(parts: AdministrationParts): ApiKeyAdministration {
  const { store, editor, texts, hasher, usage, keyFormat: format, clock } = parts;

  /** A new secret for a key: the text to be shown, and what is kept of it. */
  function newSecret(id: string): { readonly key: string; readonly hash: string } {
    const key = texts.make(format, id);
    return { key, hash: hasher.hash(key, format) };
  }

  async function find(id: string): Promise<ApiKeyRecord | null> {
    const record = await store.get(API_KEY_KIND, id);
    return record === null ? null : toRecord(id, documentOf(record));
  }

  async function update(
    id: string,
    changes: ApiKeyChanges,
    options: EditOptions = {},
  ): Promise<ApiKeyRecord | null> {
    const read = readChanges(changes);
    const { author } = parseOptions('apiKeys.update', options, EDIT);
    const edited = await editor.edit(
      id,
      (document) => (document.revokedAt === null ? { ...document, ...read } : null),
      { action: 'updated', author },
    );
    return edited === null ? null : toRecord(id, edited.document);
  }

  async function revoke(id: string, author: string | undefined): Promise<boolean> {
    const now = clock.now();
    const edited = await editor.edit(
      id,
      (document) => (document.revokedAt === null ? { ...document, revokedAt: now } : document),
      { action: 'revoked', author },
    );
    return edited?.changed ?? false;
  }

  return {
    find,
    update,
    setExpiry: (id, expiresAt, options) => update(id, { expiresAt }, options),

    async create(newKey, options = {}) {
      const now = clock.now();
      const read = readNewKey(newKey, now);
      const { author } = parseOptions('apiKeys.create', options, EDIT);
      const fresh: ApiKeyDocument = { ...read, createdAt: now, revokedAt: null, secrets: [] };
      let issued = '';
      const { id, document } = await editor.create(
        (freeId) => {
          const { key, hash } = newSecret(freeId);
          issued = key;
          return supersede(fresh, { format, hash }, now, null);
        },
        { action: 'created', author },
      );
      return { key: issued, record: toRecord(id, document) };
    },

    async list(workspace, page) {
      const { items, next } = await store.list(API_KEY_KIND, 0, workspace, page);
      return { items: items.map((record) => toRecord(record.id, documentOf(record))), next };
    },

    async rotate(id, options = {}) {
      const { author, overlapSeconds } = parseOptions('apiKeys.rotate', options, ROTATE);
      const now = clock.now();
      const endsAt = overlapSeconds === null ? null : now + overlapSeconds * 1000;
      let issued = '';
      const edited = await editor.edit(
        id,
        (document) => {
          if (!isLive(document, now)) return null;
          const { key, hash } = newSecret(id);
          issued = key;
          return supersede(document, { format, hash }, now, endsAt);
        },
        { action: 'rotated', author },
      );
      return edited === null ? null : { key: issued, record: toRecord(id, edited.document) };
    },

    async usage(id) {
      const record = await find(id);
      return record === null ? null : usageOf(record, await usage.lastUsed(id));
    },

    async finishRotation(id, options) {
      const { author, quietDays } = parseOptions('apiKeys.finishRotation', options, FINISH);
      const record = await find(id);
      if (record === null || record.revokedAt !== null) return null;
      const now = clock.now();
      const quietMs = quietDays * DAY_MS;
      const { quiet, lastUsedAt } = sortByQuiet(
        usageOf(record, await usage.lastUsed(id)),
        now,
        now - quietMs,
      );
      if (quiet.length === 0 && lastUsedAt === null) return { outcome: 'nothing_to_retire', record };
      const after = quiet.length === 0 ? record : await retireQuiet(id, quiet, now, author);
      if (after === null) return null;
      return lastUsedAt === null
        ? { outcome: 'retired', record: after }
        : { outcome: 'in_use', lastUsedAt, quietAt: lastUsedAt + quietMs, record: after };
    },

    async revoke(id, options = {}) {
      return revoke(id, parseOptions('apiKeys.revoke', options, EDIT).author);
    },

    async revokeAll(workspace, options = {}) {
      const { author } = parseOptions('apiKeys.revokeAll', options, EDIT);
      let count = 0;
      let after: string | undefined;
      do {
        const { items, next } = await store.list(API_KEY_KIND, 0, workspace, { after });
        for (const record of items) {
          const { revokedAt } = documentOf(record);
          // One that was revoked just now may not have been announced; an earlier one is believed by nobody any more.
          if (revokedAt !== null && clock.now() - revokedAt > MAX_AGE_MS) continue;
          if (await revoke(record.id, author)) count += 1;
        }
        after = next ?? undefined;
      } while (after !== undefined);
      return count;
    },
  };

  async function retireQuiet(
    id: string,
    serials: readonly number[],
    now: number,
    author: string | undefined,
  ): Promise<ApiKeyRecord | null> {
    const edited = await editor.edit(
      id,
      (document) => (document.revokedAt === null ? retire(document, serials, now) : null),
      { action: 'retired', author },
    );
    return edited === null ? null : toRecord(id, edited.document);
  }
}

const DAY_MS = 86_400_000;

const EDIT = { author: optional(line(100)) };
const ROTATE = {
  ...EDIT,
  overlapSeconds: optional(nullable(integer(0, 315_360_000)), null),
};
const FINISH = { ...EDIT, quietDays: integer(1, 3_650) };
