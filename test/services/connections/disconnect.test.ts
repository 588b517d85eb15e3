import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { HOSTILE } from '../../support/ads-provider.ts';
import { ADA, closeScenesAfterEach, patientFor, scene } from './fixture.ts';

closeScenesAfterEach();

const EVE = { user: 'eve', workspace: 'w2', browser: 'e' };

describe('OC-10 a disconnection', () => {
  it.each([
    ['google-ads', 'POST /revoke'],
    ['meta-ads', 'DELETE /v24.0/1077/permissions'],
  ])('of %s forgets the tokens and takes the grant back at the provider', async (kind, what) => {
    const { connect, service, provider, store, events, clock } = await scene();
    const connection = await connect(kind);
    expect(await service.disconnect(connection, { author: 'bob' })).toBe('revoked');
    expect(provider.calls.at(-1)?.what).toBe(what);
    expect(await store.get('connection', connection.id)).toBeNull();
    expect(await service.getAccessToken(connection)).toEqual({ outcome: 'unknown' });
    expect(events.at(-1)).toEqual({
      type: 'connection',
      action: 'disconnected',
      connectionId: connection.id,
      kind,
      workspace: 'w1',
      reason: null,
      revocation: 'revoked',
      author: 'bob',
      at: clock.now(),
    });
    expect(await service.disconnect(connection)).toBeNull();
  });

  it('presents the refresh token to Google, which ends the access tokens as well', async () => {
    const { connect, service, provider } = await scene();
    const connection = await connect();
    await service.disconnect(connection);
    expect(provider.callsOf('POST /revoke').map(({ form }) => form.get('token'))).toEqual([
      expect.stringMatching(/^1\/\//),
    ]);
  });

  it('of a grant that is gone already is one that went well', async () => {
    const { connect, service, provider } = await scene();
    const [google, meta] = [await connect(), await connect('meta-ads')];
    provider.withdraw('1077');
    expect([await service.disconnect(google), await service.disconnect(meta)]).toEqual([
      'revoked',
      'revoked',
    ]);
  });

  it.each(
    Object.keys(HOSTILE).filter(
      (name) => !['HTML', 'ten megabytes', 'an answer that is cut off'].includes(name),
    ),
  )('leaves nothing at rest when the provider answers with %s', async (name) => {
    const { connect, service, provider, store, events } = await scene(patientFor(name));
    const connection = await connect();
    provider.misbehave('POST /revoke', HOSTILE[name] ?? (() => undefined));
    expect(await service.disconnect(connection)).toBe('failed');
    expect(await store.get('connection', connection.id)).toBeNull();
    expect(events.at(-1)).toMatchObject({ action: 'disconnected', revocation: 'failed' });
  });

  it('is over for everybody before the provider is asked', async () => {
    const { connect, service, another, provider } = await scene();
    const connection = await connect();
    const seen: unknown[] = [];
    provider.misbehave('POST /revoke', async (_request, response) => {
      seen.push(await another().getAccessToken(connection));
      response.writeHead(200).end();
    });
    expect(await service.disconnect(connection)).toBe('revoked');
    expect(seen).toEqual([{ outcome: 'unknown' }]);
  });

  it('of one of many at once does it once', async () => {
    const { connect, service, another, provider, events } = await scene();
    const connection = await connect();
    const other = another();
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? service : other).disconnect(connection)),
    );
    expect(results.filter((result) => result !== null)).toEqual(['revoked']);
    expect([provider.callsOf('POST /revoke').length, events.length]).toEqual([1, 2]);
  });

  it('leaves the grant that another workspace lives by; the last one takes it back', async () => {
    const { connect, service, provider } = await scene();
    const [own, eves] = [await connect(), await connect('google-ads', EVE)];
    expect(await service.disconnect(own)).toBe('shared');
    expect(provider.callsOf('POST /revoke')).toEqual([]);
    expect(await service.check(eves)).toEqual(eves);
    expect(await service.disconnect(eves)).toBe('revoked');
  });

  it('does not take another account of the provider, or another provider, for the same one', async () => {
    const { connect, service } = await scene();
    const own = await connect();
    await connect('google-ads', ADA, { subject: '2' });
    await connect('meta-ads');
    expect(await service.disconnect(own)).toBe('revoked');
  });

  it('forgets one whose tokens cannot be opened, or whose provider is not configured', async () => {
    const { connect, another, provider } = await scene();
    const [one, other] = [await connect(), await connect('meta-ads')];
    const strange = another({
      sealing: { primary: randomBytes(32) },
    });
    const before = provider.calls.length;
    expect([await strange.disconnect(one), await strange.disconnect(other)]).toEqual(['skipped', 'skipped']);
    expect(provider.calls.length).toBe(before);
  });
});
