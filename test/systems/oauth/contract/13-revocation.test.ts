import { describe, expect, it } from 'vitest';
import {
  expectRefusal,
  expectTokens,
  expectUncached,
  INVALID_CLIENT,
  INVALID_CLIENT_BY_BASIC,
  INVALID_GRANT,
  INVALID_REQUEST,
} from '../expectations.ts';
import { HOSTS } from '../hosts.ts';
import { basic, startStage, stopStagesAfterEach, type Stage, type TestApp } from '../stage.ts';

stopStagesAfterEach();

function revoke({ post }: Stage, { credentials }: TestApp, token: string | undefined, hint?: string) {
  return post('/v1/oauth/revoke', { ...credentials, token, token_type_hint: hint });
}

describe.each(HOSTS)('Revocation on $name', (host) => {
  it('OS-14 of a refresh token ends all that its grant has given', async () => {
    const stage = await startStage(host);
    for (const [app, hint] of [
      [stage.app, undefined],
      [stage.native, 'refresh_token'],
      [stage.app, 'access_token'],
      [stage.app, 'unknown_hint'],
    ] as const) {
      const { access, refresh } = await stage.grant(app);
      expectUncached(await revoke(stage, app, refresh, hint), {});
      expect((await stage.me(access)).status).toBe(401);
      expectRefusal(await stage.refresh(app, refresh), INVALID_GRANT);
      expectUncached(await revoke(stage, app, refresh, hint), {});
    }
  });

  it('OS-14 of an access token ends this one, and the grant goes on', async () => {
    const stage = await startStage(host);
    const { access, refresh } = await stage.grant();
    expectUncached(await revoke(stage, stage.app, access), {});
    expect((await stage.me(access)).status).toBe(401);
    const next = expectTokens(await stage.refresh(stage.app, refresh));
    expect((await stage.me(next.access)).status).toBe(200);
    const own = { grant_type: 'client_credentials', scope: 'rest_api:read', ...stage.app.credentials };
    const [one, other] = [expectTokens(await stage.token(own)), expectTokens(await stage.token(own))];
    expectUncached(await revoke(stage, stage.app, one.access), {});
    expect((await stage.me(one.access)).status).toBe(401);
    expect((await stage.me(other.access)).status).toBe(200);
  });
});

describe('Revocation', () => {
  it('OS-14 answers 200 for unknown tokens, and leaves the tokens of others alive', async () => {
    const stage = await startStage();
    const { access, refresh } = await stage.grant();
    for (const token of ['unknown', 'a.b.c', 'x'.repeat(43)]) {
      expectUncached(await revoke(stage, stage.app, token), {});
    }
    for (const app of [stage.other, stage.native]) {
      for (const token of [access, refresh]) expectUncached(await revoke(stage, app, token), {});
    }
    expect((await stage.me(access)).status).toBe(200);
    expectTokens(await stage.refresh(stage.app, refresh));
  });

  it('OS-14 needs authentication, a token, and JSON will do', async () => {
    const stage = await startStage();
    const { app } = stage;
    expectRefusal(await revoke(stage, app, undefined), INVALID_REQUEST);
    expectRefusal(await stage.post('/v1/oauth/revoke', { token: 'x' }), INVALID_REQUEST);
    expectRefusal(await stage.post('/v1/oauth/revoke', { token: 'x', client_id: app.id }), INVALID_CLIENT);
    expectRefusal(
      await stage.post('/v1/oauth/revoke', { token: 'x' }, basic(app.id, 'wrong')),
      INVALID_CLIENT_BY_BASIC,
    );
    const { access } = await stage.grant();
    const json = JSON.stringify({ ...app.credentials, token: access });
    expectUncached(await stage.post('/v1/oauth/revoke', json, { 'Content-Type': 'application/json' }), {});
    expect((await stage.me(access)).status).toBe(401);
  });

  it('a used refresh token revokes nothing', async () => {
    const stage = await startStage();
    const { refresh } = await stage.grant();
    const next = expectTokens(await stage.refresh(stage.app, refresh));
    expectUncached(await revoke(stage, stage.app, refresh), {});
    expectTokens(await stage.refresh(stage.app, next.refresh));
  });

  it('works for opaque access tokens', async () => {
    const stage = await startStage(undefined, { accessTokens: 'opaque' });
    const { access } = await stage.grant();
    expectUncached(await revoke(stage, stage.app, access), {});
    expect((await stage.me(access)).status).toBe(401);
  });
});
