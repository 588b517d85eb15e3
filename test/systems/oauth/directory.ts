import type { User } from '../../../src/core/directory.ts';
import type { OAuthDirectory } from '../../../src/systems/oauth/system.ts';

/** A user of the tests, whose members a test may change while requests come in. */
export type TestUser = { -readonly [K in keyof User]: User[K] } & {
  login: string;
  password: string;
  /** The team that the user may connect applications for; `null` for none. */
  team: string | null;
};

/** A directory that keeps its users in memory. */
export interface TestDirectory extends OAuthDirectory {
  readonly ada: TestUser;
  readonly grace: TestUser;
  /** May let service accounts act for the team `t-1`. */
  readonly boss: TestUser;
  /** The same for the same team. */
  readonly deputy: TestUser;
  /** The users that exist; a test may take one out. */
  readonly users: Set<TestUser>;
  /** The teams that exist, and whether they are active. */
  readonly teams: Map<string, boolean>;
}

export function testDirectory(): TestDirectory {
  const ada = user('1', 'ada', null);
  const grace = user('2', 'grace', null);
  const boss = user('3', 'boss', 't-1');
  const deputy = user('4', 'deputy', 't-1');
  const users = new Set([ada, grace, boss, deputy]);
  const teams = new Map([
    ['t-1', true],
    ['t-2', true],
  ]);
  const find = (matches: (each: TestUser) => boolean): TestUser | null => [...users].find(matches) ?? null;
  return {
    ada,
    grace,
    boss,
    deputy,
    users,
    teams,
    findLogin: (name) => find(({ login }) => login === name),
    verifyPassword: (asked, password) => asked !== null && (asked as TestUser).password === password,
    findUser: (id) => find((each) => each.id === id),
    canAuthorizeServiceAccount(asked) {
      const { team } = asked as TestUser;
      return team === null ? null : { team };
    },
    findTeam(team) {
      const active = teams.get(team);
      return active === undefined ? null : { active };
    },
  };
}

function user(id: string, login: string, team: string | null): TestUser {
  return { id, login, team, active: true, password: `a password of ${login}` };
}
