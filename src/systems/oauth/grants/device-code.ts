import { authError, isAuthError, type AuthError } from '../../../core/errors.ts';
import type { DevicePoll } from '../../../services/oauth-device-grants.ts';
import { missing } from '../parameters.ts';
import type { GrantData } from '../refresh-tokens.ts';
import { respondFor } from '../token-response.ts';
import type { Grant } from './grant.ts';
import { checkGround } from './ground.ts';

/** A poll of a device (RFC 8628 section 3.4); it gets its tokens once, as soon as its user has agreed. */
export const deviceCodeGrant: Grant = async (parts, { exchange, parameters, client }) => {
  const { consents, devices, refresh, sessions } = parts;
  const deviceCode = parameters.get('device_code');
  if (deviceCode === undefined) return missing('device_code');
  const poll = await devices.poll(deviceCode, client.clientId);
  if (poll.kind !== 'approved') return REFUSALS[poll.kind];
  const { approval, grant, issuedAt } = poll;
  const { userId, scopes, consentId } = approval;
  const data: GrantData = {
    clientId: client.clientId,
    subjectKind: 'user',
    subjectId: userId,
    scopes,
    accessScopes: scopes,
    team: null,
    consentId,
    approvedBy: userId,
  };
  // The user may have been locked out since agreeing.
  const standing = await checkGround(parts, client, data, issuedAt);
  if (isAuthError(standing)) return standing;
  await parts.ring?.fresh?.();

  if (!(await devices.redeem(deviceCode))) return authError('code_reused');
  const refreshable =
    client.grants.includes('refresh_token') && parts.config.grants.includes('refresh_token');
  const family = await refresh.start(exchange, data, { refreshable });
  if (!(await consents.stands(userId, client.clientId, consentId))) {
    // Withdrawn while the session was being started, and so not ended with the others.
    await sessions.user.revoke(family.id, { reason: 'the consent was withdrawn' });
    return authError('consent_withdrawn');
  }
  return respondFor(parts, family, {
    requested: grant.requestedScopes,
    endedAt: standing.endedAt,
    refreshable,
  });
};

const REFUSALS: Readonly<Record<Exclude<DevicePoll['kind'], 'approved'>, AuthError>> = {
  unknown: authError('code_unknown'),
  used: authError('code_reused'),
  expired: authError('device_expired'),
  pending: authError('device_undecided'),
  'too-early': authError('device_too_early'),
  denied: authError('device_denied'),
};
