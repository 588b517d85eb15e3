import { generateKeyPairSync } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { describe, expect, it } from 'vitest';
import { mount } from '../../../../src/node.ts';
import { jwksSystem } from '../../../../src/systems/jwks.ts';
import { movableClock } from '../../../support/movable-clock.ts';
import { HOSTS } from '../hosts.ts';
import { startStage, stopStagesAfterEach, type Stage, type TestApp } from '../stage.ts';

stopStagesAfterEach();

/** The server listens on a loopback address without TLS. */
// oxlint-disable-next-line typescript/no-deprecated -- deprecated only so that it stands out
const LOOPBACK = { [oauth.allowInsecureRequests]: true } as const;

interface Session {
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
}

async function discover(stage: Stage, app: TestApp): Promise<Session> {
  const issuer = new URL(stage.issuer);
  const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...LOOPBACK });
  return { server: await oauth.processDiscoveryResponse(issuer, response), client: { client_id: app.id } };
}

/** The code flow up to the tokens, with the checks of state, issuer and PKCE that the library makes. */
async function codeFlow(
  stage: Stage,
  app: TestApp,
  { server, client }: Session,
  authentication: oauth.ClientAuth,
): Promise<oauth.TokenEndpointResponse> {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(server.authorization_endpoint ?? '');
  const parameters = {
    client_id: app.id,
    redirect_uri: app.redirectUri,
    response_type: 'code',
    scope: 'rest_api:read',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  };
  url.search = new URLSearchParams(parameters).toString();
  const headers = { 'X-User': stage.directory.ada.id, 'X-Decision': 'approve' };
  const answer = await fetch(url, { headers, redirect: 'manual' });
  const callback = oauth.validateAuthResponse(
    server,
    client,
    new URL(answer.headers.get('location') ?? ''),
    state,
  );
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    authentication,
    callback,
    app.redirectUri,
    verifier,
    LOOPBACK,
  );
  return oauth.processAuthorizationCodeResponse(server, client, response);
}

