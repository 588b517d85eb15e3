import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { Store } from 'portcullis';
import { allowlists, type Allowlists } from 'portcullis/allowlists';
import { apiKeys, type ApiKeys } from 'portcullis/api-keys';
import { jsonLines, onEveryEvent } from 'portcullis/audit';
import type { Connections } from 'portcullis/connections';
import { oauthClients, type OAuthClients } from 'portcullis/oauth-clients';
import { argon2Passwords, type Passwords } from 'portcullis/passwords/argon2';
import { adsConnections } from './ads.ts';
import { type Environment, SetupError } from './environment.ts';
import { privateFiles, type PrivateFiles } from './private-files.ts';
import { directoryOf, openStore } from './store.ts';
import { usersIn, type Users } from './users.ts';

/** What every part of this host works with. */
export interface Host {
  readonly environment: Environment;
  readonly store: Store;
  readonly files: PrivateFiles;
  readonly users: Users;
  readonly passwords: Passwords;
  readonly apiKeys: ApiKeys;
  /** Networks that requests of a client, a workspace, an account or a key must come from. */
  readonly allowlists: Allowlists;
  /** The applications that may ask for access in somebody's name, or in their own. */
  readonly oauthClients: OAuthClients;
  /** The connections of workspaces to ads accounts. */
  readonly connections: Connections;
  /** What tokens are signed and verified with. */
  readonly secret: string;
}

/** Opens the store, and finds or makes the secret beside it. */
export async function openHost(environment: Environment): Promise<Host> {
  const files = openFiles(directoryOf(environment));
  const { auditLog } = environment;
  if (auditLog !== null) onEveryEvent(jsonLines(createWriteStream(auditLog, { flags: 'a', mode: 0o600 })));
  const store = await openStore(environment.store);
  const users = usersIn(store);
  const secret = environment.secret ?? files.keep('jwt-secret', () => randomBytes(32).toString('base64url'));
  return {
    environment,
    store,
    files,
    users,
    passwords: argon2Passwords(),
    apiKeys: apiKeys({ store, productPrefix: 'demo' }),
    allowlists: allowlists({ store }),
    oauthClients: oauthClients({ store }),
    connections: adsConnections(store, users, environment.providers, secret),
    secret,
  };
}

function openFiles(directory: string | null): PrivateFiles {
  try {
    return privateFiles(directory);
  } catch (error) {
    const { message } = error as Error;
    throw new SetupError(`The directory of the store's files cannot be made: ${message}.`, { cause: error });
  }
}
