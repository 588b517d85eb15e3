import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import { ADA, closeScenesAfterEach, scene } from './fixture.ts';

closeScenesAfterEach();

describe('the health of a connection', () => {
  it('becomes an error, told once, when the user takes the grant back at the provider', async () => {
    const { connect, service, another, provider, clock, events } = await scene();
    const connection = await connect();
    provider.withdraw('1077');
    clock.advance(3_600);
    const since = clock.now();
    const others = [service, another(), another()];
    const results = await Promise.all(others.map((each) => each.getAccessToken(connection)));
    const broken = { outcome: 'error', reason: 'grant_revoked', since };
    expect(results).toEqual([broken, broken, broken]);

    clock.advance(3_600);
    expect(await service.getAccessToken(connection)).toEqual(broken);
    expect(await service.find(connection)).toEqual({
      ...connection,
      status: 'error',
      reason: 'grant_revoked',
      since,
    });
    expect(provider.callsOf('POST /token')).toHaveLength(2);
    expect(events.slice(1)).toEqual([
      {
        type: 'connection',
        action: 'failed',
        connectionId: connection.id,
        kind: 'google-ads',
        workspace: 'w1',
        reason: 'grant_revoked',
        revocation: null,
        author: null,
        at: since,
      },
    ]);
  });

  it('is mended by a new authorization of the account', async () => {
    const { connect, service, provider, clock, events } = await scene();
    const connection = await connect();
    provider.withdraw('1077');
    clock.advance(3_600);
    await service.getAccessToken(connection);
    clock.advance(60);
    expect(await connect()).toEqual({ ...connection, since: clock.now(), connectedAt: clock.now() });
    expect(await service.getAccessToken(connection)).toMatchObject({ outcome: 'token' });
    expect(events.map(({ action }) => action)).toEqual(['connected', 'failed', 'connected']);
  });

  it('becomes an error when Google refuses the application and the token has expired, and recovers by a check', async () => {
    const { connect, service, provider, clock, events } = await scene();
    const connection = await connect();
    const old = await service.getAccessToken(connection);
    provider.misbehave('POST /token', (_request, response) => {
      response.writeHead(401, { 'Content-Type': 'application/json' }).end('{"error":"invalid_client"}');
    });
    clock.advance(3_400);
    expect(await service.getAccessToken(connection)).toEqual(old);
    expect(await service.find(connection)).toMatchObject({ status: 'active' });
    clock.advance(200);
    const since = clock.now();
    expect(await service.getAccessToken(connection)).toEqual({
      outcome: 'error',
      reason: 'provider_refused',
      since,
    });
    provider.behave();
    expect(await service.check(connection)).toMatchObject({ status: 'active', reason: null, since });
    expect(events.map(({ action, reason }) => [action, reason])).toEqual([
      ['connected', null],
      ['failed', 'provider_refused'],
      ['recovered', null],
    ]);
  });
});

describe('a check', () => {
  it.each(['google-ads', 'meta-ads'])('of %s asks the provider and finds all well', async (kind) => {
    const { connect, service, provider, events } = await scene();
    const connection = await connect(kind);
    const before = provider.calls.length;
    expect(await service.check(connection)).toEqual(connection);
    expect(provider.calls.length).toBe(before + 1);
    expect(events).toHaveLength(1);
  });

  it.each(['google-ads', 'meta-ads'])(
    'of %s finds that the grant is gone, and tells it once',
    async (kind) => {
      const { connect, service, provider, clock, events } = await scene();
      const connection = await connect(kind);
      provider.withdraw('1077');
      clock.advance(60);
      const found = { ...connection, status: 'error', reason: 'grant_revoked', since: clock.now() };
      expect(await service.check(connection)).toEqual(found);
      clock.advance(60);
      expect(await service.check(connection)).toEqual(found);
      expect(await service.find(connection)).toEqual(found);
      expect(events.map(({ action }) => action)).toEqual(['connected', 'failed']);
    },
  );

  it('finds that a scope is gone, and that it is there again', async () => {
    const { connect, service, provider, events } = await scene();
    const connection = await connect('meta-ads', ADA, { subject: '9' });
    provider.grant('9', ['ads_read']);
    expect(await service.check(connection)).toMatchObject({
      status: 'error',
      reason: 'scope_missing',
      scopes: ['ads_read'],
    });
    expect(await service.getAccessToken(connection)).toMatchObject({ reason: 'scope_missing' });
    provider.grant('9', ['ads_read', 'ads_management', 'business_management']);
    expect(await service.check(connection)).toMatchObject({ status: 'active', reason: null });
    expect(events.map(({ action }) => action)).toEqual(['connected', 'failed', 'recovered']);
  });

  it('of a provider that is down is an outage, and changes nothing', async () => {
    const { connect, service, provider, clock } = await scene();
    const connection = await connect();
    provider.misbehave('POST /token', (_request, response) => void response.writeHead(503).end());
    await expect(service.check(connection)).rejects.toThrow(StoreError);
    await expect(service.check(connection)).rejects.toMatchObject({ retryAfterSeconds: 5 });
    expect(provider.callsOf('POST /token')).toHaveLength(2);
    expect(await service.find(connection)).toEqual(connection);
    provider.behave();
    clock.advance(5);
    expect(await service.check(connection)).toEqual(connection);
  });

  it('of twenty callers at once in two processes asks the provider for each process at most', async () => {
    const { connect, service, another, provider } = await scene();
    const connection = await connect();
    const other = another();
    provider.delayMs = 30;
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? service : other).check(connection)),
    );
    expect(provider.callsOf('POST /token').length).toBeLessThanOrEqual(3);
  });

  it('TN-01 of what is not there, or is of another workspace, gives nothing', async () => {
    const { connect, service } = await scene();
    const { id } = await connect();
    for (const ref of [
      { workspace: 'w2', id },
      { workspace: 'w1', id: 'unknown' },
      { workspace: 'w1', id: '\u0000' },
    ]) {
      expect(await service.check(ref)).toBeNull();
      expect(await service.find(ref)).toBeNull();
      expect(await service.disconnect(ref)).toBeNull();
      expect(await service.getAccessToken(ref)).toEqual({ outcome: 'unknown' });
    }
    expect((await service.list('w1')).items).toHaveLength(1);
  });
});
