import { isStoreError, StoreError } from '../../core/errors.ts';
import { line, optional, parseOptions } from '../../core/options.ts';
import type { RecordStore } from '../../core/store.ts';
import type { ProviderTransport } from '../../providers/transport.ts';
import type { ConnectionRef, Connections, Revocation } from './contract.ts';
import { CONNECTION_KIND } from './document.ts';
import type { Notify } from './notices.ts';
import { accountKey, type Row, type Rows } from './rows.ts';
import type { Judge } from './standing.ts';

export interface DisconnectionParts {
  readonly store: Pick<RecordStore, 'list'>;
  readonly rows: Rows;
  readonly judge: Judge;
  readonly transport: ProviderTransport;
  readonly notify: Notify;
}

/** Ends connections: first what is at rest, then what the provider holds. */
export function disconnection(parts: DisconnectionParts): Connections['disconnect'] {
  const { store, rows, judge, transport, notify } = parts;

  /** Takes the connection out of the store; from here on nobody in any process has its tokens. */
  async function take(ref: ConnectionRef): Promise<Row | null> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const row = await rows.read(ref);
      if (row === null || (await rows.delete(row))) return row;
    }
    throw new StoreError('a connection is being changed by too many at the same time');
  }

  async function revoke(row: Row): Promise<Revocation> {
    const standing = judge(row, false);
    if (standing.kind !== 'usable') return 'skipped';
    const { provider, tokens } = standing;
    const { kind, subject } = row.document;
    try {
      // A provider takes back all that an account has granted, and with it what other workspaces live by. It is looked
      // for after the deletion, so that of several that end at once the last one finds nobody.
      if (subject !== null) {
        const { items } = await store.list(CONNECTION_KIND, 2, accountKey(kind, subject), { limit: 1 });
        if (items.length > 0) return 'shared';
      }
      return (await provider.revoke(transport, tokens, subject)) ? 'revoked' : 'failed';
    } catch (outage) {
      if (isStoreError(outage)) return 'failed';
      throw outage;
    }
  }

  return async function disconnect(ref, options = {}) {
    const { author } = parseOptions('connections.disconnect', options, { author: optional(line(100)) });
    const row = await take(ref);
    if (row === null) return null;
    const revocation = await revoke(row);
    notify(row.id, row.document, { action: 'disconnected', revocation, author: author ?? null });
    return revocation;
  };
}

const MOST_ATTEMPTS = 25;
