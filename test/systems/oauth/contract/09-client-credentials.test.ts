import { describe, expect, it } from 'vitest';
import { claimsOf, expectRefusal, expectTokens, INVALID_SCOPE } from '../expectations.ts';
import { startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

const GRANT = { grant_type: 'client_credentials' };

describe('Client credentials', () => {
  it('OS-12 no refresh token and no user; the application is the subject, for the team of its scope', async () => {
    const stage = await startStage();
    const scope = 'rest_api:read team_t-1';
    const tokens = expectTokens(await stage.token({ ...GRANT, ...stage.app.credentials, scope }));
    expect([tokens.refresh, tokens.scope]).toEqual([undefined, undefined]);
    expect(claimsOf(tokens.access)).toMatchObject({
      sub: stage.app.id,
      sub_kind: 'client',
      aud: stage.app.id,
      scopes: ['rest_api:read', 'team_t-1'],
      ws: 't-1',
    });
    expect((await stage.me(tokens.access)).json()).toEqual({
      kind: 'client',
      id: stage.app.id,
      clientId: stage.app.id,
      workspace: 't-1',
      scopes: ['rest_api:read', 'team_t-1'],
    });
  });

  it('scopes without a team give a token without one; a team alone one without other scopes', async () => {
    const stage = await startStage();
    const scopes = expectTokens(
      await stage.token({ ...GRANT, ...stage.app.credentials, scope: 'rest_api:read' }),
    );
    expect((await stage.me(scopes.access)).json()).toMatchObject({
      workspace: null,
      scopes: ['rest_api:read'],
    });
    const team = expectTokens(await stage.token({ ...GRANT, ...stage.app.credentials, scope: 'team_t-2' }));
    expect((await stage.me(team.access)).json()).toMatchObject({ workspace: 't-2', scopes: ['team_t-2'] });
    expect((await stage.me(team.access, '/v1/research')).status).toBe(401);
  });

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['unknown', 'nothing'],
    ['with two teams', 'rest_api:read team_t-1 team_t-2'],
    ['with an unknown team', 'rest_api:read team_t-9'],
    ['with no team behind the word', 'team_'],
    ['with two blanks', 'rest_api:read  team_t-1'],
    ['with a team in another case', 'TEAM_t-1'],
  ])('scope %s: invalid_scope', async (_name, scope) => {
    const stage = await startStage();
    expectRefusal(await stage.token({ ...GRANT, ...stage.app.credentials, scope }), INVALID_SCOPE);
  });

  it('a team that is not the application’s, or that is gone at the host: invalid_scope', async () => {
    const stage = await startStage();
    const scope = 'team_t-1';
    expectRefusal(await stage.token({ ...GRANT, ...stage.other.credentials, scope }), INVALID_SCOPE);
    stage.directory.teams.set('t-1', false);
    expectRefusal(await stage.token({ ...GRANT, ...stage.app.credentials, scope }), INVALID_SCOPE);
    stage.directory.teams.delete('t-1');
    expectRefusal(await stage.token({ ...GRANT, ...stage.app.credentials, scope }), INVALID_SCOPE);
    delete (stage.directory as { findTeam?: unknown }).findTeam;
    expectTokens(await stage.token({ ...GRANT, ...stage.app.credentials, scope }));
  });

  it('disabling the application ends its tokens, and what it gets afterwards works', async () => {
    const stage = await startStage();
    const ask = () => stage.token({ ...GRANT, ...stage.app.credentials, scope: 'rest_api:read' });
    const { access } = expectTokens(await ask());
    expect((await stage.me(access)).status).toBe(200);
    await stage.system.clients.disable(stage.app.id);
    expect((await stage.me(access)).status).toBe(401);
    expectRefusal(await ask(), { status: 401, error: 'invalid_client' });
    await stage.system.clients.enable(stage.app.id);
    expect((await stage.me(access)).status).toBe(401);
    expect((await stage.me(expectTokens(await ask()).access)).status).toBe(200);
  });

  it('a deleted application’s tokens are refused', async () => {
    const stage = await startStage();
    const asked = { ...GRANT, ...stage.app.credentials, scope: 'rest_api:read' };
    const { access } = expectTokens(await stage.token(asked));
    await stage.store.delete('oauth_client', stage.app.id);
    expect((await stage.me(access)).status).toBe(401);
  });
});
