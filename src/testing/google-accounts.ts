/** A person with an account at the loopback Google. */
export interface GoogleAccount {
  /** Google's own identifier: `sub`. */
  readonly id: string;
  readonly email?: string | undefined;
  /** Default true; what is no boolean is sent as it stands. */
  readonly emailVerified?: unknown;
  readonly givenName?: string | undefined;
  readonly familyName?: string | undefined;
  /** The domain of a Google Workspace account. */
  readonly hostedDomain?: string | undefined;
}

/** Who there is when a test names nobody. */
export const ADA: GoogleAccount = {
  id: '110169484474386276334',
  email: 'ada@example.com',
  givenName: 'Ada',
  familyName: 'Lovelace',
};

/** What an ID token and the userinfo endpoint say of an account. */
export function profileOf(account: GoogleAccount): object {
  const { id, email, emailVerified = true, givenName, familyName, hostedDomain } = account;
  const names = [givenName, familyName].filter((name) => name !== undefined);
  return {
    sub: id,
    ...(email === undefined ? {} : { email, email_verified: emailVerified }),
    ...(names.length === 0 ? {} : { name: names.join(' ') }),
    ...(givenName === undefined ? {} : { given_name: givenName }),
    ...(familyName === undefined ? {} : { family_name: familyName }),
    ...(hostedDomain === undefined ? {} : { hd: hostedDomain }),
  };
}
