import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../../src/core/errors.ts';
import { ADA, CALLBACK, closeScenesAfterEach, refusalOf, scene } from './fixture.ts';

closeScenesAfterEach();

const ADWORDS = 'https://www.googleapis.com/auth/adwords';

describe('the beginning of a connection', () => {
  it('sends the browser to Google with a state, a challenge, and what makes Google give a refresh token', async () => {
    const { service, provider } = await scene();
    const started = await service.start({
      kind: 'google-ads',
      ...ADA,
      callbackUrl: CALLBACK,
      returnTo: null,
    });
    if (isAuthError(started)) throw new Error(started.code);
    const url = new URL(started.authorizationUrl);
    const { state, code_challenge: challenge, ...rest } = Object.fromEntries(url.searchParams);
    expect(url.origin + url.pathname).toBe(`${provider.url}/authorize`);
    expect(rest).toEqual({
      response_type: 'code',
      client_id: 'client-of-the-test',
      redirect_uri: CALLBACK,
      scope: `openid email ${ADWORDS}`,
      code_challenge_method: 'S256',
      access_type: 'offline',
      prompt: 'consent',
    });
    expect([state, challenge].map((text) => /^[\w-]{43}$/.test(text ?? ''))).toEqual([true, true]);
    expect(provider.calls).toEqual([]);
  });

  it('sends the browser to Meta, and has declined permissions asked for again', async () => {
    const { service, provider } = await scene();
    const started = await service.start({ kind: 'meta-ads', ...ADA, callbackUrl: CALLBACK, returnTo: null });
    if (isAuthError(started)) throw new Error(started.code);
    const url = new URL(started.authorizationUrl);
    const { state, ...rest } = Object.fromEntries(url.searchParams);
    expect(url.origin + url.pathname).toBe(`${provider.url}/dialog/oauth`);
    expect(rest).toEqual({
      response_type: 'code',
      client_id: 'client-of-the-test',
      redirect_uri: CALLBACK,
      scope: 'ads_read,ads_management,business_management',
      auth_type: 'rerequest',
    });
    expect(state).toMatch(/^[\w-]{43}$/);
  });

  it.each([
    ['a kind that is not configured', { ...ADA, kind: 'tiktok-ads' }, 'not_found'],
    ['somebody of another workspace', { ...ADA, user: 'eve', kind: 'google-ads' }, 'permission_denied'],
    ['nobody who is known', { ...ADA, user: 'zoe', kind: 'meta-ads' }, 'permission_denied'],
  ])('is refused to %s', async (_title, who, code) => {
    const { service } = await scene();
    expect(await service.start({ ...who, callbackUrl: CALLBACK, returnTo: null })).toMatchObject({ code });
  });
});

