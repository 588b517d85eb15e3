import { randomUUID } from 'node:crypto';
import type { JwtPairSocialOptions, SocialDirectory, SocialIdentity } from 'portcullis/jwt-pair';
import { FacebookStrategy } from 'portcullis/strategies/facebook';
import { GoogleStrategy } from 'portcullis/strategies/google';
import type { Host } from '../host.ts';
import { identitiesIn } from '../identities.ts';
import { LOGIN_PATH } from '../login-page.ts';
import { pagesKey } from '../own-keys.ts';
import { ownUrl } from '../own-url.ts';
import type { UserRow } from '../users.ts';

/** Sign-in with Google and Facebook, as far as the environment says how. */
export function socialSignIn(host: Host, url: string | null): JwtPairSocialOptions {
  const { google, facebook, redirectUris } = host.environment.providers;
  const publicUrl = ownUrl(host.environment, url);
  const common = (provider: string) => ({
    callbackUrl: `${publicUrl}/api/v1/auth/${provider}/callback/`,
    store: host.store,
    sealing: { primary: pagesKey(host.secret) },
    dangerouslyAllowPlainHttp: publicUrl.startsWith('http:'),
  });
  return {
    strategies: [
      ...(google === null ? [] : [new GoogleStrategy({ ...common('google'), ...google })]),
      ...(facebook === null ? [] : [new FacebookStrategy({ ...common('facebook'), ...facebook })]),
    ],
    directory: socialDirectory(host),
    redirectUris: [LOGIN_PATH, publicUrl + LOGIN_PATH, ...redirectUris],
    // A front end that gets codes from the provider by itself does so under the first address of its list.
    clientRedirectUri: redirectUris[0],
  };
}

/**
 * What this host decides: nobody is linked for an e-mail address, and people whom nobody knows may sign up if
 * `SOCIAL_SIGNUP` says so. They have no workspace until somebody takes them into one.
 */
function socialDirectory({ store, users, passwords, environment }: Host): SocialDirectory<UserRow> {
  const identities = identitiesIn(store);

  async function signUp(identity: SocialIdentity): Promise<UserRow | null> {
    const { issuer, subject, provider, email, givenName, familyName } = identity;
    const id = `user-${randomUUID()}`;
    const owner = await identities.link(issuer, subject, id);
    if (owner !== id) return users.byId(owner);
    const user: UserRow = {
      id,
      login: email ?? `${provider}:${subject}`,
      passwordHash: await passwords.hash(randomUUID()),
      active: true,
      workspace: null,
      names: { first: givenName ?? '', last: familyName ?? '' },
    };
    await users.save(user);
    return user;
  }

  return {
    async findSocial(issuer, subject) {
      const id = await identities.userOf(issuer, subject);
      return id === null ? null : users.byId(id);
    },
    async findByEmail(email) {
      const user = await users.byLogin(email);
      return user === null ? null : { user, emailVerified: user.emailVerified === true };
    },
    linkSocial: (identity, existing) =>
      existing === null && environment.providers.signUp ? signUp(identity) : null,
    profileOf: ({ login, names }) => ({ email: login, firstName: names?.first, lastName: names?.last }),
  };
}
