import type { User } from '../../core/directory.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import type { SocialIdentity } from '../../providers/social-identity.ts';

/**
 * The host's callbacks about users who sign in by a provider. Whatever a method throws is an outage or a mistake and
 * refuses the sign-in with 503 or 500.
 */
export interface SocialDirectory<U extends User = User> {
  /** The user that this very identity was linked to; `null` when there is none. Both texts are compared exactly. */
  findSocial(issuer: string, subject: string): MaybePromise<U | null>;
  /**
   * The user with this e-mail address, and whether the host itself has verified that it is the user's; `null` when there
   * is none. It is asked to find out who must not be duplicated; nobody is signed in for it.
   */
  findByEmail(email: string): MaybePromise<EmailHolder<U> | null>;
  /**
   * Decides about an identity that no user is linked to, and keeps the link if there is to be one. Without it nobody is
   * signed up and nobody is linked.
   *
   * @param identity Who it is, with what is verified and what is not.
   * @param existing The user with the same e-mail address, when the provider and the directory both hold it as verified;
   *   return that user to link them. `null`: nobody has the address, or there is none; make a user to sign them up.
   * @returns The user who is signed in, or `null` to refuse.
   */
  linkSocial?(identity: SocialIdentity, existing: U | null): MaybePromise<U | null>;
  /** What the answer of a sign-in tells about its user. */
  profileOf(user: U): MaybePromise<UserProfile>;
}

/** The user who has an address, and whether the host has seen that the address is theirs. */
export interface EmailHolder<U extends User> {
  readonly user: U;
  readonly emailVerified: boolean;
}

/** Empty texts for what is not known. */
export interface UserProfile {
  readonly email: string;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
}
