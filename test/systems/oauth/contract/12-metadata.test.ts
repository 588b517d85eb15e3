import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { under, mount } from '../../../../src/node.ts';
import { send } from '../../../support/http-client.ts';
import { expectRefusal, expectTokens } from '../expectations.ts';
import { HOSTS } from '../hosts.ts';
import { DEVICE_GRANT, formOf, startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

const PATH = '/.well-known/oauth-authorization-server';

describe.each(HOSTS)('Metadata on $name', (host) => {
  it('OS-01 says what the server offers, and caches may keep it', async () => {
    const stage = await startStage(host);
    const { issuer } = stage;
    const answer = await stage.get(PATH);
    expect([answer.status, answer.header('Content-Type'), answer.header('Cache-Control')]).toEqual([
      200,
      'application/json',
      'public, max-age=3600',
    ]);
    expect(answer.json()).toEqual({
      issuer,
      authorization_endpoint: `${issuer}/oauth/authorize`,
      token_endpoint: `${issuer}/v1/oauth/token`,
      device_authorization_endpoint: `${issuer}/v1/oauth/device`,
      scopes_supported: ['rest_api:read', 'rest_api:write'],
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_GRANT],
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'none'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      revocation_endpoint: `${issuer}/v1/oauth/revoke`,
      revocation_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'none'],
      introspection_endpoint: `${issuer}/v1/oauth/introspect`,
      introspection_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    });
    const head = await send(stage.port, { method: 'HEAD', path: PATH });
    expect([head.status, head.text]).toEqual([200, '']);
    expectRefusal(await stage.post(PATH, {}), { status: 405, error: 'invalid_request', allow: 'GET, HEAD' });
  });
});

describe('Metadata', () => {
  it('OS-01 what is switched off is absent, and its endpoint with it', async () => {
    const stage = await startStage(undefined, {
      grants: ['client_credentials'],
      revocation: false,
      introspection: false,
      issParameter: false,
      webAppUrl: 'https://acme.example.com',
    });
    expect((await stage.get(PATH)).json()).toEqual({
      issuer: stage.issuer,
      token_endpoint: `${stage.issuer}/v1/oauth/token`,
      scopes_supported: ['rest_api:read', 'rest_api:write'],
      response_types_supported: [],
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'none'],
    });
    for (const path of ['device', 'revoke', 'introspect']) {
      expectRefusal(await stage.post(`/v1/oauth/${path}`, stage.app.credentials), {
        status: 404,
        error: 'invalid_request',
      });
    }
    for (const grant_type of ['authorization_code', 'refresh_token', DEVICE_GRANT]) {
      expectRefusal(await stage.token({ grant_type, ...stage.app.credentials }), {
        status: 400,
        error: 'unsupported_grant_type',
      });
    }
  });

  it('jwks_uri only with an asymmetric key, and the web app under its own URL', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const stage = await startStage(undefined, {
      keys: privateKey,
      algorithm: 'RS256',
      webAppUrl: 'https://acme.example.com',
    });
    expect((await stage.get(PATH)).json()).toMatchObject({
      jwks_uri: `${stage.issuer}/.well-known/jwks.json`,
      authorization_endpoint: 'https://acme.example.com/oauth/authorize',
    });
    const opaque = await startStage(undefined, {
      keys: privateKey,
      algorithm: 'RS256',
      accessTokens: 'opaque',
    });
    expect((await opaque.get(PATH)).json()).not.toHaveProperty('jwks_uri');
  });

  it('if the issuer has a path, the well-known segment goes between host and path', async () => {
    const stage = await startStage(undefined, {
      issuerPath: '/tenants/acme',
      listener: (system) => {
        const mounted = mount(under('/tenants/acme', system), system.wellKnown);
        return (request, response) => {
          mounted(request, response, () => response.writeHead(404).end());
        };
      },
    });
    const atRoot = (path: string) => send(stage.port, { path });
    const metadata = await atRoot(`${PATH}/tenants/acme`);
    expect(metadata.json()).toMatchObject({
      issuer: stage.issuer,
      token_endpoint: `${stage.issuer}/v1/oauth/token`,
    });
    expect((await atRoot('/.well-known/oauth-protected-resource/tenants/acme')).json()).toMatchObject({
      resource: stage.issuer,
    });
    expect((await atRoot(PATH)).status).toBe(404);
    expect((await atRoot(`/tenants/acme${PATH}`)).status).toBe(404);
    const body = formOf({
      grant_type: 'client_credentials',
      scope: 'rest_api:read',
      ...stage.app.credentials,
    });
    expectTokens(await stage.token(body));
  });
});
