import { describe, expect, it } from 'vitest';
import {
  ACCESS_DENIED,
  expectRefusal,
  expectTokens,
  expectUncached,
  EXPIRED_TOKEN,
  INVALID_CLIENT,
  INVALID_CLIENT_BY_BASIC,
  INVALID_GRANT,
  INVALID_REQUEST,
  INVALID_SCOPE,
  PENDING,
  SLOW_DOWN,
  UNAUTHORIZED_CLIENT,
} from '../expectations.ts';
import { HOSTS } from '../hosts.ts';
import { basic, startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

describe('Device authorization', () => {
  it('answers with the members of the sample, in their order', async () => {
    const stage = await startStage();
    const answer = await stage.post('/v1/oauth/device', { client_id: stage.app.id, scope: 'rest_api:read' });
    const { device_code: deviceCode, user_code: userCode } = answer.json() as Record<string, string>;
    expectUncached(answer, {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: `${stage.issuer}/oauth/device`,
      expires_in: 60,
      verification_uri_complete: `${stage.issuer}/oauth/device?user_code=${userCode}`,
    });
    expect(Object.keys(answer.json() as object)).toEqual([
      'device_code',
      'user_code',
      'verification_uri',
      'expires_in',
      'verification_uri_complete',
    ]);
    expect(deviceCode).toMatch(/^[0-9a-f]{80}$/);
    expect(userCode).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/);
  });

  it('OS-15 a hundred codes are a hundred, and use every letter', async () => {
    const stage = await startStage();
    const codes = await Promise.all(Array.from({ length: 100 }, () => stage.device(stage.app)));
    expect(new Set(codes.map(({ userCode }) => userCode)).size).toBe(100);
    expect(new Set(codes.map(({ deviceCode }) => deviceCode)).size).toBe(100);
    expect(new Set(codes.flatMap(({ userCode }) => userCode.split(''))).size).toBe(20);
  });

  it('the interval is told where it is wanted, and lifetimes are configurable', async () => {
    const stage = await startStage(undefined, {
      exposeInterval: true,
      deviceIntervalSeconds: 7,
      deviceCodeSeconds: 120,
      webAppUrl: 'https://acme.example.com',
    });
    const answer = await stage.post('/v1/oauth/device', { client_id: stage.native.id });
    expect(answer.json()).toMatchObject({
      interval: 7,
      expires_in: 120,
      verification_uri: 'https://acme.example.com/oauth/device',
    });
  });

  it('a secret is not demanded, and if sent it must be right', async () => {
    const stage = await startStage();
    const { app } = stage;
    expect((await stage.post('/v1/oauth/device', { client_id: app.id })).status).toBe(200);
    expect((await stage.post('/v1/oauth/device', app.credentials)).status).toBe(200);
    expect((await stage.post('/v1/oauth/device', {}, basic(app.id, app.secret))).status).toBe(200);
    const wrong = { client_id: app.id, client_secret: 'wrong' };
    expectRefusal(await stage.post('/v1/oauth/device', wrong), INVALID_CLIENT);
    expectRefusal(await stage.post('/v1/oauth/device', {}, basic(app.id, 'wrong')), INVALID_CLIENT_BY_BASIC);
  });

  it.each([
    ['client_id missing', { client_id: undefined }, INVALID_REQUEST],
    ['unknown client', { client_id: 'nobody' }, INVALID_CLIENT],
    ['unknown scope', { scope: 'nothing' }, INVALID_SCOPE],
    ['malformed scope', { scope: 'rest_api:read ' }, INVALID_SCOPE],
    ['team scope', { scope: 'team_t-1' }, INVALID_SCOPE],
  ])('%s', async (_name, parameters, refusal) => {
    const stage = await startStage();
    const answer = await stage.post('/v1/oauth/device', { client_id: stage.app.id, ...parameters });
    expectRefusal(answer, refusal);
  });

  it('disabled application: invalid_client; grant not enabled: unauthorized_client', async () => {
    const stage = await startStage();
    const body = { client_id: stage.service.id };
    expectRefusal(await stage.post('/v1/oauth/device', body), UNAUTHORIZED_CLIENT);
    await stage.system.clients.disable(stage.app.id);
    expectRefusal(await stage.post('/v1/oauth/device', { client_id: stage.app.id }), INVALID_CLIENT);
  });
});

