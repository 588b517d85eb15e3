import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { claimsOf, expectTokens, headerOf } from '../expectations.ts';
import { startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

describe('Token response', () => {
  it('names the scopes only when they are other than those asked for', async () => {
    const stage = await startStage();
    const all = 'rest_api:read rest_api:write';
    expect((await stage.grant(stage.app, { scope: all })).scope).toBeUndefined();
    expect(
      (await stage.grant(stage.app, { scope: 'rest_api:write rest_api:read rest_api:read' })).scope,
    ).toBeUndefined();
    // No scope asks for all there is, and the answer says what that is.
    expect((await stage.grant(stage.native, { scope: undefined })).scope).toBe(all);
    const less = await stage.grant(
      stage.native,
      { scope: all },
      { 'X-User': '1', 'X-Decision': 'approve', 'X-Scopes': 'rest_api:write' },
    );
    expect(less.scope).toBe('rest_api:write');
    expect(claimsOf(less.access)['scopes']).toEqual(['rest_api:write']);
  });

  it('expires_in is 3600 by default, and what is configured', async () => {
    const stage = await startStage();
    expect((await stage.grant()).expiresIn).toBe(3_600);
    const short = await startStage(undefined, { accessSeconds: 90 });
    const { access, expiresIn } = await short.grant();
    expect(expiresIn).toBe(90);
    short.clock.advance(89.9);
    expect((await short.me(access)).status).toBe(200);
    short.clock.advance(0.1);
    expect((await short.me(access)).status).toBe(401);
  });

  it('refresh_token only if the application has the refresh grant', async () => {
    const stage = await startStage();
    const app = await stage.makeApp({ grants: ['authorization_code'] });
    const { access, refresh } = await stage.grant(app);
    expect(refresh).toBeUndefined();
    expect((await stage.me(access)).status).toBe(200);
    expect(
      (await stage.system.sessions.list('1')).map(({ expiresAt }) => expiresAt - stage.clock.now()),
    ).toEqual([3_600_000]);
  });

  it('no token outlives the absolute end of its grant', async () => {
    const stage = await startStage(undefined, { absoluteSeconds: 4_000 });
    const { refresh } = await stage.grant();
    stage.clock.advance(3_000);
    expect(expectTokens(await stage.refresh(stage.app, refresh)).expiresIn).toBe(1_000);
  });

  it('the access token is a JWT with the claims of the contract', async () => {
    const stage = await startStage();
    const { access } = await stage.grant(stage.app, { scope: 'rest_api:read' });
    const now = stage.clock.seconds();
    expect(headerOf(access)).toEqual({ alg: 'HS256', typ: 'JWT' });
    const { jti, sid, ...claims } = claimsOf(access);
    expect(jti).toMatch(/^[0-9a-f]{32}$/);
    expect(sid).toMatch(/^[\w-]{22}$/);
    expect(claims).toEqual({
      iss: stage.issuer,
      aud: stage.app.id,
      client_id: stage.app.id,
      sub: '1',
      sub_kind: 'user',
      iat: now,
      nbf: now,
      exp: now + 3_600,
      scopes: ['rest_api:read'],
      gen: 1,
      av: stage.clock.now(),
    });
  });

  it('OS-20 with at+jwt the header says so, and the scopes stand in scope as well', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const stage = await startStage(undefined, {
      accessTokenType: 'at+jwt',
      keys: { key: privateKey, kid: 'k1' },
      algorithm: 'ES256',
    });
    const { access } = await stage.grant(stage.app, { scope: 'rest_api:read rest_api:write' });
    expect(headerOf(access)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: 'k1' });
    expect(claimsOf(access)).toMatchObject({
      iss: stage.issuer,
      aud: stage.app.id,
      client_id: stage.app.id,
      sub: '1',
      scope: 'rest_api:read rest_api:write',
      jti: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
    });
    expect((await stage.me(access)).json()).toEqual({
      kind: 'user',
      id: '1',
      clientId: stage.app.id,
      workspace: null,
      scopes: ['rest_api:read', 'rest_api:write'],
    });
  });

  it('opaque access tokens say nothing, and work and end like the others', async () => {
    const stage = await startStage(undefined, { accessTokens: 'opaque', keys: undefined });
    const { access, refresh } = await stage.grant(stage.app, { scope: 'rest_api:read' });
    expect(access).toMatch(/^[\w-]{43}$/);
    expect((await stage.me(access)).json()).toMatchObject({
      kind: 'user',
      id: '1',
      scopes: ['rest_api:read'],
    });
    const next = expectTokens(await stage.refresh(stage.app, refresh));
    expect((await stage.me(access)).status).toBe(401);
    expect((await stage.me(next.access)).status).toBe(200);
    const own = expectTokens(
      await stage.token({
        grant_type: 'client_credentials',
        scope: 'rest_api:read',
        ...stage.app.credentials,
      }),
    );
    expect((await stage.me(own.access)).json()).toMatchObject({ kind: 'client', id: stage.app.id });
    stage.clock.advance(3_600);
    expect((await stage.me(next.access)).status).toBe(401);
    expect((await stage.me(own.access)).status).toBe(401);
  });

  it('token_type in another case, for whoever needs it', async () => {
    const stage = await startStage(undefined, { tokenTypeCase: 'Bearer' });
    const answer = await stage.token({
      grant_type: 'client_credentials',
      scope: 'rest_api:read',
      ...stage.app.credentials,
    });
    expect(answer.text).toMatch(/^\{"token_type":"Bearer","expires_in":3600,"access_token":"/);
  });
});
