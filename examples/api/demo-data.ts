import { randomBytes } from 'node:crypto';
import { isAuthError } from 'portcullis';
import { SetupError } from './environment.ts';
import type { Host } from './host.ts';
import { APPS, MIRROR_APP, TEAM } from './demo-apps.ts';
import type { UserRow } from './users.ts';

/** The secrets of the demonstration users and keys. */
export interface Demo {
  /** By the user's id. */
  readonly passwords: Readonly<Record<string, string>>;
  /** By the workspace. */
  readonly apiKeys: Readonly<Record<string, string>>;
  /** Of OAuth applications, by the client id. */
  readonly clientSecrets: Readonly<Record<string, string>>;
  /** What acts for {@link TEAM} in {@link MIRROR_APP}. */
  readonly serviceAccount: string;
}

export const CLIENT = { id: 'user-mara', login: 'mara', clientId: 123_456 } as const;
export const OTHER_CLIENT = { id: 'user-otto', login: 'otto', clientId: 123_457 } as const;

export const WORKSPACE = 'ws-harbour';
export const OTHER_WORKSPACE = 'ws-hill';
export const MEMBER = { id: 'user-ines', login: 'ines@example.com', workspace: WORKSPACE } as const;
export const OTHER_MEMBER = {
  id: 'user-juan',
  login: 'juan@example.com',
  workspace: OTHER_WORKSPACE,
} as const;
export const INACTIVE_MEMBER = { id: 'user-kim', login: 'kim@example.com', workspace: WORKSPACE } as const;
export const NO_MEMBER = { id: 'user-lea', login: 'lea@example.com', workspace: null } as const;

export const ACCOUNTS = [1001, 1002] as const;
/** It exists, and only the administrator has access to it. */
export const FORBIDDEN_ACCOUNT = 1003;
export const TRADER = { id: 'user-nils', login: 'nils', accounts: ACCOUNTS, homeAccount: 1001 } as const;
export const ADMINISTRATOR = {
  id: 'user-rosa',
  login: 'rosa',
  accounts: [...ACCOUNTS, FORBIDDEN_ACCOUNT],
  homeAccount: FORBIDDEN_ACCOUNT,
  administrator: true,
} as const;

export const RESEARCHER = { id: 'user-theo', login: 'theo', teams: [TEAM] } as const;
export const OTHER_RESEARCHER = { id: 'user-uma', login: 'uma', teams: [] } as const;

const USERS: readonly (Omit<UserRow, 'passwordHash' | 'active'> & { readonly active?: boolean })[] = [
  CLIENT,
  OTHER_CLIENT,
  MEMBER,
  OTHER_MEMBER,
  { ...INACTIVE_MEMBER, active: false },
  NO_MEMBER,
  TRADER,
  ADMINISTRATOR,
  RESEARCHER,
  OTHER_RESEARCHER,
];

/** Makes what is not there yet of the demonstration data, and leaves the rest as it is. */
export async function seed(host: Host): Promise<Demo> {
  const before = readSecrets(host);
  const passwords = { ...before.passwords };
  const apiKeys = { ...before.apiKeys };
  const clientSecrets = { ...before.clientSecrets };

  async function seedUser(user: (typeof USERS)[number]): Promise<void> {
    const kept = passwords[user.id];
    if (kept !== undefined && (await host.users.byId(user.id)) !== null) return;
    const password = kept ?? newPassword();
    passwords[user.id] = password;
    await host.users.save({ active: true, ...user, passwordHash: await host.passwords.hash(password) });
  }

  async function seedApiKey(workspace: string): Promise<void> {
    const kept = apiKeys[workspace];
    const found = kept === undefined ? null : await host.apiKeys.verify(kept);
    // One that was revoked is left so; one that this database never had is replaced.
    if (found !== null && !(isAuthError(found) && found.code === 'key_unknown')) return;
    apiKeys[workspace] = (await host.apiKeys.create({ workspace, name: 'Demonstration' })).key;
  }

  async function seedApp(app: (typeof APPS)[number]): Promise<void> {
    const { clientId } = app;
    const isThere = (await host.oauthClients.find(clientId)) !== null;
    if (isThere && (app.type === 'public' || clientSecrets[clientId] !== undefined)) return;
    const issued = isThere
      ? await host.oauthClients.rotateSecret(clientId)
      : await host.oauthClients.create(app);
    const secret = issued?.clientSecret ?? null;
    if (secret !== null) clientSecrets[clientId] = secret;
  }

  await Promise.all([
    ...USERS.map(seedUser),
    ...[WORKSPACE, OTHER_WORKSPACE].map(seedApiKey),
    ...APPS.map(seedApp),
  ]);
  const account = await host.oauthClients.obtainServiceAccount(MIRROR_APP.clientId, TEAM);
  const demo = { passwords, apiKeys, clientSecrets, serviceAccount: account?.id ?? '' };
  if (JSON.stringify(demo) !== JSON.stringify(before)) writeSecrets(host, demo);
  return demo;
}

/** Gives a user a new password, and keeps it where the demonstration's are kept if it is one of those. */
export async function changePassword(host: Host, user: UserRow): Promise<string> {
  const password = newPassword();
  await host.users.save({ ...user, passwordHash: await host.passwords.hash(password) });
  const before = readSecrets(host);
  if (user.id in before.passwords) {
    writeSecrets(host, { ...before, passwords: { ...before.passwords, [user.id]: password } });
  }
  return password;
}

/** What to sign in with, under the names that a system gives to the two. */
export function credentials<const N extends string>(
  demo: Demo,
  name: N,
  { id, login }: { readonly id: string; readonly login: string },
): Readonly<Record<N | 'password', string>> {
  return { [name]: login, password: demo.passwords[id] } as Record<N | 'password', string>;
}

function newPassword(): string {
  return randomBytes(12).toString('base64url');
}

const FILE = 'demo.json';
const NOTHING: Demo = { passwords: {}, apiKeys: {}, clientSecrets: {}, serviceAccount: '' };

function readSecrets({ files }: Host): Demo {
  const text = files.read(FILE);
  if (text === null) return NOTHING;
  try {
    return { ...NOTHING, ...(JSON.parse(text) as Partial<Demo>) };
  } catch {
    // Without the error, which quotes from the file.
    throw new SetupError(`The file ${FILE} beside the database is no JSON; delete it to have it made again.`);
  }
}

function writeSecrets({ files }: Host, demo: Demo): void {
  files.write(FILE, `${JSON.stringify(demo, null, 2)}\n`);
}
