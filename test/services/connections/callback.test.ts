import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import { HOSTILE, SENSELESS } from '../../support/ads-provider.ts';
import { ADA, closeScenesAfterEach, patientFor, refusalOf, scene } from './fixture.ts';

closeScenesAfterEach();

describe('what the provider sends the browser back with', () => {
  it('may be a denial, which the user is told where they began', async () => {
    const { service, consented, provider } = await scene();
    const answer = { ...(await consented()), code: null, error: 'access_denied' };
    expect(refusalOf(await service.complete(answer))).toEqual([
      'connection_denied',
      'https://app.example/done',
    ]);
    expect(provider.calls).toEqual([]);
    expect(refusalOf(await service.complete(answer))).toEqual(['connection_state_invalid', null]);
  });

  it.each([
    ['another error', { code: null, error: 'server_error' }],
    ['a code beside an error', { error: 'temporarily_unavailable' }],
    ['no code', { code: null }],
    ['a code that the provider does not know', { code: 'guessed' }],
  ])('is refused when it is %s', async (_title, change) => {
    const { service, consented } = await scene();
    const answer = { ...(await consented()), ...change };
    expect(refusalOf(await service.complete(answer))).toEqual(['connection_exchange_failed', null]);
    expect((await service.list('w1')).items).toEqual([]);
  });

  it.each([
    ['google-ads', ['openid', 'email']],
    ['meta-ads', ['ads_read', 'business_management']],
  ])('is refused when the user left a scope of %s unticked', async (kind, scopes) => {
    const { service, consented } = await scene();
    expect(refusalOf(await service.complete(await consented(kind, ADA, { scopes })))).toEqual([
      'connection_scope_missing',
      null,
    ]);
    expect((await service.list('w1')).items).toEqual([]);
  });
});

describe('OC-09 a provider that answers the exchange', () => {
  it.each(Object.keys(HOSTILE))(
    'with %s is an outage, after which the same page may be loaded again',
    async (name) => {
      const { service, consented, provider, events } = await scene(patientFor(name));
      const answer = await consented();
      provider.misbehave('POST /token', HOSTILE[name] ?? (() => undefined));
      await expect(service.complete(answer)).rejects.toThrow(StoreError);
      expect([(await service.list('w1')).items, events]).toEqual([[], []]);
      provider.behave();
      expect(refusalOf(await service.complete(answer))[0]).toBe('connected');
    },
  );

  it.each(Object.entries(SENSELESS))('with %s is refused', async (_title, body) => {
    const { service, consented, provider } = await scene();
    provider.alter = () => body;
    expect(refusalOf(await service.complete(await consented()))).toEqual([
      'connection_exchange_failed',
      null,
    ]);
  });

  it.each([
    ['no refresh token', ({ refresh_token: _left, ...body }: Record<string, unknown>) => body],
    ['an ID token of another client', withClaims({ aud: 'another' })],
    ['an ID token of another issuer', withClaims({ iss: 'https://evil.example' })],
    ['an ID token that has expired', withClaims({ exp: 1 })],
    ['an ID token without a subject', withClaims({ sub: undefined })],
    ['an ID token that is no text', (body: Record<string, unknown>) => ({ ...body, id_token: 7 })],
    ['an ID token that is no token', (body: Record<string, unknown>) => ({ ...body, id_token: 'a.b.c' })],
  ])('with %s is refused', async (_title, alter) => {
    const { service, consented, provider } = await scene();
    provider.alter = alter;
    expect(refusalOf(await service.complete(await consented()))).toEqual([
      'connection_exchange_failed',
      null,
    ]);
  });

  it('of Meta in the middle of its calls is refused or an outage, and nothing is kept', async () => {
    const { service, consented, provider } = await scene();
    const json =
      (status: number, body: unknown): Parameters<typeof provider.misbehave>[1] =>
      (_request, response) => {
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
      };
    const outcomes: string[] = [];
    for (const [what, body] of [
      ['GET /v24.0/me', null],
      ['GET /v24.0/me', { id: 7 }],
      ['GET /v24.0/me/permissions', { data: null }],
      ['GET /v24.0/me/permissions', {}],
    ] as const) {
      provider.behave();
      provider.misbehave(what, json(200, body));
      outcomes.push(refusalOf(await service.complete(await consented('meta-ads')))[0]);
    }
    provider.misbehave(
      'GET /v24.0/me/permissions',
      json(200, { data: [null, 7, { permission: 'ads_read' }] }),
    );
    outcomes.push(refusalOf(await service.complete(await consented('meta-ads')))[0]);
    expect(outcomes).toEqual([
      'connection_exchange_failed',
      'connection_exchange_failed',
      'connection_exchange_failed',
      'connection_exchange_failed',
      'connection_scope_missing',
    ]);
    expect((await service.list('w1')).items).toEqual([]);
  });
});

/** Replaces claims of the ID token in an answer. */
function withClaims(claims: Record<string, unknown>) {
  return ({ id_token: idToken, ...body }: Record<string, unknown>): Record<string, unknown> => {
    const [header, payload, signature] = String(idToken).split('.');
    const own = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as object;
    const altered = Buffer.from(JSON.stringify({ ...own, ...claims })).toString('base64url');
    return { ...body, id_token: [header, altered, signature].join('.') };
  };
}
