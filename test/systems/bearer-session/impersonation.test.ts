import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../../src/core/errors.ts';
import type { ImpersonateOptions } from '../../../src/services/impersonation.ts';
import { send } from '../../support/http-client.ts';
import { HOME, SECOND } from './directory.ts';
import {
  BAD_REFRESH,
  BAD_TOKEN,
  DENIED,
  expectDone,
  expectGrant,
  expectRefusal,
  expectReports,
} from './expectations.ts';
import { PLAIN_HOSTS } from './hosts.ts';
import { bearer, startStage, stopStagesAfterEach, type Stage } from './stage.ts';

stopStagesAfterEach();

const AT_HOME = ['reports:read', 'reports:write'];

/** The id of the session behind a bearer token. */
async function sessionIdOf(stage: Stage, userId: string): Promise<string> {
  return (await stage.system.sessions.list(userId)).at(-1)?.id as string;
}

/** Root signs in and acts as ada. */
async function impersonation(stage: Stage, options: Partial<ImpersonateOptions> = {}) {
  const root = await stage.login({}, stage.directory.root);
  const actorSession = await sessionIdOf(stage, 'u0');
  const grant = await stage.system.impersonate(actorSession, 'u1', { reason: 'ticket 7', ...options });
  if (isAuthError(grant)) throw new Error(grant.code);
  return { root, actorSession, grant };
}

describe.each(PLAIN_HOSTS)('Impersonation on $name', (host) => {
  it('MQ-02 acts as the user in the home account, and says so in the principal and in the events', async () => {
    const stage = await startStage(host);
    const { grant } = await impersonation(stage);
    expectReports(await stage.reports(grant.token), HOME, AT_HOME);
    const [event] = stage.events.filter(({ type }) => type === 'session').slice(-1);
    expect(event).toMatchObject({ action: 'impersonated', owner: 'u1', actor: 'u0', reason: 'ticket 7' });
  });

  it('is read-only unless asked otherwise', async () => {
    const stage = await startStage(host);
    const post = (token: string) =>
      send(stage.port, { method: 'POST', path: '/reports', headers: bearer(token) });
    const { grant: reader } = await impersonation(stage);
    expectRefusal(await post(reader.token), DENIED);
    const { grant: writer } = await impersonation(stage, { readOnly: false });
    expect((await post(writer.token)).status).toBe(200);
  });

  it('may not switch accounts, with any rights', async () => {
    const stage = await startStage(host);
    for (const readOnly of [true, false]) {
      const { grant } = await impersonation(stage, { readOnly });
      expectRefusal(await stage.masquerade(grant.token, SECOND), DENIED);
      expectRefusal(await stage.masquerade(grant.token, 1), DENIED);
      expectReports(await stage.reports(grant.token), HOME, AT_HOME);
    }
  });

  it('ends at its time limit, however often it is refreshed', async () => {
    const stage = await startStage(host);
    const { root, grant } = await impersonation(stage, { maxSeconds: 100 });
    stage.clock.advance(60);
    const second = expectGrant(await stage.refresh(grant.refreshToken));
    expect(second).toMatchObject({
      tokenExpiration: '2018-04-01T20:40:52+00:00',
      refreshTokenExpiration: '2018-04-01T20:40:52+00:00',
      accountId: HOME,
    });
    stage.clock.advance(39);
    expectReports(await stage.reports(second.token), HOME, AT_HOME);
    stage.clock.advance(1);
    expect((await stage.reports(second.token)).status).toBe(401);
    expectRefusal(await stage.refresh(second.refreshToken), BAD_REFRESH);
    expectReports(await stage.reports(root.token), 1, []);
  });

  it('MQ-03 dies with the session of the actor', async () => {
    const stage = await startStage(host);
    const { root, grant } = await impersonation(stage);
    expectReports(await stage.reports(grant.token), HOME, AT_HOME);
    expectDone(await stage.logout(root.token));
    expectRefusal(await stage.reports(grant.token), BAD_TOKEN);
    expectRefusal(await stage.refresh(grant.refreshToken), BAD_REFRESH);
  });

  it('lives on over a refresh and a masquerade of the actor', async () => {
    const stage = await startStage(host);
    const { root, grant } = await impersonation(stage);
    const second = expectGrant(await stage.refresh(root.refreshToken));
    expectGrant(await stage.masquerade(second.token, 2));
    expectReports(await stage.reports(grant.token), HOME, AT_HOME);
  });

  it('SE-16 ends when the actor or the user is deactivated', async () => {
    for (const name of ['root', 'ada'] as const) {
      const stage = await startStage(host, { accountCheck: 'each-request' });
      const { grant } = await impersonation(stage);
      expectReports(await stage.reports(grant.token), HOME, AT_HOME);
      stage.directory[name].active = false;
      expectRefusal(await stage.reports(grant.token), BAD_TOKEN);
      expectRefusal(await stage.refresh(grant.refreshToken), BAD_REFRESH);
      stage.directory[name].active = true;
      expectRefusal(await stage.reports(grant.token), BAD_TOKEN);
    }
  });

  it('logs out of itself only', async () => {
    const stage = await startStage(host);
    const { root, grant } = await impersonation(stage);
    expectDone(await stage.logout(grant.token));
    expectRefusal(await stage.reports(grant.token), BAD_TOKEN);
    expectReports(await stage.reports(root.token), 1, []);
  });
});

describe('Impersonation', () => {
  it('MQ-01 MQ-03 is refused to whoever may not, to itself, upwards and while impersonating', async () => {
    const stage = await startStage();
    const reason = { reason: 'x' };
    const { actorSession } = await impersonation(stage);
    const inner = await sessionIdOf(stage, 'u1');
    await stage.login();
    const ada = await sessionIdOf(stage, 'u1');
    const codes = [];
    for (const [session, target] of [
      [ada, 'u2'],
      [ada, 'u0'],
      [actorSession, 'u0'],
      [inner, 'u2'],
      [actorSession, 'nobody'],
      ['unknown', 'u1'],
    ] as const) {
      const answer = await stage.system.impersonate(session, target, reason);
      codes.push(isAuthError(answer) ? answer.code : 'granted');
    }
    expect(codes).toEqual([
      'impersonation_forbidden',
      'impersonation_forbidden',
      'impersonation_forbidden',
      'impersonation_forbidden',
      'impersonation_forbidden',
      'token_revoked',
    ]);
  });

  it.each([null, undefined])('is refused for a user whom the directory calls %s', async (nobody) => {
    const stage = await startStage();
    const { actorSession } = await impersonation(stage);
    const findUser = stage.directory.findUser.bind(stage.directory);
    stage.directory.findUser = (id) => (id === 'u2' ? (nobody as unknown as null) : findUser(id));
    expect(await stage.system.impersonate(actorSession, 'u2', { reason: 'x' })).toMatchObject({
      code: 'impersonation_forbidden',
    });
  });

  it('ends at the next refresh when the leave to act is withdrawn', async () => {
    const stage = await startStage();
    const { grant } = await impersonation(stage);
    stage.directory.root.rank = 1;
    expectRefusal(await stage.refresh(grant.refreshToken), BAD_REFRESH);
    expectRefusal(await stage.reports(grant.token), BAD_TOKEN);
  });
});
