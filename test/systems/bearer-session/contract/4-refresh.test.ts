import { describe, expect, it } from 'vitest';
import { FOREIGN, HOME, SECOND } from '../directory.ts';
import {
  BAD_REFRESH,
  BAD_TOKEN,
  expectGrant,
  expectRefusal,
  expectReports,
  invalid,
  missing,
  type Grant,
} from '../expectations.ts';
import { HOSTS } from '../hosts.ts';
import { bearer, startStage, stopStagesAfterEach, type Stage } from '../stage.ts';

stopStagesAfterEach();

async function expectOver(stage: Stage, grant: Grant): Promise<void> {
  expectRefusal(await stage.reports(grant.token), BAD_TOKEN);
  expectRefusal(await stage.refresh(grant.refreshToken), BAD_REFRESH);
}

const SCOPES = ['reports:read', 'reports:write'];

describe.each(HOSTS)('POST /auth/refresh on $name', (host) => {
  it('SE-04 200: all of guid, token and refreshToken are new, and both lifetimes restart', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    stage.clock.advance(600);
    const second = expectGrant(await stage.refresh(first.refreshToken));
    expect(second).toMatchObject({
      tokenExpiration: '2018-04-01T21:49:12+00:00',
      tokenLifetime: 3600,
      refreshTokenExpiration: '2018-04-30T21:49:12+00:00',
      accountId: HOME,
    });
    const texts = [first, second].flatMap(({ guid, token, refreshToken }) => [guid, token, refreshToken]);
    expect(new Set(texts).size).toBe(6);
    expectReports(await stage.reports(second.token), HOME, SCOPES);
  });

  it('the previous bearer token is dead at once', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    expectReports(await stage.reports(first.token), HOME, SCOPES);
    expectGrant(await stage.refresh(first.refreshToken));
    expectRefusal(await stage.reports(first.token), BAD_TOKEN);
  });

  it('is allowed before and after the bearer token expires, and a session can go on without an end', async () => {
    const stage = await startStage(host);
    let grant = await stage.login();
    for (const seconds of [1, 3600, 2_509_199, 2_509_199]) {
      stage.clock.advance(seconds);
      grant = expectGrant(await stage.refresh(grant.refreshToken));
    }
    expectReports(await stage.reports(grant.token), HOME, SCOPES);
  });

  it('SE-12 refuses a refresh token at its expiry, and not a second before', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    stage.clock.advance(2_509_199);
    const second = expectGrant(await stage.refresh(first.refreshToken));
    stage.clock.advance(2_509_200);
    expectRefusal(await stage.refresh(second.refreshToken), BAD_REFRESH);
  });

  it('accepts the spelling refreshToken; refresh_token wins when it is not empty', async () => {
    const stage = await startStage(host);
    const { refreshToken: first } = await stage.login();
    const { refreshToken: other } = await stage.login();
    const second = expectGrant(await stage.post('/auth/refresh', { refreshToken: first }));
    const wins = { refresh_token: second.refreshToken, refreshToken: other };
    const third = expectGrant(await stage.post('/auth/refresh', wins));
    for (const nothing of [null, '']) {
      expectGrant(
        await stage.post('/auth/refresh', { refresh_token: nothing, refreshToken: third.refreshToken }),
      );
    }
    expectRefusal(await stage.post('/auth/refresh', { refreshToken: '' }), missing('refresh_token'));
    expectRefusal(await stage.post('/auth/refresh', { refreshToken: 7 }), invalid('refresh_token'));
    expectRefusal(
      await stage.post('/auth/refresh', { refresh_token: 7, refreshToken: other }),
      invalid('refresh_token'),
    );
    expectGrant(await stage.refresh(other));
  });

  it.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=xyz'])(
    'reads %s like JSON',
    async (type) => {
      const stage = await startStage(host);
      const { refreshToken } = await stage.login();
      const body = type.startsWith('multipart')
        ? `--xyz\r\nContent-Disposition: form-data; name="refresh_token"\r\n\r\n${refreshToken}\r\n--xyz--\r\n`
        : `refresh_token=${refreshToken}`;
      expectGrant(await stage.post('/auth/refresh', body, { 'Content-Type': type }));
    },
  );

  it('a repeat inside the window gets the same successor, byte for byte', async () => {
    const stage = await startStage(host);
    const { refreshToken } = await stage.login();
    const first = await stage.refresh(refreshToken);
    expectGrant(first);
    for (const seconds of [0, 5, 4.999]) {
      stage.clock.advance(seconds);
      const repeat = await stage.refresh(refreshToken);
      expectGrant(repeat);
      expect(repeat.text).toBe(first.text);
    }
    expectReports(await stage.reports((first.json() as Grant).token), HOME, SCOPES);
    expect(stage.sessionActions()).toEqual(['started', 'refreshed', 'repeated', 'repeated', 'repeated']);
  });

  it('SE-05 a reuse at the end of the window ends the whole session, once', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    const other = await stage.login();
    const second = expectGrant(await stage.refresh(first.refreshToken));
    stage.clock.advance(10);
    expectRefusal(await stage.refresh(first.refreshToken), BAD_REFRESH);
    await expectOver(stage, second);
    expectRefusal(await stage.refresh(first.refreshToken), BAD_REFRESH);
    expect(stage.sessionActions()).toEqual(['started', 'started', 'refreshed', 'reuse_detected']);
    // SE-06: and only that one.
    expectReports(await stage.reports(other.token), HOME, SCOPES);
  });

  it('SE-08 a token older than the predecessor ends the session, even inside the window', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    const second = expectGrant(await stage.refresh(first.refreshToken));
    const third = expectGrant(await stage.refresh(second.refreshToken));
    expectRefusal(await stage.refresh(first.refreshToken), BAD_REFRESH);
    await expectOver(stage, third);
  });

  it('a window of 0 is strict', async () => {
    const stage = await startStage(host, { reuseGraceSeconds: 0 });
    const first = await stage.login();
    const second = expectGrant(await stage.refresh(first.refreshToken));
    expectRefusal(await stage.refresh(first.refreshToken), BAD_REFRESH);
    await expectOver(stage, second);
  });

  it('keeps the account, also after masquerade', async () => {
    const stage = await startStage(host);
    const first = await stage.login({ account_id: SECOND });
    const second = expectGrant(await stage.refresh(first.refreshToken));
    expect(second.accountId).toBe(SECOND);
    const third = expectGrant(await stage.masquerade(second.token, HOME));
    const fourth = expectGrant(await stage.refresh(third.refreshToken));
    expect(fourth.accountId).toBe(HOME);
    expectReports(await stage.reports(fourth.token), HOME, SCOPES);
  });

  it('SE-17 ignores what else the body says', async () => {
    const stage = await startStage(host);
    const { refreshToken } = await stage.login();
    const body = { refresh_token: refreshToken, account_id: SECOND, scopes: ['admin'], userId: 'u2' };
    const grant = expectGrant(await stage.post('/auth/refresh', body));
    expectReports(await stage.reports(grant.token), HOME, SCOPES);
  });

  it('SE-16 ends the session of a user who is deactivated', async () => {
    const stage = await startStage(host);
    const grant = await stage.login();
    stage.directory.ada.active = false;
    expectRefusal(await stage.refresh(grant.refreshToken), BAD_REFRESH);
    stage.directory.ada.active = true;
    await expectOver(stage, grant);
    expect(stage.sessionActions()).toEqual(['started', 'revoked']);
  });

  it.each([null, undefined])('ends the session of a user whom the directory calls %s', async (nobody) => {
    const stage = await startStage(host);
    const grant = await stage.login();
    const findUser = stage.directory.findUser.bind(stage.directory);
    stage.directory.findUser = () => nobody as unknown as null;
    expectRefusal(await stage.refresh(grant.refreshToken), BAD_REFRESH);
    stage.directory.findUser = findUser;
    await expectOver(stage, grant);
  });

  it('ends the session when the access to its account is withdrawn', async () => {
    const stage = await startStage(host);
    const grant = await stage.login({ account_id: SECOND });
    stage.directory.ada.accounts.delete(SECOND);
    expectRefusal(await stage.refresh(grant.refreshToken), BAD_REFRESH);
    stage.directory.ada.accounts.set(SECOND, []);
    await expectOver(stage, grant);
  });

  it('refuses a repeat inside the window when the user may no longer pass', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    const second = expectGrant(await stage.refresh(first.refreshToken));
    stage.directory.ada.active = false;
    expectRefusal(await stage.refresh(first.refreshToken), BAD_REFRESH);
    stage.directory.ada.active = true;
    await expectOver(stage, second);
  });

  it('a bearer token is no refresh token, a refresh token no bearer token, and the guid neither', async () => {
    const stage = await startStage(host);
    const grant = await stage.login();
    for (const text of [grant.token, grant.guid]) expectRefusal(await stage.refresh(text), BAD_REFRESH);
    for (const text of [grant.refreshToken, grant.guid]) {
      expectRefusal(await stage.reports(text), BAD_TOKEN);
      expectRefusal(await stage.masquerade(text, SECOND), BAD_TOKEN);
      expectRefusal(await stage.logout(text), BAD_TOKEN);
    }
    expectGrant(await stage.refresh(grant.refreshToken));
  });

  it('needs no bearer token, and looks at none', async () => {
    const stage = await startStage(host);
    const { refreshToken } = await stage.login();
    const headers = bearer('anything but a token');
    expectGrant(await stage.post('/auth/refresh', { refresh_token: refreshToken }, headers));
  });
});

