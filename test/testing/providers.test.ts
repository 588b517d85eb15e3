import * as oauth from 'oauth4webapi';
import { afterEach, describe, expect, it } from 'vitest';
import { startFacebook, startGoogle, type LoopbackServer } from '../../src/testing/kit.ts';

const running: LoopbackServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((provider) => provider.stop()));
});

async function google() {
  const provider = await startGoogle();
  running.push(provider);
  const { endpoints, clientId, clientSecret } = provider;
  const server: oauth.AuthorizationServer = {
    issuer: endpoints.issuer,
    authorization_endpoint: endpoints.authorizationUrl,
    token_endpoint: endpoints.tokenUrl,
    userinfo_endpoint: endpoints.userinfoUrl,
    jwks_uri: endpoints.jwksUrl,
    revocation_endpoint: endpoints.revocationUrl,
    authorization_response_iss_parameter_supported: true,
  };
  return { provider, server, client: { client_id: clientId }, auth: oauth.ClientSecretPost(clientSecret) };
}

// oxlint-disable-next-line typescript/no-deprecated -- the way to let this library talk to loopback
const INSECURE = { [oauth.allowInsecureRequests]: true };
const CALLBACK = 'https://app.example/callback';

describe('the loopback Google', () => {
  it('is one that an independent client can sign in at: code, PKCE, nonce, ID token, userinfo, refresh, revocation', async () => {
    const { provider, server, client, auth } = await google();
    const [verifier, state, nonce] = [
      oauth.generateRandomCodeVerifier(),
      oauth.generateRandomState(),
      oauth.generateRandomNonce(),
    ];
    const url = new URL(server.authorization_endpoint as string);
    url.search = new URLSearchParams({
      client_id: client.client_id,
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: 'openid email profile',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      access_type: 'offline',
      state,
      nonce,
    }).toString();
    const back = new URL(provider.consent(url.href));
    const parameters = oauth.validateAuthResponse(server, client, back, state);
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      auth,
      parameters,
      CALLBACK,
      verifier,
      INSECURE,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    expect(claims).toMatchObject({ email: 'ada@example.com', email_verified: true, azp: client.client_id });
    await oauth.validateApplicationLevelSignature(server, answer, INSECURE);
    const info = await oauth.userInfoRequest(server, client, tokens.access_token, INSECURE);
    expect(await oauth.processUserInfoResponse(server, client, claims?.sub ?? '', info)).toMatchObject({
      given_name: 'Ada',
    });
    const refresh = tokens.refresh_token ?? '';
    const again = await oauth.refreshTokenGrantRequest(server, client, auth, refresh, INSECURE);
    expect((await oauth.processRefreshTokenResponse(server, client, again)).access_token).not.toBe(
      tokens.access_token,
    );
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, auth, refresh, INSECURE),
    );
    expect([provider.isAlive(refresh), provider.isAlive(tokens.access_token)]).toEqual([false, false]);
  });

  it('takes a code once, and refuses another verifier, another address and another secret', async () => {
    const { provider } = await google();
    const { endpoints, clientId, clientSecret } = provider;
    const begin = (challenge?: string) => {
      const url = new URL(endpoints.authorizationUrl);
      url.searchParams.set('client_id', clientId);
      url.searchParams.set('response_type', 'code');
      url.searchParams.set('redirect_uri', CALLBACK);
      if (challenge !== undefined) url.searchParams.set('code_challenge', challenge);
      return new URL(provider.consent(url.href)).searchParams.get('code') ?? '';
    };
    const redeem = async (form: Record<string, string>) => {
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uri: CALLBACK,
        ...form,
      });
      return (await fetch(endpoints.tokenUrl, { method: 'POST', body })).status;
    };
    const code = begin();
    expect([await redeem({ code }), await redeem({ code })]).toEqual([200, 400]);
    expect(await redeem({ code: begin('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM') })).toBe(400);
    expect(await redeem({ code: begin(), code_verifier: 'x'.repeat(43) })).toBe(400);
    expect(await redeem({ code: begin(), redirect_uri: `${CALLBACK}/` })).toBe(400);
    expect(await redeem({ code: begin(), client_secret: 'another' })).toBe(401);
  });

  it('shows a page on which somebody consents, or an error for a request that nobody should answer', async () => {
    const { provider, client } = await google();
    const { authorizationUrl } = provider.endpoints;
    const query = new URLSearchParams({
      client_id: client.client_id,
      response_type: 'code',
      redirect_uri: CALLBACK,
    });
    const page = await (await fetch(`${authorizationUrl}?${query.toString()}`)).text();
    expect(page).toContain('Continue as ada@example.com');
    for (const [name, value] of [
      ['client_id', 'another'],
      ['response_type', 'token'],
      ['redirect_uri', 'nowhere'],
    ] as const) {
      const wrong = new URLSearchParams(query);
      wrong.set(name, value);
      const answer = await fetch(`${authorizationUrl}?${wrong.toString()}`);
      expect([answer.status, (await answer.text()).includes('Continue')]).toEqual([400, false]);
      expect(() => provider.consent(`${authorizationUrl}?${wrong.toString()}`)).toThrow('refuses');
    }
  });

  it('breaks as it is told to, as often as it is told to', async () => {
    const { provider } = await google();
    const ask = async () => (await fetch(provider.endpoints.jwksUrl)).status;
    provider.break('/oauth2/v3/certs', 'error', 2);
    expect([await ask(), await ask(), await ask()]).toEqual([500, 500, 200]);
    provider.break('/oauth2/v3/certs', 'throttled');
    expect(await ask()).toBe(429);
    provider.mend();
    expect(await ask()).toBe(200);
  });
});

describe('the loopback Facebook', () => {
  it('exchanges tokens for long-lived ones, lists permissions, and forgets everything on revocation', async () => {
    const facebook = await startFacebook();
    running.push(facebook);
    const token = facebook.accessToken(undefined, { scopes: ['ads_read'] });
    const graph = `${facebook.url}/${facebook.graphVersion}`;
    const exchanged = await fetch(`${graph}/oauth/access_token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'fb_exchange_token',
        client_id: facebook.clientId,
        client_secret: facebook.clientSecret,
        fb_exchange_token: token,
      }),
    });
    const { access_token: longLived } = (await exchanged.json()) as { access_token: string };
    expect(facebook.isAlive(longLived)).toBe(true);
    const headers = { Authorization: `Bearer ${longLived}` };
    // Without the proof of the application's secret nobody is told anything.
    expect((await fetch(`${graph}/me/permissions`, { headers })).status).toBe(400);
    expect((await fetch(`${graph}/me?appsecret_proof=${'0'.repeat(64)}`, { headers })).status).toBe(400);
  });
});
