import type { Directory } from '../../../src/core/directory.ts';
import type { ImpersonationRules } from '../../../src/services/impersonation.ts';
import type { JwtPairUser } from '../../../src/systems/jwt-pair/system.ts';

/** A user of the tests, whose members a test may change while requests come in. */
export type TestUser = { -readonly [K in keyof JwtPairUser]: JwtPairUser[K] } & {
  email: string;
  password: string;
  rank: number;
};

/** A directory that keeps its users in memory and writes down what it is asked. */
export interface TestDirectory extends Directory, ImpersonationRules<JwtPairUser> {
  readonly ada: TestUser;
  /** In ada's workspace. */
  readonly grace: TestUser;
  /** In another workspace. */
  readonly linus: TestUser;
  /** In no workspace. */
  readonly nomad: TestUser;
  /** Of rank 5: may act as users of a lower rank. */
  readonly admin: TestUser;
  /** As high as admin. */
  readonly peer: TestUser;
  /** Of rank 9. */
  readonly root: TestUser;
  /** The users that exist; a test may take one out. */
  readonly users: Set<TestUser>;
  /** Every call, as `method(arguments)`, without any password. */
  readonly calls: string[];
}

export function testDirectory(): TestDirectory {
  const ada = user('1', 'ada@example.com', 'ws-1');
  const grace = user('2', 'grace@example.com', 'ws-1');
  const linus = user('3', 'linus@example.com', 'ws-2');
  const nomad = user('4', 'nomad@example.com', null);
  const admin = user('5', 'admin@example.com', 'ws-0', 5);
  const peer = user('6', 'peer@example.com', 'ws-0', 5);
  const root = user('7', 'root@example.com', 'ws-0', 9);
  const users = new Set([ada, grace, linus, nomad, admin, peer, root]);
  const calls: string[] = [];
  const find = (matches: (each: TestUser) => boolean): TestUser | null => [...users].find(matches) ?? null;
  return {
    ada,
    grace,
    linus,
    nomad,
    admin,
    peer,
    root,
    users,
    calls,
    findLogin(name) {
      calls.push(`findLogin(${JSON.stringify(name)})`);
      return find(({ email }) => email === name);
    },
    verifyPassword(asked, password) {
      calls.push(`verifyPassword(${asked?.id ?? 'null'})`);
      return asked !== null && (asked as TestUser).password === password;
    },
    findUser(id) {
      calls.push(`findUser(${id})`);
      return find((each) => each.id === id);
    },
    mayImpersonate: (actor) => (actor as TestUser).rank > 0,
    rankOf: (asked) => (asked as TestUser).rank,
  };
}

function user(id: string, email: string, workspace: string | null, rank: number = 0): TestUser {
  return { id, email, workspace, rank, active: true, password: `a password of ${email}` };
}
