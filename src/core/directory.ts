import type { MaybePromise } from './maybe-promise.ts';

/** What the package knows of one of the host's users. */
export interface User {
  /** Unique and never given to another user. */
  readonly id: string;
  /** Whether the user may sign in and go on; anything but `true` ends their tokens. */
  readonly active: boolean;
  /** The client that the user signs in for, in systems that have clients. */
  readonly clientId?: number | undefined;
  /** The workspace that the user belongs to, in systems that have workspaces. */
  readonly workspace?: string | null | undefined;
}

/** The host's users. Whatever a method throws is an outage and refuses the request with 503 or 500, never with 401. */
export interface Directory<U extends User = User> {
  /** The user with this login name, compared as the host sees fit; `null` when there is none. */
  findLogin(name: string): MaybePromise<U | null>;
  /**
   * Whether the password is the user's. For `null` it must take as long as for a user, by verifying against a dummy hash,
   * so that nobody learns from the time which names exist; `argon2Passwords` does so.
   */
  verifyPassword(user: U | null, password: string): MaybePromise<boolean>;
  /** The user with this id; asked again whenever a token is issued or refreshed. */
  findUser(id: string): MaybePromise<U | null>;
}
