import { describe, expect, it } from 'vitest';
import { expectRedirect, expectRefusal, expectTokens, INVALID_GRANT } from './expectations.ts';
import { startStage, stopStagesAfterEach } from './stage.ts';

stopStagesAfterEach();

const ASK = { 'X-User': '1' };

describe('Remembered consent', () => {
  it('OS-19 is for one application and one set of scopes: more is asked for again', async () => {
    const stage = await startStage();
    const { app, other } = stage;
    const page = async (parameters: Record<string, string>, whose = app) =>
      (await stage.authorize(whose, parameters, ASK)).status;
    expect(await page({ scope: 'rest_api:read' })).toBe(200);
    await stage.grant(app, { scope: 'rest_api:read' });
    expect(await page({ scope: 'rest_api:read' })).toBe(303);
    expect(await page({ scope: 'rest_api:read rest_api:write' })).toBe(200);
    expect(await page({ scope: 'rest_api:write' })).toBe(200);
    expect(await page({ scope: 'rest_api:read' }, other)).toBe(200);
    await stage.grant(app, { scope: 'rest_api:write' });
    expect(await page({ scope: 'rest_api:write rest_api:read' })).toBe(303);
    const answer = await stage.authorize(app, { scope: 'rest_api:read' }, ASK);
    expectTokens(await stage.redeem(app, expectRedirect(answer, app.redirectUri)['code'] ?? ''));
  });

  it('OS-19 of a public application is never remembered, since anybody can say to be it', async () => {
    const stage = await startStage();
    await stage.grant(stage.native);
    expect((await stage.authorize(stage.native, {}, ASK)).json()).toMatchObject({ page: 'consent' });
  });

  it('is another user’s own, and a denial is none', async () => {
    const stage = await startStage();
    await stage.grant();
    const grace = { 'X-User': stage.directory.grace.id };
    await stage.authorize(stage.app, {}, { ...grace, 'X-Decision': 'deny' });
    expect((await stage.authorize(stage.app, {}, grace)).json()).toMatchObject({ page: 'consent' });
  });

  it('does not let an inactive user on', async () => {
    const stage = await startStage();
    await stage.grant();
    stage.directory.ada.active = false;
    expect((await stage.authorize(stage.app, {}, ASK)).json()).toEqual({ page: 'sign-in' });
  });
});

describe('Withdrawal of a consent', () => {
  it('ends the tokens of this application and of no other, and the question comes again', async () => {
    const stage = await startStage();
    const { app, other, system } = stage;
    const [one, two, elsewhere] = [await stage.grant(app), await stage.grant(app), await stage.grant(other)];
    const scopes = ['rest_api:read', 'rest_api:write'];
    const listed = (clientId: string) => ({ userId: '1', clientId, scopes, grantedAt: stage.clock.now() });
    const consents = await system.consents.list('1');
    expect(consents).toHaveLength(2);
    expect(consents).toEqual(expect.arrayContaining([listed(app.id), listed(other.id)]));
    expect(await system.consents.withdraw('1', app.id)).toBe(true);
    expect(await system.consents.withdraw('1', app.id)).toBe(false);
    for (const { access, refresh } of [one, two]) {
      expect((await stage.me(access)).status).toBe(401);
      expectRefusal(await stage.refresh(app, refresh), INVALID_GRANT);
    }
    expect((await stage.me(elsewhere.access)).status).toBe(200);
    expectTokens(await stage.refresh(other, elsewhere.refresh));
    expect(await system.consents.list('1')).toEqual([listed(other.id)]);
    expect((await stage.authorize(app, {}, ASK)).json()).toMatchObject({ page: 'consent' });
  });

  it('a code from before it is no good, even after a new consent in the same instant', async () => {
    const stage = await startStage();
    const code = await stage.code(stage.app);
    await stage.system.consents.withdraw('1', stage.app.id);
    const fresh = await stage.code(stage.app);
    expectRefusal(await stage.redeem(stage.app, code), INVALID_GRANT);
    expectTokens(await stage.redeem(stage.app, fresh));
  });

  it('of consents given at once none is lost', async () => {
    const stage = await startStage();
    const scopes = ['rest_api:read', 'rest_api:write'];
    await Promise.all(scopes.map((scope) => stage.code(stage.app, { scope })));
    const [consent] = await stage.system.consents.list('1');
    expect(consent?.scopes.toSorted()).toEqual(scopes);
  });
});

describe('The interaction', () => {
  it('takes no request but those that it made', async () => {
    const stage = await startStage();
    const { authorization, device } = stage.system.interaction;
    const forged = {
      application: { clientId: stage.app.id, name: '', owner: '' },
      scopes: [],
      redirectTarget: 'evil.example',
      redirectUri: 'https://evil.example/',
      serviceAccount: false,
      userCode: 'BCDFGHJK',
    };
    await expect(authorization.resume(forged, '1')).rejects.toThrow(TypeError);
    await expect(authorization.approve(forged, '1')).rejects.toThrow(TypeError);
    await expect(device.approve(forged, '1')).rejects.toThrow(TypeError);
    await expect(device.deny(forged, '1')).rejects.toThrow(TypeError);
    expect(() => authorization.deny(forged)).toThrow(TypeError);
    expect(() => authorization.fail(forged, new Error('x'))).toThrow(TypeError);
  });

  it('approves no scope that was not asked for, and nothing at all where none is left', async () => {
    const stage = await startStage();
    const read = async (scope: string) => {
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: stage.app.id,
        scope,
        code_challenge: 'x'.repeat(43),
        code_challenge_method: 'S256',
      });
      const reading = await stage.system.interaction.authorization.read({ query: query.toString() });
      if (reading.kind !== 'request') throw new TypeError(reading.kind);
      return reading.request;
    };
    const { authorization } = stage.system.interaction;
    const request = await read('rest_api:read');
    expect((await authorization.approve(request, '1', ['rest_api:write'])).location).toMatch(
      /error=access_denied/,
    );
    expect((await authorization.approve(request, '1', [])).location).toMatch(/error=access_denied/);
    expect((await authorization.approve(request, 'nobody')).location).toMatch(/error=access_denied/);
    expect((await authorization.approve(request, '1', ['rest_api:read', 'x'])).location).toMatch(/\?code=/);
    await stage.system.clients.disable(stage.app.id);
    expect((await authorization.approve(request, '1')).location).toMatch(/error=unauthorized_client/);
  });
});
