import { describe, expect, it } from 'vitest';
import type { Family, Json } from '../../../../src/core/store.ts';
import { grantDataOf } from '../../../../src/systems/oauth/refresh-tokens.ts';
import { claimsOf, expectRedirect, expectRefusal, expectTokens, INVALID_GRANT } from '../expectations.ts';
import { startStage, stopStagesAfterEach, type Stage } from '../stage.ts';
import type { TestUser } from '../directory.ts';

stopStagesAfterEach();

const as = ({ id }: TestUser) => ({ 'X-User': id, 'X-Decision': 'approve' });

function grantAs(stage: Stage, user: TestUser) {
  return stage.grant(stage.service, {}, as(user));
}

describe('Service accounts', () => {
  it('the token is for the service account, and says for which team', async () => {
    const stage = await startStage();
    const { access } = await grantAs(stage, stage.directory.boss);
    const [account] = await stage.system.clients.serviceAccounts(stage.service.id);
    expect(account).toMatchObject({ clientId: stage.service.id, team: 't-1', disabledAt: null });
    expect(claimsOf(access)).toMatchObject({ sub: account?.id, sub_kind: 'service_account', ws: 't-1' });
    expect((await stage.me(access)).json()).toEqual({
      kind: 'service_account',
      id: account?.id,
      clientId: stage.service.id,
      workspace: 't-1',
      scopes: ['rest_api:read', 'rest_api:write'],
    });
    const [session] = await stage.system.serviceSessions.list(account?.id ?? '');
    const family = await stage.system.serviceSessions.find(session?.id ?? '');
    expect(grantDataOf(family as Family).approvedBy).toBe(stage.directory.boss.id);
    expect(await stage.system.sessions.list(stage.directory.boss.id)).toEqual([]);
  });

  it('whoever may not consent is sent back with access_denied, before and after being asked', async () => {
    const stage = await startStage();
    const refused = await stage.authorize(stage.service, { state: 's' });
    expect(expectRedirect(refused, stage.service.redirectUri)).toEqual({
      error: 'access_denied',
      state: 's',
      iss: stage.issuer,
    });
    const reading = await stage.system.interaction.authorization.read({
      query: `response_type=code&client_id=${stage.service.id}&code_challenge=${'x'.repeat(43)}&code_challenge_method=S256`,
    });
    if (reading.kind !== 'request') throw new TypeError(reading.kind);
    const approved = await stage.system.interaction.authorization.approve(reading.request, '1');
    expect(approved.location).toMatch(/\?error=access_denied&/);
    expect(await stage.system.clients.serviceAccounts(stage.service.id)).toEqual([]);
  });

  it('where the host does not say who may, nobody may', async () => {
    const stage = await startStage();
    delete (stage.directory as { canAuthorizeServiceAccount?: unknown }).canAuthorizeServiceAccount;
    const refused = await stage.authorize(stage.service, {}, as(stage.directory.boss));
    expect(expectRedirect(refused, stage.service.redirectUri)['error']).toBe('access_denied');
  });

  it('one service account for each application and team, also of two consents at once', async () => {
    const stage = await startStage();
    const { boss, deputy } = stage.directory;
    const tokens = await Promise.all([grantAs(stage, boss), grantAs(stage, deputy), grantAs(stage, boss)]);
    expect(new Set(tokens.map(({ access }) => claimsOf(access)['sub'])).size).toBe(1);
    deputy.team = 't-2';
    await grantAs(stage, deputy);
    const accounts = await stage.system.clients.serviceAccounts(stage.service.id);
    expect(accounts.map(({ team }) => team).toSorted()).toEqual(['t-1', 't-2']);
  });

  it('is asked for anew each time, with the team in the question', async () => {
    const stage = await startStage();
    await grantAs(stage, stage.directory.boss);
    const asked = await stage.authorize(stage.service, {}, { 'X-User': stage.directory.boss.id });
    expect(asked.json()).toMatchObject({ page: 'consent', question: { serviceAccount: true, team: 't-1' } });
  });

  it('the approver’s later deactivation changes nothing', async () => {
    const stage = await startStage();
    const { access, refresh } = await grantAs(stage, stage.directory.boss);
    stage.directory.boss.active = false;
    await stage.system.sessions.revokeAll(stage.directory.boss.id, { reason: 'left the company' });
    stage.clock.advance(10);
    expect((await stage.me(access)).status).toBe(200);
    const next = expectTokens(await stage.refresh(stage.service, refresh));
    stage.directory.users.delete(stage.directory.boss);
    stage.clock.advance(10);
    expectTokens(await stage.refresh(stage.service, next.refresh));
  });

  it('disabling the service account ends the tokens, for good', async () => {
    const stage = await startStage();
    const { access, refresh } = await grantAs(stage, stage.directory.boss);
    expect((await stage.me(access)).status).toBe(200);
    const [account] = await stage.system.clients.serviceAccounts(stage.service.id);
    expect(await stage.system.clients.disableServiceAccount(account?.id ?? '')).toBe(true);
    expect((await stage.me(access)).status).toBe(401);
    expectRefusal(await stage.refresh(stage.service, refresh), INVALID_GRANT);
    const refused = await stage.authorize(stage.service, {}, as(stage.directory.boss));
    expect(expectRedirect(refused, stage.service.redirectUri)['error']).toBe('access_denied');

    stage.clock.advance(1);
    expect(await stage.system.clients.enableServiceAccount(account?.id ?? '')).toBe(true);
    expect((await stage.me(access)).status).toBe(401);
    expectRefusal(await stage.refresh(stage.service, refresh), INVALID_GRANT);
    stage.clock.advance(1);
    const again = await grantAs(stage, stage.directory.boss);
    expect((await stage.me(again.access)).status).toBe(200);
  });

  it('disabling the application ends the tokens, for good', async () => {
    const stage = await startStage();
    const { access, refresh } = await grantAs(stage, stage.directory.boss);
    expect((await stage.me(access)).status).toBe(200);
    await stage.system.clients.disable(stage.service.id);
    expect((await stage.me(access)).status).toBe(401);
    expectRefusal(await stage.refresh(stage.service, refresh), { status: 401, error: 'invalid_client' });
    await stage.system.clients.enable(stage.service.id);
    expect((await stage.me(access)).status).toBe(401);
    expectRefusal(await stage.refresh(stage.service, refresh), INVALID_GRANT);
  });

  it('a public client gets unauthorized_client, whatever its record says', async () => {
    const stage = await startStage();
    const record = await stage.store.get('oauth_client', stage.native.id);
    const data = { ...(record?.data as Record<string, Json>), serviceAccount: true };
    await stage.store.put('oauth_client', stage.native.id, data, { lookups: record?.lookups });
    const answer = await stage.authorize(stage.native, {}, as(stage.directory.boss));
    expect(expectRedirect(answer, stage.native.redirectUri)['error']).toBe('unauthorized_client');
  });

  it('a user, a service account and an application with the same id are three', async () => {
    const stage = await startStage();
    const { access } = await grantAs(stage, stage.directory.boss);
    const id = String(claimsOf(access)['sub']);
    await stage.system.sessions.revokeAll(id, { reason: 'a user of this name' });
    expect((await stage.me(access)).status).toBe(200);
    await stage.system.serviceSessions.revokeAll(id, { reason: 'a test' });
    expect((await stage.me(access)).status).toBe(401);
  });
});
