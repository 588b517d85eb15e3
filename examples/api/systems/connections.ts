import { connectionsSystem } from 'portcullis/connections/endpoints';
import { connectionsPages } from 'portcullis/connections/pages';
import type { JwtPairSystem } from 'portcullis/jwt-pair';
import type { Mounted } from '../api.ts';
import { connectionsDemonstration } from '../demonstrations/connections.ts';
import type { Host } from '../host.ts';
import { pagesKey } from '../own-keys.ts';
import type { PageSessions } from '../page-sessions.ts';

/**
 * Connections to ads accounts at `/api/v1/connections/*` for the users of the JWT pair API, and the page of them at
 * `/connections`.
 *
 * @param url How browsers reach this host.
 */
export function connections(
  { store, users, connections: service, secret, environment }: Host,
  jwtPair: JwtPairSystem,
  pageSessions: PageSessions,
  url: string,
): Mounted {
  const system = connectionsSystem({
    connections: service,
    authenticate: jwtPair.authenticate(),
    publicUrl: url,
    sealing: { primary: pagesKey(secret) },
    store,
    returnUrls: environment.providers.redirectUris.filter((uri) => /^https?:/.test(uri)),
    dangerouslyAllowPlainHttp: url.startsWith('http:'),
    pages: connectionsPages({
      name: 'Example API',
      signInUrl: '/login?next=/connections',
      async signedIn(exchange) {
        const user = await pageSessions.userOf(exchange);
        return user && { id: user.id, label: user.login, workspace: user.workspace ?? null };
      },
      userLabel: async (id) => (await users.byId(id))?.login ?? null,
    }),
  });

  return {
    system,
    routes: [],
    // A connection is a workspace's: it outlives the sessions of whoever made it.
    endSessions: () => Promise.resolve(),
    demonstration: connectionsDemonstration(service.kinds),
    close: () => system.close(),
  };
}