describe.each(HOSTS)('oauth4webapi against $name', (host) => {
  it.each([
    ['client_secret_post', oauth.ClientSecretPost],
    ['client_secret_basic', oauth.ClientSecretBasic],
  ])('code with PKCE, introspection, refresh and revocation by %s', async (_name, authenticate) => {
    const stage = await startStage(host);
    const session = await discover(stage, stage.app);
    const { server, client } = session;
    const authentication = authenticate(stage.app.secret);
    const tokens = await codeFlow(stage, stage.app, session, authentication);
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 3_600 });

    const introspect = async (token: string) =>
      oauth.processIntrospectionResponse(
        server,
        client,
        await oauth.introspectionRequest(server, client, authentication, token, LOOPBACK),
      );
    expect(await introspect(tokens.access_token)).toMatchObject({
      active: true,
      sub: '1',
      client_id: stage.app.id,
    });

    const refreshed = await oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(
        server,
        client,
        authentication,
        tokens.refresh_token ?? '',
        LOOPBACK,
      ),
    );
    expect(await introspect(tokens.access_token)).toEqual({ active: false });
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, authentication, refreshed.refresh_token ?? '', LOOPBACK),
    );
    expect(await introspect(refreshed.access_token)).toEqual({ active: false });
  });

  it('a public client on a loopback port, its API call and the missing scope', async () => {
    const stage = await startStage(host);
    const native: TestApp = { ...stage.native, redirectUri: 'http://127.0.0.1:51823/callback' };
    const session = await discover(stage, native);
    const tokens = await codeFlow(stage, native, session, oauth.None());
    const research = new URL(`${stage.issuer}/v1/research`);
    const call = (token: string) =>
      oauth.protectedResourceRequest(token, 'GET', research, undefined, undefined, LOOPBACK);
    expect(await (await call(tokens.access_token)).json()).toMatchObject({
      id: '1',
      scopes: ['rest_api:read'],
    });
    const { server, client } = session;
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, oauth.None(), tokens.access_token, LOOPBACK),
    );
    await expect(call(tokens.access_token)).rejects.toMatchObject({
      status: 401,
      cause: [{ scheme: 'bearer', parameters: { realm: 'OAuth', error: 'invalid_token' } }],
    });
  });

  it('client credentials, and the refusal of a wrong secret as the library reads it', async () => {
    const stage = await startStage(host);
    const { server, client } = await discover(stage, stage.app);
    const ask = (authentication: oauth.ClientAuth) =>
      oauth.clientCredentialsGrantRequest(
        server,
        client,
        authentication,
        { scope: 'rest_api:read team_t-1' },
        LOOPBACK,
      );
    const response = await ask(oauth.ClientSecretBasic(stage.app.secret));
    const tokens = await oauth.processClientCredentialsResponse(server, client, response);
    expect(tokens.refresh_token).toBeUndefined();
    const refused = await ask(oauth.ClientSecretPost('wrong'));
    await expect(oauth.processClientCredentialsResponse(server, client, refused)).rejects.toMatchObject({
      error: 'invalid_client',
      status: 401,
    });
    const challenged = await ask(oauth.ClientSecretBasic('wrong'));
    await expect(oauth.processClientCredentialsResponse(server, client, challenged)).rejects.toMatchObject({
      cause: [{ scheme: 'basic', parameters: { realm: 'OAuth' } }],
      status: 401,
    });
  });

  it('device authorization, undecided and approved', async () => {
    const stage = await startStage(host);
    const { server, client } = await discover(stage, stage.native);
    const none = oauth.None();
    const begun = await oauth.processDeviceAuthorizationResponse(
      server,
      client,
      await oauth.deviceAuthorizationRequest(server, client, none, { scope: 'rest_api:read' }, LOOPBACK),
    );
    const poll = async () =>
      oauth.processDeviceCodeResponse(
        server,
        client,
        await oauth.deviceCodeGrantRequest(server, client, none, begun.device_code, LOOPBACK),
      );
    await expect(poll()).rejects.toMatchObject({ error: 'authorization_pending' });
    await expect(poll()).rejects.toMatchObject({ error: 'slow_down' });
    await stage.enter(begun.user_code, 'approve');
    expect(await poll()).toMatchObject({ token_type: 'bearer', expires_in: 3_600 });
  });
});

describe('oauth4webapi as the API that is called', () => {
  it('OS-20 accepts an at+jwt access token of RFC 9068, verified by the keys of the metadata', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const keys = { key: privateKey, kid: 'k1' };
    // The library looks at the machine's clock.
    const clock = movableClock(Math.floor(Date.now() / 1000));
    const stage = await startStage(undefined, {
      clock,
      keys,
      algorithm: 'RS256',
      accessTokenType: 'at+jwt',
      listener: (system) => {
        const mounted = mount(system, jwksSystem({ keys, algorithm: 'RS256' }));
        return (request, response) => {
          mounted(request, response, () => response.writeHead(404).end());
        };
      },
    });
    const session = await discover(stage, stage.app);
    const { access_token: token } = await codeFlow(
      stage,
      stage.app,
      session,
      oauth.ClientSecretPost(stage.app.secret),
    );
    const request = new Request('https://api.example.com/', {
      headers: { Authorization: `Bearer ${token}` },
    });
    const claims = await oauth.validateJwtAccessToken(session.server, request, stage.app.id, LOOPBACK);
    expect(claims).toMatchObject({ sub: '1', client_id: stage.app.id, scope: 'rest_api:read' });
  });

  it('OS-18 finds the server by the metadata of the resource', async () => {
    const stage = await startStage();
    const resource = new URL(stage.issuer);
    const response = await oauth.resourceDiscoveryRequest(resource, LOOPBACK);
    const found = await oauth.processResourceDiscoveryResponse(resource, response);
    expect(found.authorization_servers).toEqual([stage.issuer]);
  });
});