/** The table of 8.4: the code is issued at 0 and nobody decides. */
const POLLS = [
  [0, PENDING],
  [5, PENDING],
  [7, SLOW_DOWN],
  [12, SLOW_DOWN],
  [20, PENDING],
  [60, EXPIRED_TOKEN],
] as const;

describe.each(HOSTS)('Polling on $name', (host) => {
  it('OS-15 the table of the worked example, at interval 5 s', async () => {
    const stage = await startStage(host);
    const { deviceCode } = await stage.device(stage.app);
    let now = 0;
    for (const [at, refusal] of POLLS) {
      stage.clock.advance(at - now);
      now = at;
      expectRefusal(await stage.poll(stage.app, deviceCode), refusal);
    }
  });

  it('approved: the tokens, once, for the user who agreed', async () => {
    const stage = await startStage(host);
    const { deviceCode, userCode } = await stage.device(stage.native);
    expectRefusal(await stage.poll(stage.native, deviceCode), PENDING);
    const confirm = await stage.enter(userCode);
    expect(confirm.json()).toEqual({
      page: 'confirm',
      request: {
        application: { clientId: stage.native.id, name: 'Research Desk', owner: 'Acme Ltd' },
        scopes: [{ name: 'rest_api:read', description: 'Read your research' }],
        userCode,
      },
    });
    expect((await stage.enter(userCode, 'approve')).json()).toEqual({ page: 'done' });
    const { access, refresh } = expectTokens(await stage.poll(stage.native, deviceCode));
    expect((await stage.me(access)).json()).toEqual({
      kind: 'user',
      id: '1',
      clientId: stage.native.id,
      workspace: null,
      scopes: ['rest_api:read'],
    });
    expectRefusal(await stage.poll(stage.native, deviceCode), INVALID_GRANT);
    expectTokens(await stage.refresh(stage.native, refresh));
  });
});

