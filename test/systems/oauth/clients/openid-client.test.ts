import * as client from 'openid-client';
import { describe, expect, it } from 'vitest';
import { HOSTS } from '../hosts.ts';
import { startStage, stopStagesAfterEach, type Stage, type TestApp } from '../stage.ts';

stopStagesAfterEach();

function discover(
  stage: Stage,
  app: TestApp,
  authentication: client.ClientAuth,
): Promise<client.Configuration> {
  return client.discovery(new URL(stage.issuer), app.id, undefined, authentication, {
    algorithm: 'oauth2',
    // The server listens on a loopback address without TLS.
    // oxlint-disable-next-line typescript/no-deprecated -- deprecated only so that it stands out
    execute: [client.allowInsecureRequests],
  });
}

async function codeFlow(stage: Stage, app: TestApp, config: client.Configuration) {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: app.redirectUri,
    scope: 'rest_api:read rest_api:write',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  });
  const headers = { 'X-User': stage.directory.ada.id, 'X-Decision': 'approve' };
  const answer = await fetch(url, { headers, redirect: 'manual' });
  const callback = new URL(answer.headers.get('location') ?? '');
  return client.authorizationCodeGrant(config, callback, {
    pkceCodeVerifier: verifier,
    expectedState: state,
  });
}

describe.each(HOSTS)('openid-client against $name', (host) => {
  it('code with PKCE, an API call, a narrower refresh, introspection and revocation', async () => {
    const stage = await startStage(host);
    const config = await discover(stage, stage.app, client.ClientSecretBasic(stage.app.secret));
    const tokens = await codeFlow(stage, stage.app, config);
    expect(tokens.expiresIn()).toBeGreaterThan(3_590);
    const research = new URL(`${stage.issuer}/v1/research`);
    const answer = await client.fetchProtectedResource(config, tokens.access_token, research, 'GET');
    expect(await answer.json()).toMatchObject({ kind: 'user', id: '1' });

    const narrow = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', {
      scope: 'rest_api:read',
    });
    expect(await client.tokenIntrospection(config, narrow.access_token)).toMatchObject({
      active: true,
      scope: 'rest_api:read',
    });
    await client.tokenRevocation(config, narrow.refresh_token ?? '');
    expect(await client.tokenIntrospection(config, narrow.access_token)).toEqual({ active: false });
    await expect(client.refreshTokenGrant(config, narrow.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('client credentials for a team', async () => {
    const stage = await startStage(host);
    const config = await discover(stage, stage.app, client.ClientSecretPost(stage.app.secret));
    const tokens = await client.clientCredentialsGrant(config, { scope: 'rest_api:read team_t-2' });
    expect(await client.tokenIntrospection(config, tokens.access_token)).toMatchObject({
      active: true,
      sub: stage.app.id,
      team: 't-2',
    });
    await expect(client.clientCredentialsGrant(config, { scope: 'team_t-9' })).rejects.toMatchObject({
      error: 'invalid_scope',
    });
  });

  it('device authorization to the tokens, and a denial', async () => {
    const stage = await startStage(host);
    const config = await discover(stage, stage.native, client.None());
    const decide = async (decision: 'approve' | 'deny') => {
      const begun = await client.initiateDeviceAuthorization(config, { scope: 'rest_api:read' });
      await stage.enter(begun.user_code, decision);
      // It has been decided, and there is nothing to wait for.
      return client.pollDeviceAuthorizationGrant(config, { ...begun, interval: 0.001 });
    };
    const tokens = await decide('approve');
    const research = new URL(`${stage.issuer}/v1/research`);
    const answer = await client.fetchProtectedResource(config, tokens.access_token, research, 'GET');
    expect(await answer.json()).toMatchObject({ clientId: stage.native.id });
    await expect(decide('deny')).rejects.toMatchObject({ error: 'access_denied' });
  });
});
