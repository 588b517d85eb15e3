import { describe, expect, it } from 'vitest';
import { ipAllowlist } from '../../../../src/middleware/ip-allowlist.ts';
import { guard } from '../../../../src/node.ts';
import { exchangeWith } from '../../../support/fake-exchange.ts';
import { rawGet } from '../../../support/http-client.ts';
import { expectRefusal, INVALID_TOKEN, NO_CREDENTIALS } from '../expectations.ts';
import { HOSTS } from '../hosts.ts';
import { startStage, stopStagesAfterEach, type Stage } from '../stage.ts';

stopStagesAfterEach();

const INVALID = {
  status: 400,
  error: 'invalid_request',
  challenge: 'Bearer realm="OAuth", error="invalid_request"',
};

describe.each(HOSTS)('Using the token on $name', (host) => {
  it('no credentials: 401 with a bare challenge', async () => {
    const stage = await startStage(host);
    expectRefusal(await stage.me(undefined), NO_CREDENTIALS);
    expectRefusal(await stage.get('/v1/me', { Authorization: 'Basic eDp5' }), NO_CREDENTIALS);
  });

  it('header only: access_token in the query or in a body is no credential', async () => {
    const stage = await startStage(host);
    const { access } = await stage.grant();
    for (const name of ['access_token', 'token', 'bearer', 'authorization']) {
      expectRefusal(await stage.get(`/v1/me?${name}=${access}`), NO_CREDENTIALS);
    }
  });

  it('the scheme word is case-insensitive', async () => {
    const stage = await startStage(host);
    const { access } = await stage.grant();
    for (const word of ['Bearer', 'bearer', 'BEARER']) {
      expect((await stage.get('/v1/me', { Authorization: `${word} ${access}` })).status).toBe(200);
    }
  });

  it('malformed, expired, revoked, bad signature: invalid_token', async () => {
    const stage = await startStage(host);
    const { access } = await stage.grant();
    const [head, body, signature] = access.split('.') as [string, string, string];
    const other = (await startStage(host)).grant();
    for (const token of [
      'x',
      'a.b.c',
      `"${access}"`,
      `${access}=`,
      `${head}.${body}.${signature.slice(0, -4)}AAAA`,
      `${head}.${Buffer.from('{}').toString('base64url')}.${signature}`,
      (await other).access,
    ]) {
      expectRefusal(await stage.me(token), INVALID_TOKEN);
    }
    expect((await stage.me(access)).status).toBe(200);
    await stage.system.sessions.revokeAll('1', { reason: 'a test' });
    expectRefusal(await stage.me(access), INVALID_TOKEN);
    const later = await stage.grant();
    stage.clock.advance(3_600);
    expectRefusal(await stage.me(later.access), INVALID_TOKEN);
  });

  it('scope missing: 401 by default, 403 by option, with the scope in the challenge', async () => {
    for (const status of [401, 403] as const) {
      const stage = await startStage(host, { insufficientScopeStatus: status });
      const { access } = await stage.grant(stage.app, { scope: 'rest_api:write' });
      expectRefusal(await stage.me(access, '/v1/research'), {
        status,
        error: 'insufficient_scope',
        challenge: 'Bearer realm="OAuth", error="insufficient_scope", scope="rest_api:read"',
      });
      const enough = await stage.grant(stage.app, { scope: 'rest_api:read' });
      expect((await stage.me(enough.access, '/v1/research')).status).toBe(200);
    }
  });

  it('more than one credential: 400 invalid_request', async () => {
    const stage = await startStage(host);
    const { access } = await stage.grant();
    expectRefusal(
      await stage.get('/v1/me', { Authorization: `Bearer ${access}, Bearer ${access}` }),
      INVALID,
    );
    expectRefusal(await stage.get('/v1/me', { Authorization: `Bearer ${access} ${access}` }), INVALID);
    expectRefusal(await stage.get('/v1/me', { Authorization: 'Bearer' }), INVALID);
    const twice = await rawGet(
      stage.port,
      [`Authorization: Bearer ${access}`, `Authorization: Bearer ${access}`],
      '/v1/me',
    );
    expect(twice).toMatch(
      /^HTTP\/1\.1 400 [^]*\r\nWWW-Authenticate: Bearer realm="OAuth", error="invalid_request"\r\n/i,
    );
  });
});

describe('Using the token', () => {
  it('a user who is deactivated is out within five seconds', async () => {
    const stage = await startStage();
    const { access } = await stage.grant();
    expect((await stage.me(access)).status).toBe(200);
    stage.directory.ada.active = false;
    stage.clock.advance(5);
    expectRefusal(await stage.me(access), INVALID_TOKEN);
  });

  it('source IP not permitted: 403 access_denied', async () => {
    const stage = await startStage(undefined, {
      listener(system) {
        const api = guard(system.authenticate(), ipAllowlist({ networks: ['192.0.2.0/24'] }));
        return (request, response) => {
          api(request, response, () => response.end());
        };
      },
    });
    const { access } = await issueBeside(stage);
    expectRefusal(await stage.me(access), { status: 403, error: 'access_denied' });
  });

  it('OS-18 the metadata of the resource, and the way to it in the challenge where the resource is named', async () => {
    const stage = await startStage();
    const document = await stage.get('/.well-known/oauth-protected-resource');
    expect(document.json()).toEqual({
      resource: stage.issuer,
      authorization_servers: [stage.issuer],
      scopes_supported: ['rest_api:read', 'rest_api:write'],
      bearer_methods_supported: ['header'],
    });
    expect(document.header('Cache-Control')).toBe('public, max-age=3600');
    const named = await startStage(undefined, { resource: 'https://api.example.com/v1' });
    const url = 'https://api.example.com/.well-known/oauth-protected-resource/v1';
    expectRefusal(await named.me(undefined), {
      ...NO_CREDENTIALS,
      challenge: `Bearer realm="OAuth", resource_metadata="${url}"`,
    });
    expect((await named.get('/.well-known/oauth-protected-resource/v1')).json()).toMatchObject({
      resource: 'https://api.example.com/v1',
    });
  });
});

/** A token of a system whose host serves nothing but the guarded route. */
async function issueBeside(stage: Stage): Promise<{ access: string }> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    scope: 'rest_api:read',
    ...stage.app.credentials,
  });
  const contentType = 'application/x-www-form-urlencoded';
  const reply = await stage.system.handle(
    exchangeWith(
      { 'content-type': contentType },
      {
        method: 'POST',
        body: () => Promise.resolve({ kind: 'bytes', bytes: Buffer.from(body.toString()), contentType }),
      },
    ),
    '/v1/oauth/token',
  );
  return { access: (JSON.parse(reply?.body ?? '{}') as { access_token: string }).access_token };
}
