import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import { HOSTILE, SENSELESS } from '../../support/ads-provider.ts';
import { closeScenesAfterEach, patientFor, scene } from './fixture.ts';

closeScenesAfterEach();

const DAY = 86_400;

describe('an access token of Google', () => {
  it('is given without a call until five minutes before its end, and renewed from then on', async () => {
    const { connect, service, provider, clock } = await scene();
    const connection = await connect();
    const first = await service.getAccessToken(connection);
    expect(first).toEqual({
      outcome: 'token',
      accessToken: expect.stringMatching(/^ya29-/) as string,
      expiresAt: clock.now() + 3_600_000,
      appsecretProof: null,
    });
    clock.advance(3_299.999);
    expect(await service.getAccessToken(connection)).toEqual(first);
    expect(provider.calls).toHaveLength(1);

    clock.advance(0.001);
    const second = await service.getAccessToken(connection);
    expect(second).toMatchObject({ outcome: 'token', expiresAt: clock.now() + 3_600_000 });
    expect(second).not.toMatchObject({ accessToken: (first as { accessToken: string }).accessToken });
    expect(provider.calls.map(({ form }) => form.get('grant_type'))).toEqual([
      'authorization_code',
      'refresh_token',
    ]);
    expect(await service.getAccessToken(connection)).toEqual(second);
  });

  it.each([
    ['of a minute', 60, 30],
    ['of an unknown length', null, 3_300],
  ])('with a lifetime %s is renewed in time', async (_title, expiresIn, refreshAfter) => {
    const { connect, service, provider, clock } = await scene();
    provider.expiresIn = expiresIn;
    const connection = await connect();
    clock.advance(refreshAfter - 0.001);
    await service.getAccessToken(connection);
    expect(provider.calls).toHaveLength(1);
    clock.advance(0.001);
    await service.getAccessToken(connection);
    expect(provider.calls).toHaveLength(2);
  });

  it('is renewed with the earlier refresh token while Google gives no other, and with the other once it does', async () => {
    const { connect, service, provider, clock } = await scene();
    const connection = await connect();
    const presented = (): (string | null)[] =>
      provider.callsOf('POST /token').flatMap(({ form }) => form.get('refresh_token') ?? []);
    clock.advance(3_600);
    await service.getAccessToken(connection);
    provider.alter = (body) => ({ ...body, refresh_token: '1//another' });
    clock.advance(3_600);
    await service.getAccessToken(connection);
    const [first, second] = presented();
    expect(second).toBe(first);
    clock.advance(3_600);
    await service.getAccessToken(connection);
    expect(presented()[2]).toBe('1//another');
  });
});

describe('an access token of Meta', () => {
  it('is exchanged anew once a day while it is used', async () => {
    const { connect, service, provider, clock } = await scene();
    provider.expiresIn = 60 * DAY;
    const connection = await connect('meta-ads');
    const before = provider.calls.length;
    clock.advance(DAY - 0.001);
    const first = await service.getAccessToken(connection);
    expect(provider.calls).toHaveLength(before);
    clock.advance(0.001);
    const second = await service.getAccessToken(connection);
    expect(provider.calls).toHaveLength(before + 1);
    expect(provider.calls.at(-1)?.form.get('grant_type')).toBe('fb_exchange_token');
    expect(second).not.toEqual(first);
    expect(second).toMatchObject({ outcome: 'token', expiresAt: clock.now() + 60 * DAY * 1000 });
  });

  it('that was left alone until it expired needs the user, without a call', async () => {
    const { connect, service, provider, clock, events } = await scene();
    provider.expiresIn = 60 * DAY;
    const connection = await connect('meta-ads');
    const before = provider.calls.length;
    clock.advance(60 * DAY);
    const since = clock.now();
    expect(await service.getAccessToken(connection)).toEqual({
      outcome: 'error',
      reason: 'token_expired',
      since,
    });
    expect(provider.calls).toHaveLength(before);
    expect(events.map(({ action, reason }) => [action, reason])).toEqual([
      ['connected', null],
      ['failed', 'token_expired'],
    ]);
  });

  it('that never ends is never renewed', async () => {
    const { connect, service, provider, clock } = await scene();
    provider.expiresIn = null;
    const connection = await connect('meta-ads');
    const before = provider.calls.length;
    clock.advance(3_650 * DAY);
    expect(await service.getAccessToken(connection)).toMatchObject({ outcome: 'token', expiresAt: null });
    expect(provider.calls).toHaveLength(before);
  });
});

describe('a provider that is asked for a new token', () => {
  it.each(Object.keys(HOSTILE))(
    'and answers with %s changes nothing while the token is good',
    async (name) => {
      const { connect, service, provider, clock, events } = await scene(patientFor(name));
      const connection = await connect();
      const old = await service.getAccessToken(connection);
      clock.advance(3_400);
      provider.misbehave('POST /token', HOSTILE[name] ?? (() => undefined));
      expect(await service.getAccessToken(connection)).toEqual(old);
      // It is left in peace for five seconds.
      expect(await service.getAccessToken(connection)).toEqual(old);
      expect(provider.callsOf('POST /token')).toHaveLength(2);

      provider.behave();
      clock.advance(5);
      expect(await service.getAccessToken(connection)).not.toEqual(old);
      expect(await service.find(connection)).toMatchObject({ status: 'active', reason: null });
      expect(events).toHaveLength(1);
    },
  );

  it.each(Object.keys(HOSTILE))(
    'and answers with %s is an outage when the token has expired',
    async (name) => {
      const { connect, service, another, provider, clock, events } = await scene(patientFor(name));
      const connection = await connect();
      clock.advance(3_600);
      provider.misbehave('POST /token', HOSTILE[name] ?? (() => undefined));
      await expect(service.getAccessToken(connection)).rejects.toThrow(StoreError);
      await expect(another().getAccessToken(connection)).rejects.toMatchObject({ retryAfterSeconds: 5 });
      expect(provider.callsOf('POST /token')).toHaveLength(2);
      provider.behave();
      clock.advance(5);
      expect(await service.getAccessToken(connection)).toMatchObject({ outcome: 'token' });
      expect(events).toHaveLength(1);
    },
  );

  it.each(Object.entries(SENSELESS))('and answers with %s is an outage', async (_title, body) => {
    const { connect, service, provider, clock } = await scene();
    const connection = await connect();
    clock.advance(3_600);
    provider.alter = () => body;
    await expect(service.getAccessToken(connection)).rejects.toThrow(StoreError);
    expect(await service.find(connection)).toMatchObject({ status: 'active' });
  });

  it('of Meta that fails in passing is an outage, and the token is used while it is good', async () => {
    const { connect, service, provider, clock } = await scene();
    provider.expiresIn = 60 * DAY;
    const connection = await connect('meta-ads');
    const old = await service.getAccessToken(connection);
    clock.advance(DAY);
    provider.misbehave('POST /v24.0/oauth/access_token', (_request, response) => {
      response.writeHead(400, { 'Content-Type': 'application/json' });
      response.end('{"error":{"type":"OAuthException","code":2,"is_transient":true}}');
    });
    expect(await service.getAccessToken(connection)).toEqual(old);
    expect(await service.find(connection)).toMatchObject({ status: 'active' });
  });
});
