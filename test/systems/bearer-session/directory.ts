import type { User } from '../../../src/core/directory.ts';
import type { AccountsDirectory } from '../../../src/systems/bearer-session/system.ts';

/** A user of the tests, whose members a test may change while requests come in. */
export interface TestUser {
  id: string;
  active: boolean;
  login: string;
  password: string;
  home: number;
  /** The permissions in each account that the user has access to. */
  readonly accounts: Map<number, readonly string[]>;
  rank: number;
}

/** A directory that keeps its users in memory. */
export interface TestDirectory extends AccountsDirectory {
  /** At home in account 12345, and with access to account 777. */
  readonly ada: TestUser;
  /** At home in account 999, which ada has no access to. */
  readonly grace: TestUser;
  /** May act as ada. */
  readonly root: TestUser;
}

export const HOME = 12_345;
export const SECOND = 777;
/** Exists, and ada has no access to it. */
export const FOREIGN = 999;
/** Does not exist. */
export const UNKNOWN = 31_337;

export function testDirectory(): TestDirectory {
  const ada = user('u1', 'test@user.com', 'secret', HOME, 1, [
    [HOME, ['reports:read', 'reports:write']],
    [SECOND, ['reports:read']],
  ]);
  const grace = user('u2', 'grace', 'trombones at noon, 76 of them', FOREIGN, 1, [[FOREIGN, []]]);
  const root = user('u0', 'root', 'a ladder for every wall', 1, 9, [
    [1, []],
    [2, []],
  ]);
  const users = [ada, grace, root];
  const known = (asked: User): TestUser => users.find(({ id }) => id === asked.id) as TestUser;
  return {
    ada,
    grace,
    root,
    findLogin: (name) => users.find(({ login }) => login === name) ?? null,
    verifyPassword: (asked, password) => asked !== null && known(asked).password === password,
    findUser: (id) => users.find((each) => each.id === id) ?? null,
    homeAccount: (asked) => known(asked).home,
    permissionsIn: (userId, accountId) =>
      users.find(({ id }) => id === userId)?.accounts.get(accountId) ?? null,
    mayImpersonate: (actor) => known(actor).rank > 5,
    rankOf: (asked) => known(asked).rank,
  };
}

function user(
  id: string,
  login: string,
  password: string,
  home: number,
  rank: number,
  accounts: readonly (readonly [number, readonly string[]])[],
): TestUser {
  return { id, login, password, home, rank, active: true, accounts: new Map(accounts) };
}
