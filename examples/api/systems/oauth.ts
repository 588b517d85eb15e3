import type { Principal } from 'portcullis';
import { ipAllowlist } from 'portcullis/ip-allowlist';
import { oauthSystem, type OAuthPrincipal } from 'portcullis/oauth';
import { oauthPages } from 'portcullis/oauth-pages';
import { requireScopes } from 'portcullis/require-scopes';
import type { Mounted } from '../api.ts';
import { researchOf } from '../data.ts';
import { oauthDemonstration } from '../demonstrations/oauth.ts';
import type { Host } from '../host.ts';
import { keyFor, pagesKey } from '../own-keys.ts';
import { ownUrl } from '../own-url.ts';
import { ok } from '../routes.ts';
import { directoryOf, type UserRow } from '../users.ts';

/**
 * The OAuth server at `/v1/oauth/*` with its pages at `/oauth/*`, and the research of whoever an application acts for.
 *
 * @param url Where the server listens, unless `PUBLIC_URL` says how others reach it.
 */
export function oauth(host: Host, url: string | null): Mounted {
  const { store, secret, allowlists, environment } = host;
  const { trustedProxies } = environment;
  // Clients compare the issuer by its characters.
  const issuer = ownUrl(environment, url);
  const system = oauthSystem({
    store,
    directory: {
      ...directoryOf(host, isResearcher),
      canAuthorizeServiceAccount(user) {
        const [team] = (user as Researcher).teams;
        return team === undefined ? null : { team };
      },
    },
    issuer,
    scopes: { 'rest_api:read': 'Read your research', 'rest_api:write': 'Change your research' },
    secret: keyFor('oauth refresh tokens', secret),
    keys: keyFor('oauth access tokens', secret),
    pages: oauthPages({
      name: 'Example Research',
      sealing: { primary: pagesKey(secret) },
      dangerouslyAllowPlainHttp: issuer.startsWith('http:'),
    }),
    trustedProxies,
    ...environment.lifetimes,
  });

  return {
    system,
    routes: [
      {
        path: '/v1/research',
        chain: [
          system.authenticate(),
          requireScopes('rest_api:read'),
          ipAllowlist({ lists: allowlists, trustedProxies }),
        ],
        answer(principal) {
          const { kind, id, workspace } = principal as Principal as OAuthPrincipal;
          return ok({ subject: { kind, id }, research: researchOf(id, workspace) });
        },
      },
    ],
    async endSessions(user, reason) {
      if (isResearcher(user)) await system.sessions.revokeAll(user.id, { reason });
    },
    demonstration: oauthDemonstration,
    close: () => system.close(),
  };
}

type Researcher = UserRow & { readonly teams: readonly string[] };

function isResearcher(user: UserRow): user is Researcher {
  return user.teams !== undefined;
}
