import { hkdfSync } from 'node:crypto';
import type { Principal } from 'portcullis';
import { bearerSessionSystem } from 'portcullis/bearer-session';
import { ipAllowlist } from 'portcullis/ip-allowlist';
import type { Mounted } from '../api.ts';
import { reportsOf } from '../data.ts';
import { bearerSessionDemonstration } from '../demonstrations/bearer-session.ts';
import type { Host } from '../host.ts';
import { ok } from '../routes.ts';
import { directoryOf, type UserRow } from '../users.ts';

const PREFIX = '/bearer';

/** The bearer session API at `/bearer/auth/*`, and the reports of the account that a session is in. */
export function bearerSession(host: Host): Mounted {
  const { store, users, secret, allowlists, environment } = host;
  const { trustedProxies } = environment;
  const system = bearerSessionSystem({
    store,
    directory: {
      ...directoryOf(host, isTrader),
      homeAccount: (user) => (user as Trader).homeAccount,
      async permissionsIn(userId, account) {
        const user = await users.byId(userId);
        return user?.accounts?.includes(account) === true ? ['reports:read'] : null;
      },
      mayImpersonate: (actor) => (actor as Trader).administrator === true,
    },
    // One secret for each purpose: what the other systems sign with derives nothing here.
    secret: new Uint8Array(hkdfSync('sha256', secret, '', 'bearer-session', 32)),
    trustedProxies,
    ...environment.lifetimes,
  });

  return {
    system,
    prefix: PREFIX,
    routes: [
      {
        path: `${PREFIX}/reports`,
        chain: [system.authenticate(), ipAllowlist({ lists: allowlists, trustedProxies })],
        answer(principal) {
          const { account } = principal as Principal & { account: number };
          return ok({ success: true, accountId: account, reports: reportsOf(account) });
        },
      },
    ],
    async endSessions(user, reason) {
      if (isTrader(user)) await system.sessions.revokeAll(user.id, { reason });
    },
    demonstration: bearerSessionDemonstration,
    close: () => system.close(),
  };
}

type Trader = UserRow & { readonly accounts: readonly number[]; readonly homeAccount: number };

function isTrader(user: UserRow): user is Trader {
  return user.accounts !== undefined && user.homeAccount !== undefined;
}
