import { authError, isAuthError, type AuthError } from '../../../core/errors.ts';
import type { CodeGrant } from '../../../services/oauth-codes.ts';
import { malformed, missing } from '../parameters.ts';
import type { OAuthParts } from '../parts.ts';
import { isVerifier, provesChallenge, requiresPkce } from '../pkce.ts';
import type { GrantData } from '../refresh-tokens.ts';
import { respondFor } from '../token-response.ts';
import type { Grant, TokenRequest } from './grant.ts';
import { checkGround } from './ground.ts';

/**
 * Redeems an authorization code (RFC 6749 section 4.1.3, RFC 7636 section 4.6). Everything is checked before the code is
 * used up, so that a request with anything wrong changes nothing; only a second request with everything right is a replay,
 * and ends what the first one was given, even where the two run at the same time.
 */
export const authorizationCodeGrant: Grant = async (parts, request) => {
  const { codes, refresh, sessions } = parts;
  const { exchange, parameters, client } = request;
  const code = parameters.get('code');
  if (code === undefined) return missing('code');
  const verifier = parameters.get('code_verifier');
  if (verifier === undefined && requiresPkce(client, parts.config)) return missing('code_verifier');
  if (verifier !== undefined && !isVerifier(verifier)) return malformed('code_verifier');
  const found = await codes.find(code);
  if (found === null) return authError('code_unknown');
  const { grant, issuedAt } = found;
  const mismatch = findMismatch(grant, verifier, request);
  if (mismatch !== null) return mismatch;
  const session = sessions[grant.subject.kind];
  if (found.isExpired) {
    if (found.isUsed) await session.revoke(codes.sessionIdOf(code), { reason: REPLAYED });
    return authError(found.isUsed ? 'code_reused' : 'code_expired');
  }
  const ground = groundOf(grant);
  const standing = await checkGround(parts, client, ground, issuedAt);
  if (isAuthError(standing)) return standing;
  // Before the code is used up, since afterwards nobody can begin again.
  await parts.ring?.fresh?.();

  const redeemed = await codes.redeem(code);
  if (redeemed === 'gone') return authError('code_unknown');
  const id = codes.sessionIdOf(code);
  if (redeemed === 'again') {
    await session.revoke(id, { reason: REPLAYED });
    return authError('code_reused');
  }
  const refreshable =
    client.grants.includes('refresh_token') && parts.config.grants.includes('refresh_token');
  const family = await refresh.start(exchange, ground, { id, refreshable });
  const refused = await refuseLateEnd(parts, request, code, ground);
  if (refused !== null) return refused;
  return respondFor(parts, family, {
    requested: grant.requestedScopes,
    endedAt: standing.endedAt,
    refreshable,
  });
};

const REPLAYED = 'an authorization code was used again';

/** What was ended while the session was being started could not end it; it is ended here. */
async function refuseLateEnd(
  parts: OAuthParts,
  { client }: TokenRequest,
  code: string,
  ground: GrantData,
): Promise<AuthError | null> {
  const session = parts.sessions[ground.subjectKind];
  const id = parts.codes.sessionIdOf(code);
  if (await parts.codes.wasReplayed(code)) {
    // The first redemption is answered as ever: what it was given is over, which its owner finds out by using it.
    await session.revoke(id, { reason: REPLAYED });
    return null;
  }
  if (ground.consentId === null) return null;
  if (await parts.consents.stands(ground.subjectId, client.clientId, ground.consentId)) return null;
  await session.revoke(id, { reason: 'the consent was withdrawn' });
  return authError('consent_withdrawn');
}

/** Whether the request is another one than the code is bound to. */
function findMismatch(
  { clientId, redirectUri, redirectUriSent, codeChallenge }: CodeGrant,
  verifier: string | undefined,
  { parameters, client }: TokenRequest,
): AuthError | null {
  if (clientId !== client.clientId) return authError('code_mismatch');
  const sentUri = parameters.get('redirect_uri');
  if (redirectUriSent && sentUri === undefined) return missing('redirect_uri');
  if (codeChallenge !== null && verifier === undefined) return missing('code_verifier');
  if (codeChallenge === null && verifier !== undefined) return malformed('code_verifier');
  const matches =
    (sentUri === undefined || sentUri === redirectUri) &&
    (codeChallenge === null || provesChallenge(verifier ?? '', codeChallenge));
  return matches ? null : authError('code_mismatch');
}

function groundOf(grant: CodeGrant): GrantData {
  const { clientId, subject, scopes, team, consentId, approvedBy } = grant;
  return {
    clientId,
    subjectKind: subject.kind,
    subjectId: subject.id,
    scopes,
    accessScopes: scopes,
    team,
    consentId,
    approvedBy,
  };
}
