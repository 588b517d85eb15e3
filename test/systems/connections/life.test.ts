import { describe, expect, it } from 'vitest';
import { HOSTILE } from '../../support/ads-provider.ts';
import { JSON_TYPE, NOT_FOUND, refusal, sentOnTo, TOKENS, whole } from './expectations.ts';
import { callbackOf, HOSTS, PREFIX, RETURN_URL, startStage, stopStagesAfterEach } from './stage.ts';

stopStagesAfterEach();

describe.each(HOSTS)('1.10 connections on $name', (host) => {
  it('begin with an authorization URL and a cookie', async () => {
    const { send, bearer, provider } = await startStage(host);
    const answer = await send('GET', `${PREFIX}/google-ads/authorize/`, { Authorization: await bearer() });
    expect(whole(answer)).toEqual({
      status: 200,
      headers: {
        ...TOKENS,
        'Set-Cookie': expect.stringMatching(
          /^__Host-portcullis-interaction=[\w-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
        ) as string,
      },
      body: expect.stringMatching(/^\{"authorization_url":"[^"]+"\}$/) as string,
    });
    const { authorization_url: url } = answer.json() as { authorization_url: string };
    expect(url.startsWith(`${provider.url}/authorize?`)).toBe(true);
    expect(new URL(url).searchParams.get('redirect_uri')).toBe(
      'https://api.example/api/v1/connections/google-ads/callback/',
    );
  });

  it('end with JSON where the user is not to go anywhere', async () => {
    const { send, begin, provider } = await startStage(host);
    const { authorizationUrl, cookie } = await begin();
    const answer = await send('GET', callbackOf(provider.consent(authorizationUrl)), { Cookie: cookie });
    expect(whole(answer)).toEqual({
      status: 200,
      headers: { ...TOKENS, 'Referrer-Policy': 'no-referrer' },
      body: expect.stringMatching(
        /^\{"id":"[0-9a-f]{32}","kind":"google-ads","status":"active"\}$/,
      ) as string,
    });
  });

  it('end with a redirect to the address that was asked for', async () => {
    const { send, begin, provider, service } = await startStage(host);
    const { authorizationUrl, cookie } = await begin({ kind: 'meta-ads', redirectUri: RETURN_URL });
    const answer = await send('GET', callbackOf(provider.consent(authorizationUrl)), { Cookie: cookie });
    const [connection] = (await service.list('ws-1')).items;
    expect(whole(answer)).toEqual(
      sentOnTo(`https://app.example/settings?tab=ads&connection=${connection?.id}`),
    );
  });

  it('are listed, checked and ended', async () => {
    const { send, bearer, connect, provider } = await startStage(host);
    const id = await connect();
    const headers = { Authorization: await bearer() };
    const view = {
      id,
      kind: 'google-ads',
      status: 'active',
      scopes: ['openid', 'email', 'https://www.googleapis.com/auth/adwords'],
      account: 'ads@example.com',
      since: '2026-01-01T00:00:00.000Z',
      reason: null,
    };
    const plain = { 'Content-Type': JSON_TYPE, 'Cache-Control': 'no-store' };
    expect(whole(await send('GET', `${PREFIX}/`, headers))).toEqual({
      status: 200,
      headers: plain,
      body: JSON.stringify([view]),
    });
    expect(whole(await send('POST', `${PREFIX}/${id}/check/`, headers))).toEqual({
      status: 200,
      headers: plain,
      body: JSON.stringify(view),
    });
    expect(whole(await send('DELETE', `${PREFIX}/${id}/`, headers))).toEqual({
      status: 204,
      headers: { 'Cache-Control': 'no-store' },
      body: '',
    });
    expect(provider.callsOf('POST /revoke')).toHaveLength(1);
    expect((await send('GET', PREFIX, headers)).text).toBe('[]');
    expect(whole(await send('DELETE', `${PREFIX}/${id}`, headers))).toEqual(NOT_FOUND);
  });

  it('that the user denies are told where they began, or refused', async () => {
    const { send, begin } = await startStage(host);
    const told = await begin({ redirectUri: RETURN_URL });
    const state = (url: string): string => new URL(url).searchParams.get('state') ?? '';
    const path = `${PREFIX}/google-ads/callback/?error=access_denied&state=`;
    expect(whole(await send('GET', path + state(told.authorizationUrl), { Cookie: told.cookie }))).toEqual(
      sentOnTo('https://app.example/settings?tab=ads&error=access_denied'),
    );
    const { authorizationUrl, cookie } = await begin();
    expect(whole(await send('GET', path + state(authorizationUrl), { Cookie: cookie }))).toEqual(
      refusal(400, 'access_denied'),
    );
  });

  it('are refused while the provider is out of reach, and get through on the next load of the page', async () => {
    const { send, begin, provider } = await startStage(host);
    const { authorizationUrl, cookie } = await begin();
    const path = callbackOf(provider.consent(authorizationUrl));
    provider.misbehave('POST /token', HOSTILE['an answer that is cut off'] ?? (() => undefined));
    expect(whole(await send('GET', path, { Cookie: cookie }))).toEqual(
      refusal(503, 'Service temporarily unavailable, try again later.', { 'Retry-After': '1' }),
    );
    provider.behave();
    expect((await send('GET', path, { Cookie: cookie })).status).toBe(200);
  });
});
