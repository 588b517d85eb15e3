import { authError, concerning, type AuthError } from '../../../core/errors.ts';
import type { OAuthClient } from '../../../services/oauth-clients/document.ts';
import type { GrantData } from '../refresh-tokens.ts';
import type { OAuthParts } from '../parts.ts';

/** What a grant stands on, beside the application, which has authenticated itself. */
export type Ground = Pick<GrantData, 'subjectKind' | 'subjectId' | 'consentId' | 'clientId'>;

/** That it stands, and until when what was issued on it is over. */
export interface FirmGround {
  readonly endedAt: number | null;
}

/**
 * Whether what a grant stands on still stands, asked anew whenever a token is issued: the user or the service account, the
 * consent, and that neither the application nor the service account was disabled in between.
 *
 * @param since When the grant was made, in milliseconds.
 */
export async function checkGround(
  parts: OAuthParts,
  client: OAuthClient,
  ground: Ground,
  since: number,
): Promise<FirmGround | AuthError> {
  const { clientId, consentId, subjectKind, subjectId } = ground;
  if (isOver(client.endedAt, since)) return WITHDRAWN;
  if (subjectKind === 'service_account') {
    const account = await parts.serviceAccounts.find(subjectId);
    if (account === null) return GONE;
    if (account.disabledAt !== null) return INACTIVE;
    if (isOver(account.endedAt, since)) return WITHDRAWN;
    return { endedAt: Math.max(client.endedAt ?? 0, account.endedAt ?? 0) };
  }
  // A directory in plain JavaScript may say `undefined` for nobody.
  const user = (await parts.config.directory.findUser(subjectId)) ?? null;
  if (user === null) return GONE;
  if (user.active !== true) return INACTIVE;
  const stands = consentId !== null && (await parts.consents.stands(subjectId, clientId, consentId));
  return stands ? { endedAt: client.endedAt } : WITHDRAWN;
}

function isOver(endedAt: number | null, since: number): boolean {
  return endedAt !== null && since <= endedAt;
}

const WITHDRAWN = authError('consent_withdrawn');
const GONE = concerning('refresh', authError('subject_unknown'));
const INACTIVE = concerning('refresh', authError('subject_inactive'));
