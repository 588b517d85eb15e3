import { hkdfSync } from 'node:crypto';
import type { Principal } from 'portcullis';
import { ipAllowlist } from 'portcullis/ip-allowlist';
import { oauthSystem, type OAuthPrincipal } from 'portcullis/oauth';
import { oauthPages } from 'portcullis/oauth-pages';
import { requireScopes } from 'portcullis/require-scopes';
import type { Mounted } from '../api.ts';
import { researchOf } from '../data.ts';
import { oauthDemonstration } from '../demonstrations/oauth.ts';
import type { Host } from '../host.ts';
import { ok } from '../routes.ts';
import { directoryOf, type UserRow } from '../users.ts';

/**
 * The OAuth server at `/v1/oauth/*` with its pages at `/oauth/*`, and the research of whoever an application acts for.
 *
 * @param url Where the server listens, unless `PUBLIC_URL` says how others reach it.
 */
export function oauth(host: Host, url: string | null): Mounted {
  const { store, secret, allowlists, loginLimiter, environment } = host;
  const { trustedProxies } = environment;
  const issuer = environment.publicUrl ?? loopbackUrl(url, environment.port);
  // One secret for each purpose: what the other systems sign with derives nothing here.
  const secretFor = (purpose: string) => new Uint8Array(hkdfSync('sha256', secret, '', purpose, 32));
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
    secret: secretFor('oauth refresh tokens'),
    keys: secretFor('oauth access tokens'),
    pages: oauthPages({
      name: 'Example Research',
      sealing: { primary: secretFor('oauth pages') },
      dangerouslyAllowPlainHttp: issuer.startsWith('http:'),
    }),
    trustedProxies,
    loginLimiter,
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

/** Clients compare the issuer by its characters, and plain HTTP is for this machine alone. */
function loopbackUrl(url: string | null, port: number): string {
  const isLoopback = url !== null && /^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost):/.test(url);
  return isLoopback ? url : `http://localhost:${port}`;
}

type Researcher = UserRow & { readonly teams: readonly string[] };

function isResearcher(user: UserRow): user is Researcher {
  return user.teams !== undefined;
}
