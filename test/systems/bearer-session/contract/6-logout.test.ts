import { describe, expect, it } from 'vitest';
import { HOME, SECOND } from '../directory.ts';
import {
  BAD_ACCOUNT,
  BAD_REFRESH,
  BAD_TOKEN,
  EXPIRED,
  EXPIRED_403,
  expectDone,
  expectGrant,
  expectRefusal,
  expectReports,
} from '../expectations.ts';
import { HOSTS } from '../hosts.ts';
import { bearer, startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

const AT_HOME = ['reports:read', 'reports:write'];

describe.each(HOSTS)('POST /auth/logout on $name', (host) => {
  it('SE-13 200: both tokens of the session die, and those of another session live', async () => {
    const stage = await startStage(host);
    const grant = await stage.login();
    const other = await stage.login();
    expectReports(await stage.reports(grant.token), HOME, AT_HOME);
    expectDone(await stage.logout(grant.token));
    expectRefusal(await stage.reports(grant.token), BAD_TOKEN);
    expectRefusal(await stage.refresh(grant.refreshToken), BAD_REFRESH);
    expectRefusal(await stage.masquerade(grant.token, SECOND), BAD_TOKEN);
    expectReports(await stage.reports(other.token), HOME, AT_HOME);
    expectGrant(await stage.refresh(other.refreshToken));
  });

  it('a second call gets 401', async () => {
    const stage = await startStage(host);
    const { token } = await stage.login();
    expectDone(await stage.logout(token));
    expectRefusal(await stage.logout(token), BAD_TOKEN);
    expectRefusal(await stage.logout(), BAD_TOKEN);
  });

  it('an expired bearer token gets 401 and the refresh token survives', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    stage.clock.advance(3600);
    expectRefusal(await stage.logout(first.token), EXPIRED);
    const second = expectGrant(await stage.refresh(first.refreshToken));
    expectDone(await stage.logout(second.token));
    expectRefusal(await stage.refresh(second.refreshToken), BAD_REFRESH);
  });

  it('looks at no body, of whatever content type', async () => {
    const stage = await startStage(host);
    for (const [type, body] of [
      ['text/plain', 'bye'],
      ['application/octet-stream', '{'],
      ['application/json', '{"refresh_token":7}'],
    ] as const) {
      const { token } = await stage.login();
      expectDone(await stage.post('/auth/logout', body, { ...bearer(token), 'Content-Type': type }));
    }
  });

  it('works when the access to the account is withdrawn', async () => {
    const stage = await startStage(host);
    const grant = await stage.login();
    stage.directory.ada.accounts.delete(HOME);
    expectRefusal(await stage.reports(grant.token), BAD_ACCOUNT);
    expectDone(await stage.logout(grant.token));
    stage.directory.ada.accounts.set(HOME, AT_HOME);
    expectRefusal(await stage.reports(grant.token), BAD_TOKEN);
  });
});

describe.each(HOSTS)('Expiry on $name', (host) => {
  it.each([
    [401, EXPIRED],
    [403, EXPIRED_403],
  ] as const)(
    'expiredStatus %i: token_expired at the very second, and not before',
    async (status, expected) => {
      const stage = await startStage(host, { expiredStatus: status });
      const { token, refreshToken } = await stage.login();
      stage.clock.advance(3599.999);
      expectReports(await stage.reports(token), HOME, AT_HOME);
      stage.clock.advance(0.001);
      expectRefusal(await stage.reports(token), expected);
      expectRefusal(await stage.logout(token), expected);
      expectRefusal(await stage.masquerade(token, SECOND), expected);
      expectRefusal(await stage.get('/auth/unknown', bearer(token)), expected);
      expectGrant(await stage.refresh(refreshToken));
    },
  );

  it('answers the worked example', async () => {
    const stage = await startStage(host);
    const { token } = await stage.login();
    stage.clock.advance(3600);
    const answer = await stage.get('/reports', { Authentication: `Bearer ${token}` });
    expectRefusal(answer, EXPIRED);
    expect(answer.text).toBe(
      '{"success":false,"error":"token_expired","message":"The bearer token has expired."}',
    );
  });

  it('an expired refresh token is never told apart from an unknown one', async () => {
    const stage = await startStage(host, { expiredStatus: 403 });
    const { refreshToken } = await stage.login();
    stage.clock.advance(2_509_200);
    expectRefusal(await stage.refresh(refreshToken), BAD_REFRESH);
  });
});
