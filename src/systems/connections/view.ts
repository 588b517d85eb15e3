import type { ConnectionRecord } from '../../services/connections/document.ts';

/** A connection as it is told to clients: nothing that could be presented to a provider. */
export function connectionView(record: ConnectionRecord): object {
  const { id, kind, status, scopes, account, since, reason } = record;
  return { id, kind, status, scopes, account, since: new Date(since).toISOString(), reason };
}
