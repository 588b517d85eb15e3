import { isAuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { OAuthClient } from '../../services/oauth-clients/document.ts';
import { checkGround } from './grants/ground.ts';
import type { OAuthParts } from './parts.ts';
import type { AccessClaims } from './principal.ts';
import type { PresentedGrant } from './refresh-tokens.ts';

/** A token of either kind that was handed in to be revoked or looked at, and that works. */
export type PresentedToken =
  | { readonly kind: 'access'; readonly clientId: string; readonly claims: AccessClaims }
  | { readonly kind: 'refresh'; readonly clientId: string; readonly presented: PresentedGrant };

/** Finds what a token is, whatever its `token_type_hint` says; `null` for one that does not work. */
export async function readPresentedToken(
  parts: OAuthParts,
  exchange: Exchange,
  token: string,
): Promise<PresentedToken | null> {
  const presented = await parts.refresh.find(token);
  if (!isAuthError(presented)) {
    const clientId = presented.grant.clientId;
    return presented.generation === presented.family.generation
      ? { kind: 'refresh', clientId, presented }
      : null;
  }
  const principal = await parts.access.recognise(token, exchange);
  if (isAuthError(principal)) return null;
  const { clientId } = principal;
  return { kind: 'access', clientId, claims: principal.claims as unknown as AccessClaims };
}

/** Whether a refresh token would be exchanged now: its application, its party and its consent are still there. */
export async function wouldRefresh(
  parts: OAuthParts,
  { family, grant }: PresentedGrant,
  client: OAuthClient | null,
): Promise<boolean> {
  if (client === null || client.disabledAt !== null || !client.grants.includes('refresh_token')) return false;
  return !isAuthError(await checkGround(parts, client, grant, family.createdAt));
}
