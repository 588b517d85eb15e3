import { changePassword } from './demo-data.ts';
import { readEnvironment, SetupError } from './environment.ts';
import { openHost } from './host.ts';
import { sayWhatIsWrong } from './mistakes.ts';
import type { UserRow } from './users.ts';
import { close, wire } from './wiring.ts';

// Changes one of the example host's users while the server runs, to try out what follows from it.

type Command = (user: UserRow, account: number) => UserRow;

/** What each command makes of a user. */
const EDITS: ReadonlyMap<string, Command> = new Map<string, Command>(
  Object.entries({
    deactivate: (user) => ({ ...user, active: false }),
    activate: (user) => ({ ...user, active: true }),
    withdraw: (user, account) => ({ ...user, accounts: accountsOf(user).filter((each) => each !== account) }),
    grant: (user, account) => ({ ...user, accounts: [...new Set([...accountsOf(user), account])] }),
  }),
);

const USAGE =
  'The commands are: deactivate USER, activate USER, withdraw USER ACCOUNT, grant USER ACCOUNT, password USER.';

try {
  const [command = '', name = '', account, ...rest] = process.argv.slice(2);
  const needsAccount = command === 'withdraw' || command === 'grant';
  const isComplete = name !== '' && rest.length === 0 && (account !== undefined) === needsAccount;
  if (!isComplete || (needsAccount && !/^\d{1,9}$/.test(account ?? ''))) throw new SetupError(USAGE);
  console.log(await run(command, name, Number(account)));
} catch (error) {
  sayWhatIsWrong(error);
}

async function run(command: string, name: string, account: number): Promise<string> {
  const edit = EDITS.get(command);
  if (edit === undefined && command !== 'password') throw new SetupError(USAGE);
  const environment = readEnvironment(process.env);
  if (environment.store.kind === 'memory') {
    throw new SetupError(
      "What is kept in memory: is the server process's own; start both with a STORE that they can share.",
    );
  }
  const host = await openHost(environment);
  const api = wire(host);
  try {
    const user = (await host.users.byLogin(name)) ?? (await host.users.byId(name));
    if (user === null) throw new SetupError(`There is no user "${name}".`);
    if (edit === undefined) {
      const password = await changePassword(host, user);
      // Whoever knew the old password is signed out everywhere.
      for (const each of api.mounted) await each.endSessions(user, 'the password was changed');
      return `The new password of ${user.login} is ${password}`;
    }
    await host.users.save(edit(user, account));
    return `Done: ${[command, user.login, ...(Number.isNaN(account) ? [] : [account])].join(' ')}`;
  } finally {
    await close(api, host);
  }
}

function accountsOf({ login, accounts }: UserRow): readonly number[] {
  if (accounts !== undefined) return accounts;
  throw new SetupError(`${login} does not sign in to the bearer session API, which alone has accounts.`);
}