describe('POST /auth/refresh', () => {
  it('SE-19 refuses near misses', async () => {
    const stage = await startStage();
    const { refreshToken } = await stage.login();
    const misses = [
      refreshToken.toUpperCase(),
      ` ${refreshToken}`,
      `${refreshToken}\n`,
      `${refreshToken}\u0000`,
      `{${refreshToken}}`,
      `urn:uuid:${refreshToken}`,
      refreshToken.replaceAll('-', ''),
      refreshToken.slice(0, -1),
      `${refreshToken}0`,
      refreshToken.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
      '00000000-0000-4000-8000-000000000000',
      'x',
      '\ud800',
      'x'.repeat(60_000),
    ];
    for (const text of misses) expectRefusal(await stage.refresh(text), BAD_REFRESH);
    expectGrant(await stage.refresh(refreshToken));
    expect(stage.sessionActions()).toEqual(['started', 'refreshed']);
  });

  it('SE-11 ends with the absolute lifetime where one is set', async () => {
    const stage = await startStage(undefined, { absoluteSeconds: 5_000 });
    const first = await stage.login();
    expect(first.refreshTokenExpiration).toBe('2018-04-01T22:02:32+00:00');
    stage.clock.advance(3_000);
    const second = expectGrant(await stage.refresh(first.refreshToken));
    expect(second).toMatchObject({
      tokenExpiration: '2018-04-01T22:02:32+00:00',
      refreshTokenExpiration: '2018-04-01T22:02:32+00:00',
    });
    stage.clock.advance(1_999);
    expectReports(await stage.reports(second.token), HOME, SCOPES);
    stage.clock.advance(1);
    expectRefusal(await stage.refresh(second.refreshToken), BAD_REFRESH);
    expect((await stage.reports(second.token)).status).toBe(401);
  });

  it('does not move a session to an account that the user gets later', async () => {
    const stage = await startStage();
    const { refreshToken } = await stage.login();
    stage.directory.ada.home = FOREIGN;
    stage.directory.ada.accounts.set(FOREIGN, ['admin']);
    expect(expectGrant(await stage.refresh(refreshToken)).accountId).toBe(HOME);
  });
});
