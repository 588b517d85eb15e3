import type { Actor, Claims } from '../core/principal.ts';
import type { Family } from '../core/store.ts';
import type { ClaimsProfile } from '../tokens/claims.ts';
import { sessionDataOf } from './session-data.ts';

/** How a system's tokens are written: which claims tell the kind and the party, and what else they say. */
export interface PairFormat {
  /** The claim that holds `access` or `refresh`. */
  readonly kindClaim: string;
  readonly subjectClaim: string;
}

/** What a token of a pair must say besides the claims of its system. Pairs name no issuer and no audience. */
export function pairProfile(format: PairFormat, kind: 'access' | 'refresh'): ClaimsProfile {
  return {
    issuers: null,
    audiences: null,
    subjectClaim: format.subjectClaim,
    tokenType: { claim: format.kindClaim, value: kind },
    required: PAIR_CLAIMS,
    expiryLeewaySeconds: 0,
    clockSkewSeconds: 60,
  };
}

/** The claims that every token of a pair has, by which it can be revoked. */
export const PAIR_CLAIMS: readonly string[] = ['jti', 'sid'];

/** Reads the generation of a token; a token without one is no token of a pair. */
export function generationOf(claims: Claims): number | null {
  const { gen } = claims as { gen?: unknown };
  return Number.isSafeInteger(gen) && (gen as number) >= 1 ? (gen as number) : null;
}

/** Who acts as the subject: the `act` claim of RFC 8693 section 4.1, and whether only to read. */
export function actClaims(family: Family): Claims {
  const { actor } = sessionDataOf(family);
  if (actor === null) return {};
  return { act: { sub: actor.id, sid: actor.sessionId }, ...(actor.readOnly ? { read_only: true } : {}) };
}

/** Whether a token names nobody who acts as its subject, or does so as {@link actClaims} writes it. */
export function hasPlainActor({ act }: Claims): boolean {
  if (act === undefined) return true;
  if (typeof act !== 'object' || act === null) return false;
  const { sub, sid } = act as { sub?: unknown; sid?: unknown };
  return typeof sub === 'string' && sub !== '' && typeof sid === 'string' && sid !== '';
}

/** What a principal says of whoever acts as it, from the claims of its token. */
export function actingOfClaims(claims: Claims): { readonly actor?: Actor; readonly readOnly?: boolean } {
  const { act, read_only: readOnly } = claims as { act?: { sub: string; sid: string }; read_only?: unknown };
  if (act === undefined) return {};
  return { actor: { kind: 'user', id: act.sub, sessionId: act.sid }, readOnly: readOnly === true };
}