describe('Polling', () => {
  it('OS-15 a device that obeys slow_down is never starved, and one that does not gets its answer all the same', async () => {
    const stage = await startStage(undefined, { deviceCodeSeconds: 600 });
    const { deviceCode, userCode } = await stage.device(stage.native);
    // The second poll overtakes the first on its way and is a moment early; from then on the device does as it is told.
    const heard: string[] = [];
    let wait = 5;
    for (const late of [0, -0.1, 0, 0, 0, 0]) {
      if (heard.length > 0) stage.clock.advance(wait + late);
      const { error } = (await stage.poll(stage.native, deviceCode)).json() as { error: string };
      heard.push(error);
      if (error === 'slow_down') wait += 5;
    }
    const pending = 'authorization_pending';
    expect(heard).toEqual([pending, 'slow_down', pending, pending, pending, pending]);

    for (let poll = 0; poll < 20; poll++) {
      stage.clock.advance(0.1);
      expectRefusal(await stage.poll(stage.native, deviceCode), SLOW_DOWN);
    }
    await stage.enter(userCode, 'approve');
    expectTokens(await stage.poll(stage.native, deviceCode));
  });

  it('of polls at the same time one is in time', async () => {
    const stage = await startStage();
    const { deviceCode } = await stage.device(stage.native);
    const answers = await Promise.all(Array.from({ length: 10 }, () => stage.poll(stage.native, deviceCode)));
    const errors = answers.map((answer) => (answer.json() as { error: string }).error);
    expect(errors.filter((error) => error === 'authorization_pending')).toHaveLength(1);
    expect(errors.filter((error) => error === 'slow_down')).toHaveLength(9);
  });

  it('approved, polled early: the tokens, to exactly one of many', async () => {
    const stage = await startStage();
    const { deviceCode, userCode } = await stage.device(stage.native);
    await stage.poll(stage.native, deviceCode);
    await stage.enter(userCode, 'approve');
    const answers = await Promise.all(Array.from({ length: 15 }, () => stage.poll(stage.native, deviceCode)));
    const [winner, ...others] = answers.toSorted((a, b) => a.status - b.status);
    const { access } = expectTokens(winner as (typeof answers)[number]);
    for (const answer of others) expectRefusal(answer, INVALID_GRANT);
    expect((await stage.me(access)).status).toBe(200);
  });

  it('denied: access_denied, and expired_token after its end', async () => {
    const stage = await startStage();
    const { deviceCode, userCode } = await stage.device(stage.native);
    expect((await stage.enter(userCode, 'deny')).json()).toEqual({ page: 'done' });
    for (let poll = 0; poll < 3; poll++)
      expectRefusal(await stage.poll(stage.native, deviceCode), ACCESS_DENIED);
    stage.clock.advance(60);
    expectRefusal(await stage.poll(stage.native, deviceCode), EXPIRED_TOKEN);
  });

  it('expired is remembered for ten minutes, then unknown; an approval does not help', async () => {
    const stage = await startStage();
    const { deviceCode, userCode } = await stage.device(stage.native);
    await stage.enter(userCode, 'approve');
    stage.clock.advance(60);
    expectRefusal(await stage.poll(stage.native, deviceCode), EXPIRED_TOKEN);
    stage.clock.advance(599);
    expectRefusal(await stage.poll(stage.native, deviceCode), EXPIRED_TOKEN);
    stage.clock.advance(1);
    expectRefusal(await stage.poll(stage.native, deviceCode), INVALID_GRANT);
  });

  it('OS-15 unknown, of another client, missing', async () => {
    const stage = await startStage();
    const { deviceCode, userCode } = await stage.device(stage.app);
    await stage.enter(userCode, 'approve');
    expectRefusal(await stage.poll(stage.app, undefined), INVALID_REQUEST);
    expectRefusal(await stage.poll(stage.app, ''), INVALID_REQUEST);
    for (const code of ['unknown', deviceCode.toUpperCase(), `${deviceCode} `, deviceCode.slice(1)]) {
      expectRefusal(await stage.poll(stage.app, code), INVALID_GRANT);
    }
    expectRefusal(await stage.poll(stage.native, deviceCode), INVALID_GRANT);
    expectRefusal(await stage.poll(stage.other, deviceCode), INVALID_GRANT);
    expectRefusal(await stage.poll(stage.app, deviceCode, { client_secret: undefined }), INVALID_CLIENT);
    expectTokens(await stage.poll(stage.app, deviceCode));
  });

  it('OS-16 the account is looked at again when the tokens are issued', async () => {
    const stage = await startStage();
    const { deviceCode, userCode } = await stage.device(stage.native);
    await stage.enter(userCode, 'approve');
    stage.directory.ada.active = false;
    expectRefusal(await stage.poll(stage.native, deviceCode), INVALID_GRANT);
    stage.directory.ada.active = true;
    expectTokens(await stage.poll(stage.native, deviceCode));
  });

  it('a consent that is withdrawn before the poll gives no tokens', async () => {
    const stage = await startStage();
    const { deviceCode, userCode } = await stage.device(stage.native);
    await stage.enter(userCode, 'approve');
    expect(await stage.system.consents.withdraw('1', stage.native.id)).toBe(true);
    expectRefusal(await stage.poll(stage.native, deviceCode), INVALID_GRANT);
  });

  it('without scope the token can reach no resource', async () => {
    const stage = await startStage();
    for (const scope of [undefined, '']) {
      const { deviceCode, userCode } = await stage.device(stage.native, { scope });
      await stage.enter(userCode, 'approve');
      const { access, refresh, scope: told } = expectTokens(await stage.poll(stage.native, deviceCode));
      expect(told).toBeUndefined();
      expect((await stage.me(access)).json()).toMatchObject({ scopes: [] });
      expect((await stage.me(access, '/v1/research')).status).toBe(401);
      expectTokens(await stage.refresh(stage.native, refresh));
    }
  });

  it('with fewer scopes than were asked for the answer says so', async () => {
    const stage = await startStage();
    const { deviceCode, userCode } = await stage.device(stage.native, {
      scope: 'rest_api:read rest_api:write',
    });
    await stage.enter(userCode, 'approve', { 'X-Scopes': 'rest_api:read made:up' });
    expect(expectTokens(await stage.poll(stage.native, deviceCode)).scope).toBe('rest_api:read');
  });

  it('a device grant that is switched off is unsupported, and has no endpoint', async () => {
    const stage = await startStage(undefined, { grants: ['authorization_code', 'client_credentials'] });
    expectRefusal(await stage.poll(stage.app, 'x'), { status: 400, error: 'unsupported_grant_type' });
    expectRefusal(await stage.post('/v1/oauth/device', { client_id: stage.app.id }), {
      status: 404,
      error: 'invalid_request',
    });
  });
});
