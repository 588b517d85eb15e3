import type { User } from '../../core/directory.ts';
import { authError, type AuthError } from '../../core/errors.ts';
import type { SocialIdentity } from '../../providers/social-identity.ts';
import type { SocialDirectory } from './directory.ts';

/**
 * Finds the user of an identity: the one who is linked to issuer and subject, or whom the host links or signs up now.
 * Nobody is linked for an e-mail address alone. The host is asked whether to only when the provider and the host both
 * hold the address as verified, and so never for Facebook.
 *
 * @returns `signin_user_inactive`, `signin_email_taken` or `signin_unregistered` when there is no such user.
 */
export async function findSocialUser<U extends User>(
  directory: SocialDirectory<U>,
  identity: SocialIdentity,
): Promise<U | AuthError> {
  const linked = (await directory.findSocial(identity.issuer, identity.subject)) ?? null;
  if (linked !== null) return ifActive(linked);
  const holder = identity.email === null ? null : ((await directory.findByEmail(identity.email)) ?? null);
  if (holder === null) {
    const made = (await directory.linkSocial?.(identity, null)) ?? null;
    return made === null ? authError('signin_unregistered') : ifActive(made);
  }
  const bothVerified = identity.emailVerified && holder.emailVerified === true;
  if (!bothVerified || NEVER_LINKED.has(identity.provider)) return authError('signin_email_taken');
  const joined = (await directory.linkSocial?.(identity, holder.user)) ?? null;
  if (joined === null) return authError('signin_email_taken');
  if (joined.id === holder.user.id) return ifActive(joined);
  throw new TypeError('directory.linkSocial must return the user that it was offered, or null.');
}

/** Facebook does not say whether it has verified an address, so that its addresses prove nothing. */
const NEVER_LINKED: ReadonlySet<string> = new Set(['facebook']);

function ifActive<U extends User>(user: U): U | AuthError {
  return user.active === true ? user : authError('signin_user_inactive');
}
