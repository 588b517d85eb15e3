import { hash, randomBytes } from 'node:crypto';
import type { Json, PutOptions, RecordStore } from '../../core/store.ts';
import type { ConnectionRef } from './contract.ts';
import { CONNECTION_KIND, documentOf, type ConnectionDocument } from './document.ts';

/** A connection as it was read, with the version that an edit of it names. */
export interface Row {
  readonly id: string;
  readonly document: ConnectionDocument;
  readonly version: number;
}

/** The connections in the store. */
export interface Rows {
  /** `null` when there is none, or it is another workspace's. */
  read(ref: ConnectionRef): Promise<Row | null>;
  /** Writes if nobody else has since the row was read. @returns The row as it now is, or `null`. */
  write(
    row: Row | { readonly id: string; readonly version: 'absent' },
    document: ConnectionDocument,
  ): Promise<Row | null>;
  delete(row: Row): Promise<boolean>;
}

export function rowsIn(store: RecordStore): Rows {
  return {
    async read({ workspace, id }) {
      const record = await store.get(CONNECTION_KIND, id);
      if (record === null) return null;
      const document = documentOf(record);
      return document.workspace === workspace ? { id, document, version: record.version } : null;
    },
    async write({ id, version }, document) {
      const { workspace, kind, subject } = document;
      const options: PutOptions = {
        expect: version,
        lookups: [workspace, kind, subject === null ? null : accountKey(kind, subject)],
      };
      const written = await store.put(CONNECTION_KIND, id, document as ConnectionDocument & Json, options);
      return written === null ? null : { id, document, version: written };
    },
    delete: ({ id, version }) => store.delete(CONNECTION_KIND, id, version),
  };
}

/** How an account at a provider is looked up; hashed, since a subject may be longer than a lookup. */
export function accountKey(kind: string, subject: string): string {
  return digest([kind, subject]);
}

/**
 * The id of a workspace's connection to an account: always the same one, so that authorising it again, even twice at
 * once, never makes a second connection.
 */
export function connectionIdOf(workspace: string, kind: string, subject: string): string {
  return digest([workspace, kind, subject]).slice(0, 32);
}

/** An id for a connection to an account that the provider does not name. */
export function newConnectionId(): string {
  return randomBytes(16).toString('hex');
}

function digest(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex');
}
