import { readEnvironment, SetupError } from './environment.ts';
import { openHost } from './host.ts';
import { wire } from './wiring.ts';

// What the administrator's tool works with: the same store, keys and systems as the server's, by the same STORE.

const environment = readEnvironment(process.env);
if (environment.store.kind === 'memory') {
  throw new SetupError(
    "What is kept in memory: is the server process's own; start both with a STORE that they can share.",
  );
}

const host = await openHost(environment);

export const config = {
  store: host.store,
  apiKeys: host.apiKeys,
  allowlists: host.allowlists,
  oauthClients: host.oauthClients,
  connections: host.connections,
  // Those that have sessions to administer.
  systems: wire(host)
    .mounted.map(({ system }) => system)
    .filter((system) => 'sessions' in system),
  trustedProxies: environment.trustedProxies,
  secrets: { JWT_SECRET: host.secret },
};
