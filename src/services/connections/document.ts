import type { Json, StoredRecord } from '../../core/store.ts';

/** The kind of the records; their slots are the workspace, the kind of connection, and the account at the provider. */
export const CONNECTION_KIND = 'connection';

/** Why a connection cannot be used. */
export type ConnectionProblem =
  /** The provider says that the grant is gone: the user or the provider took it back. */
  | 'grant_revoked'
  /** The tokens were left alone until they expired. */
  | 'token_expired'
  /** The user has taken back a scope that the connection needs. */
  | 'scope_missing'
  /** The provider refuses the application itself: compare its client id and secret with the provider's console. */
  | 'provider_refused'
  /** No sealing key opens the tokens, or they are another connection's. It is found anew each time and never stored. */
  | 'tokens_unreadable'
  /** The application is configured for no provider of this kind. It is found anew each time and never stored. */
  | 'provider_unknown';

export interface ConnectionHealth {
  /** `error`: it cannot be used until it is authorised again, or a check finds that it can. */
  readonly status: 'active' | 'error';
  /** `null` while it is active. */
  readonly reason: ConnectionProblem | null;
  /** Since when it is so, in milliseconds since the Unix epoch. */
  readonly since: number;
}

/** A workspace's connection to an account at a provider, without its tokens. Times are milliseconds since the Unix epoch. */
export interface ConnectionRecord extends ConnectionHealth {
  readonly id: string;
  readonly workspace: string;
  readonly kind: string;
  /** What the user has granted. */
  readonly scopes: readonly string[];
  /** The account at the provider in words for people; `null` when the provider does not tell. */
  readonly account: string | null;
  /** The user who authorised it last. */
  readonly connectedBy: string;
  readonly connectedAt: number;
}

/** An attempt to get new tokens: whoever has written it is the one who asks the provider. */
export interface Attempt {
  /** From this moment on it counts for nothing, as after a crash. */
  readonly until: number;
  /** Whether it has failed for a passing reason, so that nobody asks again before `until`. */
  readonly failed: boolean;
}

/** A connection as it is kept. */
export interface ConnectionDocument extends Omit<ConnectionRecord, 'id'> {
  readonly subject: string | null;
  /** The sealed tokens. */
  readonly tokens: string;
  readonly expiresAt: number | null;
  readonly refreshAt: number | null;
  readonly attempt: Attempt | null;
}

export function documentOf(record: StoredRecord): ConnectionDocument {
  return record.data as Json & ConnectionDocument;
}

/** What may be shown of a connection. The members are named one by one, so that nothing else of what is kept gets out. */
export function toRecord(id: string, document: ConnectionDocument): ConnectionRecord {
  const { workspace, kind, status, reason, since, scopes, account, connectedBy, connectedAt } = document;
  return { id, workspace, kind, status, reason, since, scopes, account, connectedBy, connectedAt };
}
