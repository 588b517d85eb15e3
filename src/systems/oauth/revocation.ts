import { jsonReply, NO_STORE } from '../../core/reply.ts';
import type { Endpoint } from '../endpoints.ts';
import { clientEndpoint } from './client-endpoint.ts';
import { missing } from './parameters.ts';
import type { OAuthParts } from './parts.ts';
import { readPresentedToken } from './presented-token.ts';
import type { AccessClaims } from './principal.ts';

/**
 * Revocation (RFC 7009): of a refresh token with all that its grant has given, of an access token alone. A token that is
 * unknown or another application's is answered in the same way, and nothing happens to it.
 */
export function revocationEndpoint(parts: OAuthParts): Endpoint {
  return clientEndpoint(parts, 'revoke', 'demanded', async ({ exchange, parameters, client }) => {
    const token = parameters.get('token');
    if (token === undefined) return missing('token');
    const found = await readPresentedToken(parts, exchange, token);
    if (found !== null && found.clientId === client.clientId) {
      if (found.kind === 'access') await revokeAccess(parts, found.claims);
      else {
        const { family, grant } = found.presented;
        await parts.sessions[grant.subjectKind].revoke(family.id, { reason: 'its client revoked it' });
      }
    }
    return jsonReply(200, {}, NO_STORE);
  });
}

/** Refuses the access tokens of this generation of a grant; the refresh token goes on to the next one. */
async function revokeAccess({ config, feed, clock }: OAuthParts, claims: AccessClaims): Promise<void> {
  const { sid, gen, sub_kind: kind, exp } = claims;
  // What has no session has no other tokens either.
  const line = kind === 'client' ? { key: `sid:${sid}`, value: 0 } : { key: `gen:${sid}`, value: gen + 1 };
  const expiresAt = Math.max(exp * 1000, clock.now()) + SKEW_MS;
  await config.store.feedAppend([{ ...line, expiresAt }]);
  await feed.poll();
}

/** How much longer than the token its revocation is remembered, for clocks that are apart. */
const SKEW_MS = 60_000;
