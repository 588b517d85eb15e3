import type { Demonstration } from '../api.ts';
import {
  credentials,
  INACTIVE_MEMBER,
  MEMBER,
  NO_MEMBER,
  OTHER_MEMBER,
  OTHER_WORKSPACE,
  WORKSPACE,
} from '../demo-data.ts';
import { getLine, signInLine } from '../samples.ts';

export const jwtPairDemonstration: Demonstration = {
  json: (demo) => ({
    jwt: {
      ...credentials(demo, 'email', MEMBER),
      workspace: WORKSPACE,
      other: { ...credentials(demo, 'email', OTHER_MEMBER), workspace: OTHER_WORKSPACE },
      inactive: credentials(demo, 'email', INACTIVE_MEMBER),
      noWorkspace: credentials(demo, 'email', NO_MEMBER),
    },
    apiKey: demo.apiKeys[WORKSPACE],
    otherWorkspaceApiKey: demo.apiKeys[OTHER_WORKSPACE],
  }),
  samples: (url, demo) => [
    '# JWT pair API without a credential: 401',
    getLine(url, '/api/v1/audiences/'),
    ...(demo === null
      ? []
      : [
          '# Sign in, then ask for the audiences of the workspace: 200',
          signInLine(url, {
            variable: 'JWT',
            path: '/api/v1/jwt/create/',
            body: credentials(demo, 'email', MEMBER),
            member: 'access',
          }),
          getLine(url, '/api/v1/audiences/', 'Bearer $JWT'),
          '# The same with an API key: 200',
          getLine(url, '/api/v1/audiences/', `Api-Key ${demo.apiKeys[WORKSPACE]}`),
          "# Another workspace's audience, as if it did not exist: 404",
          getLine(url, '/api/v1/audiences/aud-3/', 'Bearer $JWT'),
        ]),
  ],
};
