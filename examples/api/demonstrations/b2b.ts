import type { Demonstration } from '../api.ts';
import { CLIENT, credentials, OTHER_CLIENT } from '../demo-data.ts';
import { getLine, signInLine } from '../samples.ts';

export const b2bDemonstration: Demonstration = {
  json: (demo) => ({
    b2b: {
      ...credentials(demo, 'username', CLIENT),
      client_id: CLIENT.clientId,
      other: { ...credentials(demo, 'username', OTHER_CLIENT), client_id: OTHER_CLIENT.clientId },
    },
  }),
  samples: (url, demo) => [
    '# B2B API without a token: 401',
    getLine(url, '/api/v1/products'),
    ...(demo === null
      ? []
      : [
          '# Sign in, then ask for the products: 200',
          signInLine(url, {
            variable: 'B2B',
            path: '/auth/login',
            body: credentials(demo, 'username', CLIENT),
            member: 'data.access_token',
          }),
          getLine(url, '/api/v1/products', 'Bearer $B2B'),
        ]),
  ],
};
