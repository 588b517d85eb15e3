import { describe, expect, it } from 'vitest';
import type { ProviderFault } from '../../../../src/testing/kit.ts';
import { locationOf } from '../../../support/providers.ts';
import {
  EXCHANGE_FAILED,
  expectRefusal,
  expectSignedIn,
  INCORRECT,
  STATE_UNKNOWN,
  UNAVAILABLE,
  type Refusal,
} from '../expectations.ts';
import {
  ADA,
  codeAndState,
  PAGE_URI,
  pathOf,
  PROVIDERS,
  startSocialStage,
  stopSocialStagesAfterEach,
  type Provider,
} from './stage.ts';

stopSocialStagesAfterEach();

/** Quick for whoever says nothing, and patient with whoever answers: a test machine may be busy. */
const patience = (fault: ProviderFault) => ({
  transport: { timeoutMs: fault === 'silence' ? 50 : 4_000 },
});
const TOKEN_PATHS = { google: '/token', facebook: '/v24.0/oauth/access_token' } as const;

/** Answers that are none: nobody knows anything about whoever wants to sign in. */
const OUTAGES: readonly (readonly [string, ProviderFault])[] = [
  ['says nothing', 'silence'],
  ['hangs up', 'hang-up'],
  ['stops in the middle of an answer', 'truncated'],
  ['answers with sixteen mebibytes', 'huge'],
  ['redirects', 'redirect'],
  ['answers with a page', 'html'],
  ['answers with JSON that calls itself text', 'wrong-type'],
  ['answers with what is no JSON', 'garbage'],
  ['answers with 500', 'error'],
  ['answers with 429', 'throttled'],
  ['answers with 503 in JSON', { status: 503, body: { error: 'backend_error' } }],
];

/** Answers that are whole and mean nothing. */
const NONSENSE: readonly (readonly [string, ProviderFault])[] = [
  ['null', 'null'],
  ['a list', 'list'],
  ['an empty object', 'nothing'],
  ['an access token that is a number', { status: 200, body: { access_token: 17, token_type: 'Bearer' } }],
  ['an access token that is an object', { status: 200, body: { access_token: { a: 1 } } }],
  ['an access token with a line break', { status: 200, body: { access_token: 'a\r\nHost: evil' } }],
  ['an error with status 200', { status: 200, body: { error: 'invalid_grant', access_token: 'a' } }],
  ['an error that is a text', { status: 400, body: { error: { message: 'x' } } }],
  ['a prototype', { status: 200, body: '{"__proto__":{"access_token":"a"}}' }],
];

describe.each(PROVIDERS)('the token endpoint of %s', (provider) => {
  it.each(OUTAGES)(
    'OC-09 F17 is out of order when it %s: 503, and the state stays good',
    async (_title, fault) => {
      const stage = await startSocialStage({ google: patience(fault), facebook: patience(fault) });
      const client = stage.client();
      const sent = await codeAndState(stage, provider, client);
      stage[provider].break(TOKEN_PATHS[provider], fault, 1);
      expectRefusal(await client.post(pathOf(provider), sent), UNAVAILABLE);
      expect(stage.events.at(-1)).toMatchObject({ outcome: 'failed', reason: 'dependency_unavailable' });
      // Where time is short, the second try could be slow for reasons of its own.
      if (fault !== 'silence') expectSignedIn(await client.post(pathOf(provider), sent), ADA);
    },
  );

  it.each(NONSENSE)('OC-09 is refused when it answers with %s', async (_title, fault) => {
    const stage = await startSocialStage();
    const client = stage.client();
    const sent = await codeAndState(stage, provider, client);
    stage[provider].break(TOKEN_PATHS[provider], fault, 1);
    expectRefusal(await client.post(pathOf(provider), sent), EXCHANGE_FAILED);
    expectRefusal(await client.post(pathOf(provider), sent), STATE_UNKNOWN);
  });

  it('OC-09 sends a page back with an error when it is out of order', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const begun = await client.get(pathOf(provider, `start/?redirect_uri=${encodeURIComponent(PAGE_URI)}`));
    const callback = stage[provider].consent(locationOf(begun));
    stage[provider].break(TOKEN_PATHS[provider], 'error', 1);
    const back = await client.visit(callback);
    expect([back.status, locationOf(back)]).toEqual([
      302,
      `${PAGE_URI}&error=temporarily_unavailable&provider=${provider}`,
    ]);
    expect((await client.visit(callback)).status).toBe(302);
  });
});

