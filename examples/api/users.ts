import type { Directory, Store } from 'portcullis';
import type { Passwords } from 'portcullis/passwords/argon2';

/** One of this host's users. What a user has decides where the user can sign in. */
export type UserRow = {
  readonly id: string;
  readonly login: string;
  readonly passwordHash: string;
  readonly active: boolean;
  /** Signs in to the B2B API for this client. */
  readonly clientId?: number;
  /** Signs in to the JWT pair API; `null` is a user without a workspace. */
  readonly workspace?: string | null;
  /** Signs in to the bearer session API, and has access to these accounts; the first one was given as home. */
  readonly accounts?: readonly number[];
  readonly homeAccount?: number;
  readonly administrator?: boolean;
  /** Signs in at the OAuth server; may connect applications in the name of these teams, the first one in particular. */
  readonly teams?: readonly string[];
  /** Whether the login is an e-mail address that is known to be the user's. */
  readonly emailVerified?: boolean;
  readonly names?: { readonly first: string; readonly last: string };
};

/** The table of users. */
export interface Users {
  byId(id: string): Promise<UserRow | null>;
  byLogin(login: string): Promise<UserRow | null>;
  save(user: UserRow): Promise<void>;
}

/**
 * Keeps the users in the store, beside what the package keeps there, so that the server finds at once what another
 * process changes. Your application asks its own database here.
 */
export function usersIn(store: Store): Users {
  return {
    byId: async (id) => (await store.get<UserRow>(KIND, id))?.data ?? null,
    byLogin: async (login) => (await store.list<UserRow>(KIND, 0, login)).items[0]?.data ?? null,
    async save(user) {
      await store.put(KIND, user.id, user, { lookups: [user.login] });
    },
  };
}

const KIND = 'example_user';

/**
 * The users as one system is to know them: the others do not exist there.
 *
 * @param isOwn Which users are that system's.
 */
export function directoryOf<R extends UserRow>(
  { users, passwords }: { readonly users: Users; readonly passwords: Passwords },
  isOwn: (user: UserRow) => user is R,
): Directory<R> {
  const own = (user: UserRow | null): R | null => (user !== null && isOwn(user) ? user : null);
  return {
    findLogin: async (name) => own(await users.byLogin(name)),
    findUser: async (id) => own(await users.byId(id)),
    verifyPassword: (user, password) => passwords.verify(user?.passwordHash ?? null, password),
  };
}
