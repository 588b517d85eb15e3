import { describe, expect, it } from 'vitest';
import { authError } from '../../../../src/core/errors.ts';
import { REASONS, type ReasonCode } from '../../../../src/core/reasons.ts';
import { b2bDialect } from '../../../../src/systems/b2b/dialect.ts';
import { send, type HttpAnswer } from '../../../support/http-client.ts';
import {
  BAD_ADDRESS,
  BAD_LOGIN,
  BODY_TOO_LARGE,
  expectRefusal,
  FAILED,
  INVALID_BODY,
  LOGIN_FIELDS,
  NO_SUCH_PATH,
  POST_ONLY,
  TOO_MANY_LOGINS,
  tooMany,
  type Refusal,
} from '../expectations.ts';
import { B2B_HOSTS, type B2bHost } from '../hosts.ts';
import { limiter, startStage, stopStagesAfterEach, type Stage } from '../stage.ts';

stopStagesAfterEach();

interface Row {
  readonly expected: Refusal;
  readonly ask: (host: B2bHost) => Promise<HttpAnswer>;
}

async function login(host: B2bHost, body: unknown, prepare?: (stage: Stage) => unknown): Promise<HttpAnswer> {
  const stage = await startStage(host);
  await prepare?.(stage);
  return stage.post('/auth/login', body);
}

const ADA = { username: 'ada', password: 'correct horse battery staple' };

const TABLE: Readonly<Record<string, Row>> = {
  '400 ValidationException: missing or invalid fields': {
    expected: LOGIN_FIELDS,
    ask: (host) => login(host, {}),
  },
  '400 SyntaxError: body is not valid JSON': {
    expected: INVALID_BODY,
    ask: (host) => login(host, '{'),
  },
  '401 UnauthorizedError: bad credentials': {
    expected: BAD_LOGIN,
    ask: (host) => login(host, { ...ADA, password: 'wrong' }),
  },
  '403 ForbiddenError: IP not allowed': {
    expected: BAD_ADDRESS,
    ask: (host) =>
      login(host, ADA, ({ b2b }) => b2b.allowlists.add('client:123456', { network: '10.0.0.0/8' })),
  },
  '404 NotFoundError: unknown path under /auth/, without credentials': {
    expected: NO_SUCH_PATH,
    ask: async (host) => send((await startStage(host)).port, { path: '/auth/unknown' }),
  },
  '404 NotFoundError: unknown path under /auth/, with credentials': {
    expected: NO_SUCH_PATH,
    async ask(host) {
      const stage = await startStage(host);
      const { access_token: token } = await stage.login();
      return send(stage.port, { path: '/auth/unknown', headers: { Authorization: `Bearer ${token}` } });
    },
  },
  '405 MethodNotAllowedError: wrong method, with Allow': {
    expected: POST_ONLY,
    ask: async (host) => send((await startStage(host)).port, { path: '/auth/login' }),
  },
  '413 PayloadTooLargeError: a body above 64 KiB': {
    expected: BODY_TOO_LARGE,
    ask: (host) => login(host, { ...ADA, padding: 'x'.repeat(64 * 1024) }),
  },
  '429 TooManyRequestsError: rate limit, with Retry-After': {
    expected: tooMany(TOO_MANY_LOGINS, { retryAfter: '30' }),
    ask: async (host) =>
      (await startStage(host, { loginLimiter: limiter(() => 29.2) })).post('/auth/login', ADA),
  },
  '500 InternalServerError: unexpected': {
    expected: FAILED,
    ask: (host) =>
      login(host, ADA, ({ directory }) => {
        directory.findLogin = () => {
          throw new Error('the detail that nobody may see');
        };
      }),
  },
};

describe.each(B2B_HOSTS)('Error table on $name', (host) => {
  it.each(Object.entries(TABLE))('%s', async (_row, { ask, expected }) => {
    expectRefusal(await ask(host), expected);
  });

  it('gives the full example: HTTP 401 with the error envelope', async () => {
    const answer = await login(host, { username: 'nobody', password: 'nothing' });
    expect(answer.status).toBe(401);
    expect(answer.text).toBe(
      '{"error":{"name":"UnauthorizedError","code":"UNAUTHORIZED","message":"Invalid credentials"}}',
    );
    expect(answer.lines('WWW-Authenticate')).toEqual(['Bearer']);
  });
});

describe('Error table', () => {
  const context = { schemes: ['Bearer'], method: 'POST', path: '/auth/login' };
  const codes = Object.keys(REASONS) as ReasonCode[];

  it.each(codes)(
    '%s is rendered without a success key, and with a challenge that is the bare word Bearer',
    (code) => {
      const { status, headers, body } = b2bDialect().render(authError(code), context);
      expect(JSON.parse(body)).toEqual({
        error: {
          name: expect.any(String),
          code: expect.stringMatching(/^[A-Z_]+$/),
          message: expect.any(String),
        },
      });
      const challenges = headers.filter(([name]) => name === 'WWW-Authenticate').map(([, value]) => value);
      const isChallenged = status === 401 || code === 'scope_insufficient';
      expect(challenges).toEqual(isChallenged ? ['Bearer'] : []);
      expect([400, 401, 403, 404, 405, 409, 410, 412, 413, 429, 500, 503]).toContain(status);
    },
  );
});