describe.each([
  ['google', '/tokeninfo'],
  ['google', '/v1/userinfo'],
  ['facebook', '/v24.0/debug_token'],
  ['facebook', '/v24.0/me'],
] as const)('what %s says at %s', (provider: Provider, path) => {
  const expectAnswerTo = async (fault: ProviderFault, expected: Refusal): Promise<void> => {
    const stage = await startSocialStage({ google: patience(fault), facebook: patience(fault) });
    const body = { access_token: stage[provider].accessToken() };
    stage[provider].break(path, fault, 1);
    expectRefusal(await stage.client().post(pathOf(provider), body), expected);
    if (fault !== 'silence') expectSignedIn(await stage.client().post(pathOf(provider), body), ADA);
  };

  it.each(OUTAGES)('OC-09 F17 is an outage when it %s', async (_title, fault) => {
    await expectAnswerTo(fault, UNAVAILABLE);
  });

  it.each([
    ['null', 'null'],
    ['a list', 'list'],
    ['an empty object', 'nothing'],
    ['an identifier that is a number', { status: 200, body: { sub: 1, id: 1, aud: 1, data: { app_id: 1 } } }],
    ['an identifier that is an object', { status: 200, body: { sub: {}, id: {}, aud: [], data: [] } }],
    ['a refusal', { status: 401, body: { error: 'invalid_token' } }],
  ] satisfies readonly (readonly [string, ProviderFault])[])(
    'OC-09 is refused when it is %s',
    async (_title, fault) => {
      await expectAnswerTo(fault, INCORRECT);
    },
  );
});

describe('the keys of Google', () => {
  it.each(OUTAGES)('F17 are out of reach when their address %s', async (_title, fault) => {
    const stage = await startSocialStage({ google: patience(fault) });
    stage.google.break('/oauth2/v3/certs', fault);
    const body = { id_token: stage.google.idToken() };
    expectRefusal(await stage.client().post(pathOf('google'), body), UNAVAILABLE);
    stage.google.mend();
    stage.clock.advance(5);
    if (fault !== 'silence') expectSignedIn(await stage.client().post(pathOf('google'), body), ADA);
  });
});

describe('an error of the Graph API', () => {
  it.each([
    ['that passes by itself', { code: 1, is_transient: true, message: 'x', type: 'OAuthException' }],
    ['for too many calls of the application', { code: 4, message: 'x', type: 'OAuthException' }],
    ['for an outage', { code: 2, message: 'x', type: 'OAuthException' }],
  ])('%s is an outage, whatever its status', async (_title, error) => {
    const stage = await startSocialStage();
    const body = { access_token: stage.facebook.accessToken() };
    stage.facebook.break('/v24.0/me', { status: 400, body: { error } }, 1);
    expectRefusal(await stage.client().post(pathOf('facebook'), body), UNAVAILABLE);
  });
});

describe('people who are signed in', () => {
  it('F17 go on while the providers are out of order', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const { access } = expectSignedIn(
      await client.post(pathOf('google'), { access_token: stage.google.accessToken() }),
      ADA,
    );
    for (const path of ['/token', '/tokeninfo', '/oauth2/v3/certs']) stage.google.break(path, 'silence');
    const me = await client.get('/api/v1/me/', { headers: { Authorization: `Bearer ${access}` } });
    expect(me.status).toBe(200);
  });
});
