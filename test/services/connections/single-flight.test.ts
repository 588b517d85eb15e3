import { describe, expect, it, vi } from 'vitest';
import { ADA, closeScenesAfterEach, scene } from './fixture.ts';

closeScenesAfterEach();

describe('many callers who need a new token', () => {
  it('cause one call of the provider, from two processes over one store', async () => {
    const { connect, service, another, provider, clock } = await scene();
    const connection = await connect();
    const other = another();
    clock.advance(3_600);
    provider.delayMs = 60;
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? service : other).getAccessToken(connection)),
    );
    expect(provider.callsOf('POST /token')).toHaveLength(2);
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(results[0]).toMatchObject({ outcome: 'token', expiresAt: clock.now() + 3_600_000 });
  });

  it('use the one they have while somebody is at it and it is good', async () => {
    const { connect, service, another, provider, clock } = await scene();
    const connection = await connect();
    const old = await service.getAccessToken(connection);
    const other = another();
    clock.advance(3_400);
    let release: () => void = () => undefined;
    provider.misbehave('POST /token', (_request, response) => {
      release = () => response.writeHead(500).end();
    });
    const holder = service.getAccessToken(connection);
    await vi.waitFor(() => expect(provider.callsOf('POST /token')).toHaveLength(2));
    expect(await other.getAccessToken(connection)).toEqual(old);
    release();
    expect(await holder).toEqual(old);
    expect(provider.callsOf('POST /token')).toHaveLength(2);
  });

  it('are not held up by one that crashed for longer than fifteen seconds', async () => {
    const { connect, service, another, provider, clock, store } = await scene();
    const connection = await connect();
    clock.advance(3_600);
    // A process that writes that it is at it, and is never heard of again.
    let crashed = false;
    const dying = another({
      store: new Proxy(store, {
        get: (target, name, receiver) =>
          name === 'put'
            ? async (...args: Parameters<typeof store.put>) => {
                const version = await target.put(...args);
                crashed = true;
                return version;
              }
            : (Reflect.get(target, name, receiver) as unknown),
      }),
      transport: { fetch: () => new Promise(() => undefined), timeoutMs: 10_000 },
    });
    void dying.getAccessToken(connection).catch(() => undefined);
    await vi.waitFor(() => expect(crashed).toBe(true));

    clock.advance(14.999);
    let answered = false;
    const waiting = service.getAccessToken(connection).finally(() => {
      answered = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([answered, provider.callsOf('POST /token').length]).toEqual([false, 1]);
    clock.advance(0.001);
    expect(await waiting).toMatchObject({ outcome: 'token' });
    expect(provider.callsOf('POST /token')).toHaveLength(2);
  });
});

describe('an attempt of a process that waits long for providers', () => {
  it('counts for longer than it may wait, so that nobody else asks meanwhile', async () => {
    const { connect, another, provider, clock } = await scene();
    const connection = await connect();
    clock.advance(3_600);
    const patient = another({ transport: { timeoutMs: 30_000 } });
    provider.misbehave('POST /token', () => undefined);
    void patient.getAccessToken(connection).catch(() => undefined);
    await vi.waitFor(() => expect(provider.callsOf('POST /token')).toHaveLength(2));
    clock.advance(34.999);
    const waiting = another({ transport: { timeoutMs: 1_000 } }).getAccessToken(connection);
    await new Promise((resolve) => setImmediate(resolve));
    expect(provider.callsOf('POST /token')).toHaveLength(2);
    provider.behave();
    clock.advance(0.001);
    expect(await waiting).toMatchObject({ outcome: 'token' });
  });
});

describe('a connection that is changed while it is renewed', () => {
  it('keeps what a new authorization wrote', async () => {
    const { connect, service, another, provider, clock } = await scene();
    const connection = await connect();
    clock.advance(3_600);
    let release: () => void = () => undefined;
    provider.misbehave('POST /token', (_request, response) => {
      release = () => {
        response.writeHead(400, { 'Content-Type': 'application/json' }).end('{"error":"invalid_grant"}');
      };
    });
    const renewing = service.getAccessToken(connection);
    await vi.waitFor(() => expect(provider.callsOf('POST /token')).toHaveLength(2));
    provider.behave();
    await connect();
    const fresh = await another().getAccessToken(connection);
    release();
    expect(await renewing).toEqual(fresh);
    expect(await service.find(connection)).toMatchObject({ status: 'active', reason: null });
  });

  it('stays forgotten when it was disconnected', async () => {
    const { connect, service, another, provider, clock } = await scene();
    const connection = await connect('google-ads', ADA, { subject: '5' });
    clock.advance(3_600);
    let release: () => void = () => undefined;
    provider.misbehave('POST /token', (_request, response) => {
      release = () => {
        response.writeHead(200, { 'Content-Type': 'application/json' });
        response.end('{"access_token":"late","expires_in":3600}');
      };
    });
    const renewing = service.getAccessToken(connection);
    await vi.waitFor(() => expect(provider.callsOf('POST /token')).toHaveLength(2));
    expect(await another().disconnect(connection)).toBe('revoked');
    release();
    expect(await renewing).toEqual({ outcome: 'unknown' });
    expect((await service.list('w1')).items).toEqual([]);
  });
});
