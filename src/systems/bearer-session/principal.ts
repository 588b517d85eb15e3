import type { Principal } from '../../core/principal.ts';
import type { Family, Json } from '../../core/store.ts';
import { actingOf, sessionDataOf } from '../../services/session-data.ts';

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

/** Who a session stands for, with what the user may do in its account. */
export function principalOf(family: Family, scopes: readonly string[]): BearerSessionPrincipal {
  const data = sessionDataOf(family);
  const principal: BearerSessionPrincipal = {
    kind: 'user',
    id: data.userId,
    account: accountOf(family),
    scopes,
    sessionId: family.id,
    generation: family.generation,
  };
  return data.actor === null ? principal : { ...principal, ...actingOf(data) };
}

/** The account that a session is bound to. */
export function accountOf(family: Family): number {
  return sessionDataOf(family)['accountId'] as number;
}

/** The data of a session that is moved to another account. */
export function inAccount(family: Family, accountId: number): Json {
  return { ...(family.data as { readonly [key: string]: Json }), accountId };
}
