import { describe, expect, it } from 'vitest';
import {
  claimsOf,
  expectRefusal,
  expectTokens,
  expectUncached,
  INVALID_CLIENT,
  INVALID_CLIENT_BY_BASIC,
  INVALID_REQUEST,
} from '../expectations.ts';
import { HOSTS } from '../hosts.ts';
import { basic, startStage, stopStagesAfterEach, type Stage, type TestApp } from '../stage.ts';

stopStagesAfterEach();

const INACTIVE = { active: false };

function introspect({ post }: Stage, { credentials }: TestApp, token: string | undefined) {
  return post('/v1/oauth/introspect', { ...credentials, token });
}

describe.each(HOSTS)('Introspection on $name', (host) => {
  it('OS-13 says of an access token whose it is and what it may do', async () => {
    const stage = await startStage(host);
    const { access } = await stage.grant(stage.app, { scope: 'rest_api:read' });
    const now = stage.clock.seconds();
    expectUncached(await introspect(stage, stage.app, access), {
      active: true,
      scope: 'rest_api:read',
      client_id: stage.app.id,
      token_type: 'bearer',
      exp: now + 3_600,
      iat: now,
      nbf: now,
      sub: '1',
      aud: stage.app.id,
      iss: stage.issuer,
      jti: claimsOf(access)['jti'],
    });
  });

  it('OS-13 says of a refresh token until when it can be exchanged', async () => {
    const stage = await startStage(host);
    const { refresh } = await stage.grant();
    const now = stage.clock.seconds();
    expectUncached(await introspect(stage, stage.app, refresh), {
      active: true,
      scope: 'rest_api:read rest_api:write',
      client_id: stage.app.id,
      exp: now + 2_592_000,
      iat: now,
      sub: '1',
      iss: stage.issuer,
    });
  });
});

describe('Introspection', () => {
  it('OS-13 of unknown, expired, revoked, used and foreign tokens says active: false and nothing else', async () => {
    const stage = await startStage();
    const foreign = await stage.grant(stage.other);
    const used = await stage.grant();
    const revoked = expectTokens(await stage.refresh(stage.app, used.refresh));
    await stage.post('/v1/oauth/revoke', { ...stage.app.credentials, token: revoked.refresh });
    const expired = await stage.grant();
    const code = await stage.code(stage.app);
    stage.clock.advance(2_592_000);
    const tokens = [
      'unknown',
      'a.b.c',
      'x'.repeat(43),
      code,
      ...[foreign, used, revoked, expired].flatMap(({ access, refresh }) => [access, refresh]),
    ];
    for (const token of tokens) expectUncached(await introspect(stage, stage.app, token), INACTIVE);
  });

  it('OS-13 of another application’s living tokens only where it was allowed', async () => {
    const stage = await startStage();
    const { access, refresh } = await stage.grant();
    const api = await stage.makeApp({
      grants: ['client_credentials'],
      redirectUris: [],
      introspectsAll: true,
    });
    for (const token of [access, refresh]) {
      expectUncached(await introspect(stage, stage.other, token), INACTIVE);
      expect((await introspect(stage, api, token)).json()).toMatchObject({
        active: true,
        client_id: stage.app.id,
      });
    }
  });

  it('is not active when whatever it stands on is gone', async () => {
    const ends: readonly ((stage: Stage) => unknown)[] = [
      ({ directory }) => (directory.ada.active = false),
      ({ system, app }) => system.consents.withdraw('1', app.id),
      ({ system, app }) => system.clients.disable(app.id),
    ];
    for (const end of ends) {
      const stage = await startStage();
      const api = await stage.makeApp({
        grants: ['client_credentials'],
        redirectUris: [],
        introspectsAll: true,
      });
      const { access, refresh } = await stage.grant();
      await end(stage);
      stage.clock.advance(5);
      for (const token of [access, refresh]) expectUncached(await introspect(stage, api, token), INACTIVE);
    }
  });

  it('OS-13 needs authentication, which no public client has', async () => {
    const stage = await startStage();
    const { access } = await stage.grant(stage.native);
    expectRefusal(await introspect(stage, stage.native, access), INVALID_CLIENT);
    expectRefusal(await stage.post('/v1/oauth/introspect', { token: access }), INVALID_REQUEST);
    expectRefusal(
      await stage.post('/v1/oauth/introspect', { token: access, client_id: stage.app.id }),
      INVALID_CLIENT,
    );
    expectRefusal(
      await stage.post('/v1/oauth/introspect', { token: access }, basic(stage.app.id, 'wrong')),
      INVALID_CLIENT_BY_BASIC,
    );
    expectRefusal(await introspect(stage, stage.app, undefined), INVALID_REQUEST);
  });

  it('tells the team of a token, and works for opaque ones', async () => {
    const stage = await startStage(undefined, { accessTokens: 'opaque' });
    const { access } = expectTokens(
      await stage.token({ grant_type: 'client_credentials', scope: 'team_t-1', ...stage.app.credentials }),
    );
    expect((await introspect(stage, stage.app, access)).json()).toMatchObject({
      active: true,
      sub: stage.app.id,
      team: 't-1',
    });
  });
});
