import type { Directory, User } from '../core/directory.ts';
import type { SocialDirectory } from '../services/social/directory.ts';

/** A user of {@link fakeDirectory}; a test may change every member while requests come in. */
export type FakeUser = { -readonly [K in keyof User]: User[K] } & {
  /** Also the login name. */
  email: string;
  password: string;
  emailVerified: boolean;
  firstName: string;
  lastName: string;
  /** The identities at providers that are linked to the user, as `issuer subject`. */
  readonly identities: Set<string>;
  clientId: number;
};

/** Users in memory: what every system asks of a host, and sign-in by providers. */
export interface FakeDirectory extends Directory<FakeUser>, SocialDirectory<FakeUser> {
  /** Those that exist; a test may add some and take some out. */
  readonly users: FakeUser[];
  /** Whether unknown identities are signed up; false at first. */
  allowsSignUp: boolean;
  /** Whether identities are linked to users with the same verified address; false at first. */
  allowsLinking: boolean;
}

/**
 * Builds a directory for tests. Passwords are compared as they stand, so it is good for nothing else.
 *
 * @param users What is known of each; the rest is made up. By default the only one is ada@example.com.
 */
export function fakeDirectory(
  users: readonly (Partial<FakeUser> & { readonly email: string })[] = [{ email: 'ada@example.com' }],
): FakeDirectory {
  const known = users.map((user, index) => fakeUser(user, index + 1));
  const find = (matches: (user: FakeUser) => boolean): FakeUser | null => known.find(matches) ?? null;

  return {
    users: known,
    allowsSignUp: false,
    allowsLinking: false,
    findLogin: (name) => find(({ email }) => email === name),
    verifyPassword: (user, password) => user !== null && user.password === password,
    findUser: (id) => find((user) => user.id === id),
    findSocial: (issuer, subject) => find(({ identities }) => identities.has(`${issuer} ${subject}`)),
    findByEmail(address) {
      const user = find(({ email }) => email === address);
      return user === null ? null : { user, emailVerified: user.emailVerified };
    },
    linkSocial({ issuer, subject, email, emailVerified, givenName, familyName }, existing) {
      if (existing === null ? !this.allowsSignUp : !this.allowsLinking) return null;
      const user =
        existing ??
        fakeUser(
          {
            email: email ?? '',
            emailVerified,
            firstName: givenName ?? '',
            lastName: familyName ?? '',
          },
          known.length + 1,
        );
      if (existing === null) known.push(user);
      user.identities.add(`${issuer} ${subject}`);
      return user;
    },
    profileOf: ({ email, firstName, lastName }) => ({ email, firstName, lastName }),
  };
}

function fakeUser(user: Partial<FakeUser> & { readonly email: string }, number: number): FakeUser {
  return {
    id: String(number),
    active: true,
    workspace: 'ws-1',
    clientId: number,
    password: `a password of ${user.email}`,
    emailVerified: true,
    firstName: '',
    lastName: '',
    identities: new Set(),
    ...user,
  };
}
