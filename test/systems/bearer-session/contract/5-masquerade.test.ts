import { describe, expect, it } from 'vitest';
import { FOREIGN, HOME, SECOND, UNKNOWN } from '../directory.ts';
import {
  BAD_ACCOUNT,
  BAD_REFRESH,
  BAD_TOKEN,
  EXPIRED,
  expectGrant,
  expectRefusal,
  expectReports,
  invalid,
  INVALID_BODY,
  missing,
} from '../expectations.ts';
import { HOSTS } from '../hosts.ts';
import { bearer, startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

const AT_HOME = ['reports:read', 'reports:write'];

describe.each(HOSTS)('POST /auth/masquerade on $name', (host) => {
  it('200: a new pair of the same form, bound to the new account', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    stage.clock.advance(60);
    const second = expectGrant(await stage.masquerade(first.token, SECOND));
    expect(second).toMatchObject({
      tokenExpiration: '2018-04-01T21:40:12+00:00',
      refreshTokenExpiration: '2018-04-30T21:40:12+00:00',
      accountId: SECOND,
    });
    const texts = [first, second].flatMap(({ guid, token, refreshToken }) => [guid, token, refreshToken]);
    expect(new Set(texts).size).toBe(6);
    expectReports(await stage.reports(second.token), SECOND, ['reports:read']);
  });

  it('the old pair is dead at once, without any window, and its refresh token ends nothing', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    expectReports(await stage.reports(first.token), HOME, AT_HOME);
    const second = expectGrant(await stage.masquerade(first.token, SECOND));
    expectRefusal(await stage.reports(first.token), BAD_TOKEN);
    for (const seconds of [0, 9, 60]) {
      stage.clock.advance(seconds);
      expectRefusal(await stage.refresh(first.refreshToken), BAD_REFRESH);
      expectRefusal(await stage.masquerade(first.token, HOME), BAD_TOKEN);
    }
    expectReports(await stage.reports(second.token), SECOND, ['reports:read']);
    expectGrant(await stage.refresh(second.refreshToken));
  });

  it('a repeat of a refresh that came before the switch ends nothing either', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    const second = expectGrant(await stage.refresh(first.refreshToken));
    const third = expectGrant(await stage.masquerade(second.token, SECOND));
    expectRefusal(await stage.refresh(first.refreshToken), BAD_REFRESH);
    expectRefusal(await stage.refresh(second.refreshToken), BAD_REFRESH);
    expectReports(await stage.reports(third.token), SECOND, ['reports:read']);
  });

  it('goes back by a masquerade to the home account', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    const second = expectGrant(await stage.masquerade(first.token, SECOND));
    const third = expectGrant(await stage.masquerade(second.token, HOME));
    expectReports(await stage.reports(third.token), HOME, AT_HOME);
  });

  it('to the current account is allowed and also rotates', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    const second = expectGrant(await stage.masquerade(first.token, HOME));
    expect(second.accountId).toBe(HOME);
    expectRefusal(await stage.reports(first.token), BAD_TOKEN);
    expectReports(await stage.reports(second.token), HOME, AT_HOME);
  });

  it('access is judged by the rights of the user, not by the account that is worn', async () => {
    const stage = await startStage(host);
    const first = await stage.login({ account_id: SECOND });
    stage.directory.ada.accounts.delete(SECOND);
    expectRefusal(await stage.reports(first.token), BAD_ACCOUNT);
    const second = expectGrant(await stage.masquerade(first.token, HOME));
    expectReports(await stage.reports(second.token), HOME, AT_HOME);
    // What another user has is nothing to this one, whatever account it wears.
    expectRefusal(await stage.masquerade(second.token, FOREIGN), BAD_ACCOUNT);
  });

  it('an unknown and a forbidden account get the same bytes, and leave the session untouched', async () => {
    const stage = await startStage(host);
    const grant = await stage.login();
    const answers = [
      await stage.masquerade(grant.token, FOREIGN),
      await stage.masquerade(grant.token, UNKNOWN),
    ];
    for (const answer of answers) expectRefusal(answer, BAD_ACCOUNT);
    expect(new Set(answers.map(({ everything }) => everything.replace(/Date\n.*/i, ''))).size).toBe(1);
    expectReports(await stage.reports(grant.token), HOME, AT_HOME);
    expectGrant(await stage.refresh(grant.refreshToken));
    expect(stage.sessionActions()).toEqual(['started', 'refreshed']);
  });

  it('refuses a missing account, a wrong type, and a body that cannot be read', async () => {
    const stage = await startStage(host);
    const { token } = await stage.login();
    for (const nothing of [undefined, null, '']) {
      expectRefusal(await stage.masquerade(token, nothing), missing('account_id'));
    }
    for (const wrong of ['abc', 1.5, true, [], {}]) {
      expectRefusal(await stage.masquerade(token, wrong), invalid('account_id'));
    }
    expectRefusal(await stage.post('/auth/masquerade', undefined, bearer(token)), missing('account_id'));
    expectRefusal(await stage.post('/auth/masquerade', 'account_id=777', bearer(token)), INVALID_BODY);
    expectReports(await stage.reports(token), HOME, AT_HOME);
  });

  it.each([
    ['application/x-www-form-urlencoded', 'account_id=777'],
    [
      'multipart/form-data; boundary=xyz',
      '--xyz\r\nContent-Disposition: form-data; name="account_id"\r\n\r\n777\r\n--xyz--\r\n',
    ],
    ['application/json', '{"account_id":"777"}'],
  ])('reads %s', async (type, body) => {
    const stage = await startStage(host);
    const { token } = await stage.login();
    const answer = await stage.post('/auth/masquerade', body, { ...bearer(token), 'Content-Type': type });
    expect(expectGrant(answer).accountId).toBe(SECOND);
  });

  it('refuses a bad bearer token before it looks at the body', async () => {
    const stage = await startStage(host);
    const { token } = await stage.login();
    for (const accountId of [SECOND, 'abc', undefined, FOREIGN]) {
      expectRefusal(await stage.masquerade(undefined, accountId), BAD_TOKEN);
      expectRefusal(await stage.masquerade('c04c7ff7-5fa1-48fb-aa2a-bcf97a6b8a79', accountId), BAD_TOKEN);
    }
    stage.clock.advance(3600);
    expectRefusal(await stage.masquerade(token, SECOND), EXPIRED);
    expect(stage.sessionActions()).toEqual(['started']);
  });

  it('refuses a user who was deactivated', async () => {
    const stage = await startStage(host);
    const { token } = await stage.login();
    stage.directory.ada.active = false;
    expectRefusal(await stage.masquerade(token, SECOND), BAD_TOKEN);
  });
});
