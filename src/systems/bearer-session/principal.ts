import type { Principal } from '../../core/principal.ts';
import type { Family, Json } from '../../core/store.ts';

/** A user of the bearer session API in the account that the session is bound to. */
export interface BearerSessionPrincipal extends Principal {
  readonly kind: 'user';
  readonly account: number;
  /** What the user may do in that account now. */
  readonly scopes: readonly string[];
  readonly sessionId: string;
  /** The generation of the bearer token, which an account switch replaces. */
  readonly generation: number;
}

/** What a session keeps: its user, and the one account that it is bound to. */
export function sessionData(userId: string, accountId: number): Json {
  return { userId, accountId };
}

export function userIdOf(family: Family): string {
  return (family.data as { readonly userId: string }).userId;
}

export function accountOf(family: Family): number {
  return (family.data as { readonly accountId: number }).accountId;
}
