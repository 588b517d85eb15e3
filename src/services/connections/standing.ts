import type { ConnectionRecord, ConnectionProblem } from './document.ts';
import { toRecord } from './document.ts';
import type { ConnectionProvider, ProviderTokens } from './provider.ts';
import type { Row } from './rows.ts';
import type { TokenVault } from './vault.ts';

/** What can be said of a connection without asking its provider. */
export type Standing =
  | {
      readonly kind: 'usable';
      readonly row: Row;
      readonly provider: ConnectionProvider;
      readonly tokens: ProviderTokens;
      readonly resealDue: boolean;
    }
  /** `final`: not even the provider could make it usable. */
  | {
      readonly kind: 'broken';
      readonly row: Row;
      readonly reason: ConnectionProblem;
      readonly final: boolean;
    }
  | { readonly kind: 'unknown' };

/** Says how a connection stands. @param heedHealth Whether one that is known not to work counts as broken. */
export type Judge = (row: Row | null, heedHealth: boolean) => Standing;

export function judge(vault: TokenVault, providers: ReadonlyMap<string, ConnectionProvider>): Judge {
  return function standingOf(row, heedHealth) {
    if (row === null) return UNKNOWN;
    const { document } = row;
    if (heedHealth && document.status === 'error') {
      return { kind: 'broken', row, reason: document.reason ?? 'grant_revoked', final: false };
    }
    const provider = providers.get(document.kind);
    if (provider === undefined) return { kind: 'broken', row, reason: 'provider_unknown', final: true };
    const opened = vault.open(row.id, document);
    if (opened === null) return { kind: 'broken', row, reason: 'tokens_unreadable', final: true };
    return { kind: 'usable', row, provider, ...opened };
  };
}

const UNKNOWN: Standing = Object.freeze({ kind: 'unknown' });

/** A connection as it is shown, with what was found out beyond what is stored. */
export function shown(standing: Standing): ConnectionRecord | null {
  if (standing.kind === 'unknown') return null;
  const record = toRecord(standing.row.id, standing.row.document);
  return standing.kind === 'broken' ? { ...record, status: 'error', reason: standing.reason } : record;
}
