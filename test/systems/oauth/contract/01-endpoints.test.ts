import { describe, expect, it } from 'vitest';
import { send, sendBytes } from '../../../support/http-client.ts';
import { expectRefusal, expectTokens, INVALID_REQUEST, TOO_LARGE } from '../expectations.ts';
import { HOST_404, HOSTS } from '../hosts.ts';
import { formOf, startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

const NOT_ALLOWED = { status: 405, error: 'invalid_request', allow: 'POST' };
const NOT_FOUND = { status: 404, error: 'invalid_request' };

describe.each(HOSTS)('Hosts and endpoints on $name', (host) => {
  it('POST /v1/oauth/token takes form and JSON, with and without the slash, whatever its query says', async () => {
    const stage = await startStage(host);
    const body = { grant_type: 'client_credentials', ...stage.app.credentials, scope: 'rest_api:read' };
    for (const end of ['', '/', '?grant_type=password', '/?client_id=someone&scope=rest_api:write']) {
      expectTokens(await stage.post(`/v1/oauth/token${end}`, body));
      expectTokens(
        await stage.post(`/v1/oauth/token${end}`, JSON.stringify(body), {
          'Content-Type': 'application/json',
        }),
      );
    }
  });

  it('parameters in the query are no parameters', async () => {
    const stage = await startStage(host);
    const { id, secret } = stage.app;
    const query = formOf({
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: secret,
      scope: 'a',
    });
    expectRefusal(await stage.post(`/v1/oauth/token?${query}`, ''), INVALID_REQUEST);
    expectRefusal(
      await stage.post(`/v1/oauth/token?client_secret=${secret}`, {
        grant_type: 'client_credentials',
        client_id: id,
        scope: 'rest_api:read',
      }),
      { status: 401, error: 'invalid_client' },
    );
  });

  it('POST only: 405 with Allow: POST and invalid_request', async () => {
    const stage = await startStage(host);
    for (const path of ['token', 'device', 'revoke', 'introspect']) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        expectRefusal(await send(stage.port, { method, path: `/v1/oauth/${path}` }), NOT_ALLOWED);
      }
    }
  });

  it('OS-06 there is nothing else below the prefix, and everything outside it is the host’s', async () => {
    const stage = await startStage(host);
    for (const path of [
      '/v1/oauth',
      '/v1/oauth/',
      '/v1/oauth/register',
      '/v1/oauth/token/more',
      '/oauth/none',
    ]) {
      expectRefusal(await stage.post(path, {}), NOT_FOUND);
    }
    for (const path of ['/', '/v1/oauth2', '/v1', '/.well-known/openid-configuration']) {
      const answer = await stage.get(path);
      expect([answer.status, answer.text]).toEqual([404, HOST_404]);
    }
    const options = await send(stage.port, { method: 'OPTIONS', path: '/v1/oauth/token' });
    expect(options.header('Access-Control-Allow-Origin')).toBeUndefined();
  });

  it('a body above 64 KiB is 413, and one of 64 kB in one parameter is refused like any other', async () => {
    const stage = await startStage(host);
    const { credentials } = stage.app;
    const long = 'x'.repeat(63_000);
    expectRefusal(await stage.token({ grant_type: 'refresh_token', ...credentials, refresh_token: long }), {
      status: 400,
      error: 'invalid_grant',
    });
    expectRefusal(await stage.token({ grant_type: long, ...credentials }), {
      status: 400,
      error: 'unsupported_grant_type',
    });
    if (!host.name.includes('parser')) {
      expectRefusal(await stage.token({ grant_type: 'x'.repeat(70_000), ...credentials }), TOO_LARGE);
    }
  });
});

describe('HTTP/1.0', () => {
  it('gets Content-Length and no chunks', async () => {
    const stage = await startStage();
    const body = formOf({
      grant_type: 'client_credentials',
      ...stage.app.credentials,
      scope: 'rest_api:read',
    });
    const answer = await sendBytes(
      stage.port,
      'POST /v1/oauth/token HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n' +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toMatch(/\r\nContent-Length: \d+\r\n/);
    expect(answer).not.toMatch(/chunked/i);
  });
});
