import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../../src/core/errors.ts';
import { send, type HttpAnswer } from '../../../support/http-client.ts';
import { FOREIGN } from '../directory.ts';
import {
  BAD_ACCOUNT,
  BAD_LOGIN,
  BAD_REFRESH,
  BAD_TOKEN,
  DENIED,
  EXPIRED,
  expectGrant,
  expectRefusal,
  FAILED,
  invalid,
  INVALID_BODY,
  missing,
  NO_SUCH_PATH,
  OUT,
  POST_ONLY,
  TOO_LARGE,
  TOO_MANY,
  type Refusal,
} from '../expectations.ts';
import { HOSTS, PLAIN_HOSTS, type BearerHost } from '../hosts.ts';
import { ADA, bearer, limiter, startStage, stopStagesAfterEach, type Stage } from '../stage.ts';

stopStagesAfterEach();

interface Row {
  readonly expected: Refusal;
  readonly ask: (stage: Stage, host: BearerHost) => Promise<HttpAnswer>;
}

const TABLE: Readonly<Record<string, Row>> = {
  '400 missing_parameters: required field absent or empty': {
    expected: missing('password'),
    ask: (stage) => stage.post('/auth/login', { username: 'x', password: '' }),
  },
  '400 invalid_parameters: wrong type': {
    expected: invalid('account_id'),
    ask: (stage) => stage.post('/auth/login', { ...ADA, account_id: 'abc' }),
  },
  '400 invalid_body: undecodable body': {
    expected: INVALID_BODY,
    ask: (stage) => stage.post('/auth/login', '{', { 'Content-Type': 'application/json' }),
  },
  '401 invalid_credentials': {
    expected: BAD_LOGIN,
    ask: (stage) => stage.post('/auth/login', { ...ADA, password: 'wrong' }),
  },
  '401 invalid_token: bearer missing': { expected: BAD_TOKEN, ask: (stage) => stage.reports() },
  '401 token_expired: bearer expired': {
    expected: EXPIRED,
    async ask(stage) {
      const { token } = await stage.login();
      stage.clock.advance(3600);
      return stage.reports(token);
    },
  },
  '401 invalid_refresh_token: unknown': {
    expected: BAD_REFRESH,
    ask: (stage) => stage.refresh('dff78899-ed3b-4965-8f44-474ac2bf7354'),
  },
  '403 account_forbidden: no access': {
    expected: BAD_ACCOUNT,
    ask: (stage) => stage.post('/auth/login', { ...ADA, account_id: FOREIGN }),
  },
  '403 permission_denied: authenticated, lacks permission': {
    expected: DENIED,
    ask: async (stage) => stage.get('/admin', bearer((await stage.login()).token)),
  },
  '404 not_found': {
    expected: NO_SUCH_PATH,
    ask: async (stage) => stage.get('/auth/unknown', bearer((await stage.login()).token)),
  },
  '405 method_not_allowed, with Allow': { expected: POST_ONLY, ask: (stage) => stage.get('/auth/login') },
  '413 body_too_large at login': {
    expected: TOO_LARGE,
    ask: (stage) => stage.post('/auth/login', { ...ADA, padding: 'x'.repeat(64 * 1024) }),
  },
  '413 body_too_large at refresh': {
    expected: TOO_LARGE,
    ask: (stage) => stage.post('/auth/refresh', { refresh_token: 'x'.repeat(64 * 1024) }),
  },
  '413 body_too_large at masquerade': {
    expected: TOO_LARGE,
    ask: async (stage) =>
      stage.post('/auth/masquerade', { padding: 'x'.repeat(64 * 1024) }, bearer((await stage.login()).token)),
  },
  '413 body_too_large at logout': {
    expected: TOO_LARGE,
    ask: async (stage) =>
      stage.post('/auth/logout', { padding: 'x'.repeat(64 * 1024) }, bearer((await stage.login()).token)),
  },
  '429 rate_limited, with Retry-After': {
    expected: TOO_MANY,
    ask: async (_stage, host) =>
      (await startStage(host, { loginLimiter: limiter(() => 29.2) })).post('/auth/login', ADA),
  },
  '500 server_error: unexpected': {
    expected: FAILED,
    ask(stage) {
      stage.directory.findLogin = () => {
        throw new Error('the detail that nobody may see');
      };
      return stage.post('/auth/login', ADA);
    },
  },
  '503 server_error: an outage of the host': {
    expected: OUT,
    ask(stage) {
      stage.directory.findLogin = () => Promise.reject(new StoreError('down'));
      return stage.post('/auth/login', ADA);
    },
  },
};

