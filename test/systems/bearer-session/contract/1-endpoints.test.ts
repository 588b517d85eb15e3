import { describe, expect, it } from 'vitest';
import { rawGet, send, sendBytes } from '../../../support/http-client.ts';
import { HOME, SECOND } from '../directory.ts';
import {
  BAD_TOKEN,
  EXPIRED,
  expectDone,
  expectGrant,
  expectRefusal,
  expectReports,
  NO_SUCH_PATH,
  POST_ONLY,
} from '../expectations.ts';
import { HOST_404, HOSTS } from '../hosts.ts';
import { ADA, bearer, startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

describe.each(HOSTS)('Endpoints on $name', (host) => {
  it('are POST /auth/login, /auth/refresh, /auth/masquerade and /auth/logout', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    const second = expectGrant(await stage.refresh(first.refreshToken));
    const third = expectGrant(await stage.masquerade(second.token, SECOND));
    expectDone(await stage.logout(third.token));
    expect(stage.sessionActions()).toEqual(['started', 'refreshed', 'refreshed', 'revoked']);
  });

  it('are reached with a trailing slash as well, and never by a redirect', async () => {
    const stage = await startStage(host);
    const first = expectGrant(await stage.post('/auth/login/', ADA));
    const second = expectGrant(await stage.post('/auth/refresh/', { refresh_token: first.refreshToken }));
    const third = expectGrant(
      await stage.post('/auth/masquerade/', { account_id: SECOND }, bearer(second.token)),
    );
    expectDone(await stage.post('/auth/logout/', undefined, bearer(third.token)));
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('refuse %s with 405 and Allow', async (method) => {
    const stage = await startStage(host);
    for (const name of ['login', 'refresh', 'masquerade', 'logout']) {
      expectRefusal(await send(stage.port, { method, path: `/auth/${name}` }), POST_ONLY);
    }
  });

  it.each(['/auth', '/auth/', '/auth/Login', '/auth/login//', '/auth/users', '/auth/login/x'])(
    'leave %s unknown: 401 without a bearer token, 404 with one',
    async (path) => {
      const stage = await startStage(host);
      const { token } = await stage.login();
      for (const method of ['GET', 'POST']) {
        expectRefusal(await send(stage.port, { method, path }), BAD_TOKEN);
        expectRefusal(await send(stage.port, { method, path, headers: bearer(token) }), NO_SUCH_PATH);
      }
      stage.clock.advance(3600);
      expectRefusal(await stage.get(path, bearer(token)), EXPIRED);
    },
  );

  it('leave every other path, and OPTIONS, to the host', async () => {
    const stage = await startStage(host);
    for (const path of ['/', '/authentic', '/Auth/login', '/x/auth/login']) {
      expect((await stage.get(path)).text).toBe(HOST_404);
    }
    expect((await send(stage.port, { method: 'OPTIONS', path: '/auth/login' })).text).toBe(HOST_404);
  });

  it('anything else is protected by a bearer token', async () => {
    const stage = await startStage(host);
    expectRefusal(await stage.reports(), BAD_TOKEN);
    const { token } = await stage.login();
    expectReports(await stage.reports(token), HOME, ['reports:read', 'reports:write']);
  });

  it('answer HTTP/1.0 with a length and without chunks', async () => {
    const stage = await startStage(host);
    const body = JSON.stringify(ADA);
    const answer = await sendBytes(
      stage.port,
      `POST /auth/login HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/\r\nContent-Length: \d+\r\n/i);
    expect(answer).not.toMatch(/transfer-encoding/i);
  });

  it('take a GET with a content type and no body for a normal GET', async () => {
    const stage = await startStage(host);
    const { token } = await stage.login();
    const answer = await rawGet(
      stage.port,
      [`Authentication: Bearer ${token}`, 'Content-Type: application/json'],
      '/reports',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });
});
