import { ipAllowlist } from 'portcullis/ip-allowlist';
import { jwtPairSystem, type JwtPairSystem } from 'portcullis/jwt-pair';
import { ApiKeyStrategy } from 'portcullis/strategies/api-key';
import { workspaceScope } from 'portcullis/workspace-scope';
import { scoped } from 'portcullis/workspaces';
import type { Mounted } from '../api.ts';
import { audiencesOf } from '../data.ts';
import { jwtPairDemonstration } from '../demonstrations/jwt-pair.ts';
import type { Host } from '../host.ts';
import { ok } from '../routes.ts';
import { directoryOf, type UserRow } from '../users.ts';
import { socialSignIn } from './social.ts';

/**
 * The JWT pair API at `/api/v1/jwt/*` with sign-in by providers at `/api/v1/auth/*`, and the audiences of a workspace for
 * its members and API keys.
 *
 * @param url Where the server listens.
 */
export function jwtPair(host: Host, url: string | null): Mounted & { readonly system: JwtPairSystem } {
  const { store, secret, apiKeys, allowlists, environment } = host;
  const { trustedProxies } = environment;
  const system = jwtPairSystem({
    store,
    directory: directoryOf(host, isMember),
    keys: secret,
    apiKeys: new ApiKeyStrategy({ keys: apiKeys, trustedProxies }),
    compat: 'drf',
    social: socialSignIn(host, url),
    trustedProxies,
    ...environment.lifetimes,
  });
  const fromAllowed = ipAllowlist({ lists: allowlists, trustedProxies });
  const chain = [system.authenticate(), workspaceScope(), fromAllowed] as const;
  // Only the request's own workspace can be asked, so no route can forget to filter.
  const audiences = scoped(audiencesOf);

  return {
    system,
    routes: [
      { path: '/api/v1/audiences', chain, answer: () => ok(audiences().all()) },
      {
        path: '/api/v1/audiences/:id',
        chain,
        answer(_principal, { id }) {
          const audience = audiences().find(String(id));
          // What is another workspace's is answered like what does not exist.
          return audience === undefined ? { status: 404, body: { detail: 'Not found.' } } : ok(audience);
        },
      },
    ],
    async endSessions(user, reason) {
      if (isMember(user)) await system.sessions.revokeAll(user.id, { reason });
    },
    demonstration: jwtPairDemonstration,
    close: () => system.close(),
  };
}

function isMember(user: UserRow): user is UserRow & { readonly workspace: string | null } {
  return user.workspace !== undefined;
}
