import type { Demonstration } from '../api.ts';
import { ACCOUNTS, ADMINISTRATOR, credentials, FORBIDDEN_ACCOUNT, TRADER } from '../demo-data.ts';
import { getLine, signInLine } from '../samples.ts';

export const bearerSessionDemonstration: Demonstration = {
  json: (demo) => ({
    session: {
      ...credentials(demo, 'username', TRADER),
      accounts: ACCOUNTS,
      forbiddenAccount: FORBIDDEN_ACCOUNT,
      admin: credentials(demo, 'username', ADMINISTRATOR),
    },
  }),
  samples: (url, demo) => [
    '# Bearer session API without a token: 401',
    getLine(url, '/bearer/reports'),
    ...(demo === null
      ? []
      : [
          `# Sign in, then ask for the reports of account ${TRADER.homeAccount}: 200`,
          signInLine(url, {
            variable: 'SESSION',
            path: '/bearer/auth/login',
            body: credentials(demo, 'username', TRADER),
            member: 'token',
          }),
          getLine(url, '/bearer/reports', 'Bearer $SESSION'),
        ]),
  ],
};
