import type { Demonstration } from '../api.ts';
import { DESK_APP, MIRROR_APP, OTHER_TEAM, SYNC_APP, TEAM } from '../demo-apps.ts';
import { credentials, type Demo, OTHER_RESEARCHER, RESEARCHER } from '../demo-data.ts';
import { getLine, signInLine } from '../samples.ts';

export const oauthDemonstration: Demonstration = {
  json: (demo) => ({
    oauth: {
      confidential: { ...application(demo, SYNC_APP), team: TEAM, team2: OTHER_TEAM },
      public: application(demo, DESK_APP),
      serviceAccount: { ...application(demo, MIRROR_APP), service_account: demo.serviceAccount },
      user: credentials(demo, 'username', RESEARCHER),
      otherUser: credentials(demo, 'username', OTHER_RESEARCHER),
    },
  }),
  samples: (url, demo) => [
    '# OAuth API without a token: 401',
    getLine(url, '/v1/research'),
    ...(demo === null
      ? []
      : [
          `# As the application ${SYNC_APP.clientId}, for the team ${TEAM}: 200`,
          signInLine(url, {
            variable: 'OAUTH',
            path: '/v1/oauth/token',
            body: {
              grant_type: 'client_credentials',
              client_id: SYNC_APP.clientId,
              client_secret: demo.clientSecrets[SYNC_APP.clientId] ?? '',
              scope: `rest_api:read team_${TEAM}`,
            },
            member: 'access_token',
          }),
          getLine(url, '/v1/research', 'Bearer $OAUTH'),
        ]),
  ],
};

function application(
  { clientSecrets }: Demo,
  { clientId, redirectUris }: { readonly clientId: string; readonly redirectUris: readonly string[] },
): object {
  const secret = clientSecrets[clientId];
  return {
    client_id: clientId,
    ...(secret === undefined ? {} : { client_secret: secret }),
    redirect_uri: redirectUris[0],
  };
}
