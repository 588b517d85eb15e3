import { setTimeout as pause } from 'node:timers/promises';
import { StoreError } from '../core/errors.ts';
import type { Json, RecordStore, StoredRecord } from '../core/store.ts';

/** A record after an edit, and whether this edit changed it. */
export interface EditedRecord<D> {
  readonly data: D;
  readonly changed: boolean;
}

/**
 * Changes a record in one atomic step: reads it, and writes it only if nobody else has in between. Its expiry and its
 * look-ups stay as they are.
 *
 * @param change Says what the data come to: the same object when there is nothing to change, `null` when they are not to
 *   be changed; called again when somebody else's edit came first.
 * @returns `null` when there is no such record, or `change` said so.
 * @throws {@link StoreError} When it is edited by too many at the same time.
 */
export async function editRecord<D>(
  store: RecordStore,
  kind: string,
  id: string,
  change: (data: D, record: StoredRecord) => D | null,
): Promise<EditedRecord<D> | null> {
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const record = await store.get(kind, id);
    if (record === null) return null;
    const before = record.data as D;
    const after = change(before, record);
    if (after === null) return null;
    if (after === before) return { data: before, changed: false };
    const { version: expect, expiresAt, lookups } = record;
    const written = await store.put(kind, id, after as Json, { expect, expiresAt, lookups });
    if (written !== null) return { data: after, changed: true };
    // Others who failed in the same moment must not all come back in the same moment.
    await pause(Math.random() * Math.min(2 ** attempt, LONGEST_PAUSE_MS));
  }
  throw new StoreError('a record is being edited by too many at the same time');
}

const MOST_ATTEMPTS = 25;
const LONGEST_PAUSE_MS = 128;
