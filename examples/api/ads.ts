import type { Store } from 'portcullis';
import { connections, googleAds, metaAds, type Connections } from 'portcullis/connections';
import { keyFor } from './own-keys.ts';
import type { ProviderEnvironment } from './provider-environment.ts';
import type { Users } from './users.ts';

/** The connections of workspaces to ads accounts, at the providers that the environment names. */
export function adsConnections(
  store: Store,
  users: Users,
  { google, facebook }: ProviderEnvironment,
  secret: string,
): Connections {
  return connections({
    store,
    sealing: { primary: keyFor('connections', secret) },
    async isMember(userId, workspace) {
      const user = await users.byId(userId);
      return user?.active === true && user.workspace === workspace;
    },
    providers: [
      ...(google === null ? [] : [googleAds(google)]),
      ...(facebook === null
        ? []
        : [
            metaAds({
              clientId: facebook.clientId,
              clientSecret: facebook.clientSecret,
              graphVersion: facebook.graphVersion,
              endpoints: facebook.endpoints,
            }),
          ]),
    ],
  });
}
