import { describe, expect, it } from 'vitest';
import { FOREIGN, HOME, SECOND, UNKNOWN } from '../directory.ts';
import {
  BAD_ACCOUNT,
  BAD_LOGIN,
  expectDone,
  expectGrant,
  expectRefusal,
  expectReports,
  FAILED,
  invalid,
  missing,
  TOO_MANY,
  type Grant,
} from '../expectations.ts';
import { HOSTS, PLAIN_HOSTS } from '../hosts.ts';
import { ADA, limiter, SAMPLE_SECONDS, startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

type Fields = Readonly<Record<string, string>>;

/** The same fields in each encoding. */
const ENCODINGS: readonly {
  readonly name: string;
  readonly type: string;
  readonly write: (fields: Fields) => string;
}[] = [
  { name: 'JSON', type: 'application/json', write: (fields) => JSON.stringify(fields) },
  {
    name: 'JSON with a charset',
    type: 'Application/JSON; charset="UTF-8"',
    write: (fields) => JSON.stringify(fields),
  },
  {
    name: 'a form',
    type: 'application/x-www-form-urlencoded',
    write: (fields) => new URLSearchParams(fields).toString(),
  },
  {
    name: 'multipart',
    type: 'multipart/form-data; boundary=a-b_c',
    write: (fields) =>
      Object.entries(fields)
        .map(
          ([name, value]) => `--a-b_c\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
        )
        .join('') + '--a-b_c--\r\n',
  },
];

describe.each(HOSTS)('POST /auth/login on $name', (host) => {
  it('200: the sample, issued at 20:39:12 on the first of April', async () => {
    const stage = await startStage(host);
    const answer = await stage.post('/auth/login', ADA);
    const { guid, token, refreshToken } = expectGrant(answer);
    expect(answer.text).toBe(
      `{"success":true,"guid":"${guid}","token":"${token}","tokenExpiration":"2018-04-01T21:39:12+00:00",` +
        `"tokenLifetime":3600,"refreshToken":"${refreshToken}",` +
        '"refreshTokenExpiration":"2018-04-30T21:39:12+00:00","accountId":12345}',
    );
    expect(new Set([guid, token, refreshToken]).size).toBe(3);
  });

  it.each(ENCODINGS)('reads the fields from $name', async ({ type, write }) => {
    const stage = await startStage(host);
    const ask = (fields: Fields) => stage.post('/auth/login', write(fields), { 'Content-Type': type });
    expect(expectGrant(await ask(ADA)).accountId).toBe(HOME);
    expect(expectGrant(await ask({ ...ADA, account_id: '777' })).accountId).toBe(SECOND);
    expectDone(await ask({ ...ADA, auth_only: '1' }));
    expectGrant(await ask({ ...ADA, auth_only: '0', account_id: '' }));
    expectRefusal(await ask({ username: '', auth_only: '1' }), missing('username', 'password'));
    expectRefusal(
      await ask({ ...ADA, account_id: '1.5', auth_only: 'x' }),
      invalid('account_id', 'auth_only'),
    );
    expectRefusal(await ask({ ...ADA, password: 'wrong' }), BAD_LOGIN);
    expectRefusal(await ask({ ...ADA, account_id: '999' }), BAD_ACCOUNT);
  });

  it('answers the worked example', async () => {
    const stage = await startStage(host);
    const answer = await stage.post(
      '/auth/login',
      'username=test%40user.com&password=secret&account_id=999',
      { 'Content-Type': 'application/x-www-form-urlencoded' },
    );
    expectRefusal(answer, BAD_ACCOUNT);
    expect(answer.text).toBe(
      '{"success":false,"error":"account_forbidden","message":"You do not have access to this account."}',
    );
  });

  it('answers an unknown and a forbidden account with the same bytes', async () => {
    const stage = await startStage(host);
    const answers = [];
    for (const account_id of [FOREIGN, UNKNOWN, 0, -1, Number.MAX_SAFE_INTEGER]) {
      answers.push(await stage.post('/auth/login', { ...ADA, account_id }));
    }
    for (const answer of answers) expectRefusal(answer, BAD_ACCOUNT);
    const withoutDate = answers.map(({ everything }) => everything.replace(/Date\n.*/i, ''));
    expect(new Set(withoutDate).size).toBe(1);
    expect(stage.sessionActions()).toEqual([]);
  });

  it('answers unknown user, wrong password and inactive user with the same bytes', async () => {
    const stage = await startStage(host);
    const first = await stage.post('/auth/login', { ...ADA, username: 'nobody' });
    const second = await stage.post('/auth/login', { ...ADA, password: 'wrong' });
    stage.directory.ada.active = false;
    const third = await stage.post('/auth/login', ADA);
    for (const answer of [first, second, third]) expectRefusal(answer, BAD_LOGIN);
    const withoutDate = [first, second, third].map(({ everything }) => everything.replace(/Date\n.*/i, ''));
    expect(new Set(withoutDate).size).toBe(1);
  });
});

describe.each(PLAIN_HOSTS)('POST /auth/login on $name', (host) => {
  it.each([
    ['no account', undefined, HOME],
    ['null', null, HOME],
    ['an empty text', '', HOME],
    ['the home account', HOME, HOME],
    ['another account', SECOND, SECOND],
    ['a decimal string', '777', SECOND],
  ])('account_id: %s', async (_case, accountId, expected) => {
    const stage = await startStage(host);
    const grant = await stage.login({ account_id: accountId });
    expect(grant.accountId).toBe(expected);
    const scopes = expected === HOME ? ['reports:read', 'reports:write'] : ['reports:read'];
    expectReports(await stage.reports(grant.token), expected, scopes);
  });

  it.each([
    'abc',
    '1.5',
    '1e3',
    ' 777',
    '0x10',
    '9007199254740993',
    '12345678901234567',
    1.5,
    2 ** 53,
    true,
    [],
    {},
  ])('account_id %j is no integer', async (accountId) => {
    const stage = await startStage(host);
    expectRefusal(await stage.post('/auth/login', { ...ADA, account_id: accountId }), invalid('account_id'));
  });

  it.each([
    [1, 'verifies'],
    ['1', 'verifies'],
    [0, 'signs in'],
    ['0', 'signs in'],
    [null, 'signs in'],
    ['', 'signs in'],
  ])('auth_only %j %s', async (authOnly, outcome) => {
    const stage = await startStage(host);
    const answer = await stage.post('/auth/login', { ...ADA, auth_only: authOnly });
    if (outcome === 'verifies') expectDone(answer);
    else expectGrant(answer);
    expect(stage.sessionActions()).toEqual(outcome === 'verifies' ? [] : ['started']);
  });

  it.each([2, -1, '2', 'true', 0.5, true, false, [], {}])(
    'auth_only %j is neither 0 nor 1',
    async (value) => {
      const stage = await startStage(host);
      expectRefusal(await stage.post('/auth/login', { ...ADA, auth_only: value }), invalid('auth_only'));
    },
  );

  it('auth_only checks the account when one is given, and only then', async () => {
    const stage = await startStage(host);
    const verify = { ...ADA, auth_only: 1 };
    expectRefusal(await stage.post('/auth/login', { ...verify, password: 'wrong' }), BAD_LOGIN);
    expectRefusal(await stage.post('/auth/login', { ...verify, account_id: FOREIGN }), BAD_ACCOUNT);
    expectDone(await stage.post('/auth/login', { ...verify, account_id: SECOND }));
    stage.directory.ada.accounts.delete(HOME);
    expectDone(await stage.post('/auth/login', verify));
    expectRefusal(await stage.post('/auth/login', ADA), BAD_ACCOUNT);
    expect(stage.sessionActions()).toEqual([]);
  });

  it('asks the limiter, then reads the body, then the credentials, then the account', async () => {
    const heard: string[] = [];
    let wait: number | null = 29.2;
    const stage = await startStage(host, { loginLimiter: limiter(() => wait, heard) });
    const wrong = { ...ADA, password: 'wrong', account_id: FOREIGN };
    for (const body of [{}, wrong, ADA]) expectRefusal(await stage.post('/auth/login', body), TOO_MANY);
    wait = null;
    expectRefusal(await stage.post('/auth/login', { ...wrong, account_id: 'x' }), invalid('account_id'));
    expect(heard).toEqual([]);
    expectRefusal(await stage.post('/auth/login', wrong), BAD_LOGIN);
    expectRefusal(await stage.post('/auth/login', { ...ADA, account_id: FOREIGN }), BAD_ACCOUNT);
    expect(heard).toEqual(['failed test@user.com']);
    await stage.login();
    expectDone(await stage.post('/auth/login', { ...ADA, auth_only: 1 }));
    expect(heard).toEqual(['failed test@user.com', 'succeeded test@user.com', 'succeeded test@user.com']);
  });
});

describe('POST /auth/login', () => {
  it('SE-01 SE-03 gives texts that nobody chose and that never come twice', async () => {
    const stage = await startStage();
    const grants: Grant[] = [];
    for (let n = 0; n < 8; n += 1) {
      grants.push(await stage.login({ token: grants[0]?.token, guid: grants[0]?.guid, session: 'chosen' }));
    }
    const texts = grants.flatMap(({ guid, token, refreshToken }) => [guid, token, refreshToken]);
    expect(new Set(texts).size).toBe(24);
  });

  it.each([
    [
      'whole seconds, rounded down',
      SAMPLE_SECONDS + 0.999,
      '2018-04-01T21:39:12+00:00',
      '2018-04-30T21:39:12+00:00',
    ],
    ['the end of a leap year', 1_735_689_599, '2025-01-01T00:59:59+00:00', '2025-01-30T00:59:59+00:00'],
    ['a leap day', 1_709_164_800, '2024-02-29T01:00:00+00:00', '2024-03-29T01:00:00+00:00'],
  ])('writes times with the offset +00:00: %s', async (_case, now, token, refresh) => {
    const stage = await startStage();
    stage.clock.advance(now - SAMPLE_SECONDS);
    expect(await stage.login()).toMatchObject({ tokenExpiration: token, refreshTokenExpiration: refresh });
  });

  it('follows the configured lifetimes', async () => {
    const stage = await startStage(undefined, { accessSeconds: 60, refreshSeconds: 120 });
    expect(await stage.login()).toMatchObject({
      tokenExpiration: '2018-04-01T20:40:12+00:00',
      tokenLifetime: 60,
      refreshTokenExpiration: '2018-04-01T20:41:12+00:00',
    });
  });

  it.each([undefined, null])('takes %s of the directory for no access', async (nothing) => {
    const stage = await startStage();
    const { token } = await stage.login();
    stage.directory.permissionsIn = () => nothing as unknown as null;
    expectRefusal(await stage.post('/auth/login', ADA), BAD_ACCOUNT);
    expectRefusal(await stage.reports(token), BAD_ACCOUNT);
  });

  it.each([true, 'all', {}, 1])('answers 500 when the directory gives %j for permissions', async (answer) => {
    const stage = await startStage();
    const { token } = await stage.login();
    stage.directory.permissionsIn = () => answer as unknown as null;
    expectRefusal(await stage.post('/auth/login', ADA), FAILED);
    expectRefusal(await stage.reports(token), FAILED);
  });

  it.each([undefined, null, '12345', 1.5])('answers 500 when the home account is %j', async (answer) => {
    const stage = await startStage();
    stage.directory.homeAccount = () => answer as unknown as number;
    expectRefusal(await stage.post('/auth/login', ADA), FAILED);
    expect((await stage.login({ account_id: SECOND })).accountId).toBe(SECOND);
  });
});