describe('the end of a connection', () => {
  it('keeps what Google granted, and tells it', async () => {
    const { service, consented, clock, events, provider } = await scene();
    const completion = await service.complete(await consented());
    const connection = {
      id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      workspace: 'w1',
      kind: 'google-ads',
      status: 'active',
      reason: null,
      since: clock.now(),
      scopes: ['openid', 'email', ADWORDS],
      account: 'ads@example.com',
      connectedBy: 'ada',
      connectedAt: clock.now(),
    };
    expect(completion).toEqual({ outcome: 'connected', connection, returnTo: 'https://app.example/done' });
    expect(await service.list('w1')).toEqual({ items: [connection], next: null });
    expect(events).toEqual([
      {
        type: 'connection',
        action: 'connected',
        connectionId: connection.id,
        kind: 'google-ads',
        workspace: 'w1',
        reason: null,
        revocation: null,
        author: 'ada',
        at: clock.now(),
      },
    ]);
    expect(provider.calls.map(({ what }) => what)).toEqual(['POST /token']);
  });

  it('exchanges the token of Meta for a long one, with a proof in each call and no secret in an address', async () => {
    const { connect, provider, service, clock } = await scene();
    provider.expiresIn = 5_183_944;
    const connection = await connect('meta-ads', ADA, { subject: '9001' });
    expect(connection).toMatchObject({
      kind: 'meta-ads',
      account: 'Page of 9001',
      scopes: ['ads_read', 'ads_management', 'business_management'],
    });
    expect(provider.calls.map(({ what }) => what)).toEqual([
      'POST /v24.0/oauth/access_token',
      'POST /v24.0/oauth/access_token',
      'GET /v24.0/me',
      'GET /v24.0/me/permissions',
    ]);
    expect(provider.calls.map(({ form }) => form.get('grant_type'))).toEqual([
      null,
      'fb_exchange_token',
      null,
      null,
    ]);
    expect(provider.calls.flatMap(({ query }) => [...query.keys()])).toEqual([
      'fields',
      'appsecret_proof',
      'appsecret_proof',
    ]);
    expect(await service.getAccessToken(connection)).toEqual({
      outcome: 'token',
      accessToken: expect.stringMatching(/^EAAlong-/) as string,
      expiresAt: clock.now() + 5_183_944_000,
      appsecretProof: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  it('gives a second authorization of an account to the connection that is there', async () => {
    const { connect, service, clock, events } = await scene();
    const first = await connect();
    const before = await service.getAccessToken(first);
    clock.advance(60);
    const second = await connect('google-ads', { ...ADA, user: 'bob' });
    expect(second).toEqual({ ...first, connectedBy: 'bob', connectedAt: first.connectedAt + 60_000 });
    expect((await service.list('w1')).items).toHaveLength(1);
    expect(await service.getAccessToken(first)).not.toEqual(before);
    expect(events.map(({ action, author }) => [action, author])).toEqual([
      ['connected', 'ada'],
      ['connected', 'bob'],
    ]);
  });

  it('makes a connection for each account and each workspace', async () => {
    const { connect, service } = await scene();
    const eve = { user: 'eve', workspace: 'w2', browser: 'e' };
    const made = [
      await connect(),
      await connect('google-ads', ADA, { subject: '1078' }),
      await connect('meta-ads'),
      await connect('google-ads', eve),
    ];
    expect(new Set(made.map(({ id }) => id)).size).toBe(4);
    expect((await service.list('w1')).items).toHaveLength(3);
    expect((await service.list('w2')).items).toEqual([made[3]]);
  });

  it('keeps a connection to an account that Google does not name', async () => {
    const { connect, provider } = await scene();
    provider.alter = ({ id_token: _left, ...body }) => body;
    const made = [await connect(), await connect()];
    expect(made.map(({ account }) => account)).toEqual([null, null]);
    expect(made[0]?.id).not.toBe(made[1]?.id);
  });

  it('takes an answer that names no scopes as one that grants all of them (RFC 6749 section 5.1)', async () => {
    const { connect, provider } = await scene();
    provider.alter = ({ scope: _left, ...body }) => body;
    expect(await connect()).toMatchObject({ scopes: ['openid', 'email', ADWORDS] });
  });
});

describe('OC-01 the state', () => {
  it.each([
    ['forged', { state: 'A'.repeat(43) }],
    ['of another form', { state: '../../state' }],
    ['absent', { state: null }],
    ['of another browser', { browser: "eve's browser" }],
    ['without a browser', { browser: null }],
    ['of another kind', { kind: 'meta-ads' }],
    ['of another callback', { callbackUrl: `${CALLBACK}?x` }],
  ])(
    'that is %s lets nobody through, exchanges nothing, and is not used up by it',
    async (_title, change) => {
      const { service, consented, provider, events } = await scene();
      const answer = await consented();
      expect(refusalOf(await service.complete({ ...answer, ...change }))).toEqual([
        'connection_state_invalid',
        null,
      ]);
      expect([provider.calls, events]).toEqual([[], []]);
      expect(refusalOf(await service.complete(answer))[0]).toBe('connected');
    },
  );

  it('lets one of twenty simultaneous callbacks through, in two processes', async () => {
    const { service, another, consented, provider, events } = await scene();
    const answer = await consented();
    const other = another();
    const completions = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? service : other).complete(answer)),
    );
    expect(completions.map((each) => refusalOf(each)[0]).toSorted()).toEqual([
      'connected',
      ...Array.from({ length: 19 }, () => 'connection_state_invalid'),
    ]);
    expect([provider.callsOf('POST /token').length, events.length]).toEqual([1, 1]);
  });

  it('is good for one time', async () => {
    const { service, consented } = await scene();
    const answer = await consented();
    await service.complete(answer);
    expect(refusalOf(await service.complete(answer))).toEqual(['connection_state_invalid', null]);
  });

  it('is good for less than ten minutes', async () => {
    const { service, consented, clock } = await scene();
    const [early, late] = [await consented(), await consented('google-ads', ADA, { subject: '2' })];
    clock.advance(599.999);
    expect(refusalOf(await service.complete(early))[0]).toBe('connected');
    clock.advance(0.001);
    expect(refusalOf(await service.complete(late))[0]).toBe('connection_state_invalid');
  });

  it('of two tabs of one browser are both good, in either order', async () => {
    const { service, consented } = await scene();
    const [one, other] = [await consented(), await consented('meta-ads')];
    expect(refusalOf(await service.complete(other))[0]).toBe('connected');
    expect(refusalOf(await service.complete(one))[0]).toBe('connected');
  });
});

describe('OC-10 whoever comes back', () => {
  it('is refused when the host knows that another member is signed in there', async () => {
    const { service, consented, provider } = await scene();
    const answer = await consented();
    expect(refusalOf(await service.complete({ ...answer, user: 'bob' }))).toEqual([
      'permission_denied',
      null,
    ]);
    expect([provider.calls, (await service.list('w1')).items]).toEqual([[], []]);
    expect(refusalOf(await service.complete(answer))[0]).toBe('connection_state_invalid');
  });

  it('gets through when it is the same member', async () => {
    const { service, consented } = await scene();
    expect(refusalOf(await service.complete({ ...(await consented()), user: 'ada' }))[0]).toBe('connected');
  });

  it('is refused when they are no member any more', async () => {
    const { service, consented, members, provider } = await scene();
    const answer = await consented();
    members.set('ada', 'w2');
    expect(refusalOf(await service.complete(answer))).toEqual(['permission_denied', null]);
    expect([provider.calls, (await service.list('w1')).items, (await service.list('w2')).items]).toEqual([
      [],
      [],
      [],
    ]);
  });
});
