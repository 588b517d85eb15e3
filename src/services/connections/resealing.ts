import type { RecordStore } from '../../core/store.ts';
import type { Connections } from './contract.ts';
import { CONNECTION_KIND, documentOf } from './document.ts';
import type { Row, Rows } from './rows.ts';
import type { TokenVault } from './vault.ts';

/** Seals tokens again under the primary key. A row that somebody else changes meanwhile was sealed by them. */
export async function resealRow(rows: Rows, vault: TokenVault, row: Row): Promise<boolean> {
  const { id, document } = row;
  const opened = vault.open(id, document);
  if (opened?.resealDue !== true) return false;
  return (await rows.write(row, { ...document, tokens: vault.seal(id, document, opened.tokens) })) !== null;
}

/** Goes through all connections of these kinds. */
export function resealing(
  store: Pick<RecordStore, 'list'>,
  rows: Rows,
  vault: TokenVault,
  kinds: readonly string[],
): Connections['reseal'] {
  return async function reseal() {
    let resealed = 0;
    let unreadable = 0;
    for (const kind of kinds) {
      let after: string | undefined;
      do {
        const { items, next } = await store.list(CONNECTION_KIND, 1, kind, { after });
        for (const record of items) {
          const row = { id: record.id, document: documentOf(record), version: record.version };
          if (vault.open(row.id, row.document) === null) unreadable += 1;
          else if (await resealRow(rows, vault, row)) resealed += 1;
        }
        after = next ?? undefined;
      } while (after !== undefined);
    }
    return { resealed, unreadable };
  };
}
