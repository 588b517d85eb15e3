import type { Directory } from '../../../src/core/directory.ts';
import type { B2bUser } from '../../../src/systems/b2b/system.ts';

/** A user of the tests, whose members a test may change while requests come in. */
export type TestUser = { -readonly [K in keyof B2bUser]: B2bUser[K] } & { login: string; password: string };

/** A directory that keeps its users in memory and writes down what it is asked. */
export interface TestDirectory extends Directory<B2bUser> {
  /** Signs in for the client of the worked examples; its id is the client's own. */
  readonly ada: TestUser;
  /** A second user of ada's client. */
  readonly grace: TestUser;
  /** Signs in for another client. */
  readonly linus: TestUser;
  /** Every call, as `method(arguments)`, without any password. */
  readonly calls: string[];
}

export function testDirectory(): TestDirectory {
  const ada = user('123456', 123_456, 'ada', 'correct horse battery staple');
  const grace = user('user-grace', 123_456, 'grace', 'trombones at noon, 76 of them');
  const linus = user('777', 777, 'linus', 'a blanket for every occasion');
  const users = [ada, grace, linus];
  const calls: string[] = [];
  return {
    ada,
    grace,
    linus,
    calls,
    findLogin(name) {
      calls.push(`findLogin(${JSON.stringify(name)})`);
      return users.find(({ login }) => login === name) ?? null;
    },
    verifyPassword(asked, password) {
      calls.push(`verifyPassword(${asked?.id ?? 'null'})`);
      return asked !== null && (asked as TestUser).password === password;
    },
    findUser(id) {
      calls.push(`findUser(${id})`);
      return users.find((each) => each.id === id) ?? null;
    },
  };
}

function user(id: string, clientId: number, login: string, password: string): TestUser {
  return { id, clientId, login, password, active: true };
}