describe.each(HOSTS)('Error shape on $name', (host) => {
  it.each(Object.entries(TABLE))('%s', async (_row, { ask, expected }) => {
    const answer = await ask(await startStage(host), host);
    expectRefusal(answer, expected);
  });

  it('is the example: a missing password is named', async () => {
    const stage = await startStage(host);
    expect((await stage.post('/auth/login', { username: 'x' })).text).toBe(
      '{"success":false,"error":"missing_parameters","message":"Missing required parameter(s): password","missing":["password"]}',
    );
  });

  it('has no body for HEAD, and the same headers', async () => {
    const stage = await startStage(host);
    const answer = await send(stage.port, { method: 'HEAD', path: '/reports' });
    expect([answer.status, answer.text, answer.header('WWW-Authenticate'), answer.header('Vary')]).toEqual([
      401,
      '',
      'Bearer',
      'Authorization, Authentication',
    ]);
  });
});

/** A field by its name, with a value that passes and the path that takes it. */
interface Place {
  readonly path: string;
  readonly name: string;
  readonly others: object;
}

const TEXT_PLACES: readonly Place[] = [
  { path: '/auth/login', name: 'username', others: { password: 'x' } },
  { path: '/auth/login', name: 'password', others: { username: 'x' } },
  { path: '/auth/refresh', name: 'refresh_token', others: {} },
];
const ABSENT: readonly unknown[] = [undefined, null, ''];
const NOT_TEXT: readonly unknown[] = [0, 7, 1.5, true, false, [], ['x'], {}, { $ne: '' }];

describe.each(PLAIN_HOSTS)('Decoding on $name', (host) => {
  it.each(TEXT_PLACES)('$name at $path: null and empty are absent, others are wrong', async (place) => {
    const stage = await startStage(host);
    const { path, name, others } = place;
    for (const value of ABSENT) {
      expectRefusal(await stage.post(path, { ...others, [name]: value }), missing(name));
    }
    for (const value of NOT_TEXT) {
      expectRefusal(await stage.post(path, { ...others, [name]: value }), invalid(name));
    }
  });

  it('names all missing fields at once, before any invalid one', async () => {
    const stage = await startStage(host);
    expectRefusal(await stage.post('/auth/login', {}), missing('username', 'password'));
    expectRefusal(
      await stage.post('/auth/login', { username: 7, account_id: 'abc', auth_only: 2 }),
      missing('password'),
    );
    expectRefusal(
      await stage.post('/auth/login', { username: 7, password: [], account_id: 'abc', auth_only: 2 }),
      invalid('username', 'password', 'account_id', 'auth_only'),
    );
    expect(stage.sessionActions()).toEqual([]);
  });

  it('takes an empty JSON body for one without fields', async () => {
    const stage = await startStage(host);
    const json = { 'Content-Type': 'application/json' };
    expectRefusal(await stage.post('/auth/login', '', json), missing('username', 'password'));
    expectRefusal(await stage.post('/auth/login'), missing('username', 'password'));
    expectRefusal(await stage.post('/auth/refresh', '', json), missing('refresh_token'));
  });

  it.each([
    ['text/plain', JSON.stringify(ADA)],
    ['text/json', JSON.stringify(ADA)],
    ['application/xml', '<x/>'],
    ['application/problem+json', JSON.stringify(ADA)],
    ['*/*', JSON.stringify(ADA)],
    ['__proto__', JSON.stringify(ADA)],
    [undefined, JSON.stringify(ADA)],
    [undefined, 'username=test%40user.com&password=secret'],
    ['application/json', '{'],
    ['application/json', '[]'],
    ['application/json', JSON.stringify([ADA])],
    ['application/json', '"text"'],
    ['application/json', '7'],
    ['application/json', 'true'],
    ['application/json', 'null'],
    ['application/json', 'username=test%40user.com&password=secret'],
    ['multipart/form-data', 'no boundary'],
    ['multipart/form-data; boundary=x', '--y\r\nnothing of it'],
  ])('refuses the content type %s with the body %j', async (type, body) => {
    const stage = await startStage(host);
    const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type };
    expectRefusal(await stage.post('/auth/login', body, headers), INVALID_BODY);
    expectRefusal(await stage.post('/auth/refresh', body, headers), INVALID_BODY);
  });

  it('refuses bytes that are no UTF-8', async () => {
    const stage = await startStage(host);
    const body = Buffer.from('{"username":"\xff","password":"x"}', 'latin1');
    expectRefusal(
      await stage.post('/auth/login', body, { 'Content-Type': 'application/json' }),
      INVALID_BODY,
    );
  });

  it('ignores fields that it does not know, and finds no inherited ones', async () => {
    const stage = await startStage(host);
    expectGrant(await stage.post('/auth/login', { ...ADA, remember: true, accountId: 'ignored' }));
    const inherited = '{"__proto__":{"username":"test@user.com","password":"secret"}}';
    expectRefusal(
      await stage.post('/auth/login', inherited, { 'Content-Type': 'application/json' }),
      missing('username', 'password'),
    );
  });

  it('takes text exactly as it was sent', async () => {
    const stage = await startStage(host);
    for (const password of [' secret', 'secret ', 'Secret', 'secret\u0000']) {
      expectRefusal(await stage.post('/auth/login', { ...ADA, password }), BAD_LOGIN);
    }
  });
});
