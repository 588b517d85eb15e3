import { describe, expect, it } from 'vitest';
import { send } from '../../../support/http-client.ts';
import { expectPair, expectRefusal, expectSuccess, NO_SUCH_PATH, POST_ONLY } from '../expectations.ts';
import { B2B_HOSTS, HOST_404, PRODUCTS } from '../hosts.ts';
import { startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

describe.each(B2B_HOSTS)('Endpoints on $name', (host) => {
  it('POST /auth/login: none; credentials -> pair', async () => {
    const stage = await startStage(host);
    const { login: username, password } = stage.directory.ada;
    for (const path of ['/auth/login', '/auth/login/', '/auth/login?from=here']) {
      expectPair(await stage.post(path, { username, password }));
    }
  });

  it('POST /auth/refresh: none (token in body); new pair', async () => {
    const stage = await startStage(host);
    let { refresh_token: token } = await stage.login();
    for (const path of ['/auth/refresh', '/auth/refresh/', '/auth/refresh?from=here']) {
      ({ refresh_token: token } = expectPair(await stage.post(path, { refresh_token: token })));
    }
  });

  it('POST /auth/logout: Bearer; revoke all tokens of the client', async () => {
    const stage = await startStage(host);
    for (const path of ['/auth/logout', '/auth/logout/', '/auth/logout?from=here']) {
      const { access_token: token } = await stage.login();
      const answer = await stage.post(path, undefined, { Authorization: `Bearer ${token}` });
      expectSuccess(answer, { message: 'Successfully logged out' });
    }
  });

  it('anything else, e.g. GET /api/v1/products: Bearer; protected resource of the host', async () => {
    const stage = await startStage(host);
    const { access_token: token } = await stage.login();
    for (const path of ['/api/v1/products', '/api/v1/products/', '/api/v1/products?page=2']) {
      const answer = await send(stage.port, { path, headers: { Authorization: `Bearer ${token}` } });
      expect([answer.status, answer.text]).toEqual([200, PRODUCTS]);
    }
  });

  it('a path outside /auth/ and outside the routes of the host is the host’s 404', async () => {
    const stage = await startStage(host);
    for (const path of ['/', '/authentic', '/auths/login', '/api/auth/login', '/login', '/AUTH/login']) {
      const answer = await stage.post(path, { username: 'ada', password: 'x' });
      expect([answer.status, answer.text]).toEqual([404, HOST_404]);
    }
  });

  it('OPTIONS is the host’s to answer, everywhere', async () => {
    const stage = await startStage(host);
    for (const path of ['/auth/login', '/auth/refresh/', '/auth/logout', '/auth/unknown', '/auth']) {
      const answer = await send(stage.port, { method: 'OPTIONS', path });
      expect([answer.status, answer.text]).toEqual([404, HOST_404]);
    }
  });

  it('no path of its own is ever mended by a redirect', async () => {
    const stage = await startStage(host);
    for (const path of ['/auth', '/auth/', '/auth//login', '/auth/login//', '/auth/./login', '/auth/Login']) {
      expectRefusal(await stage.post(path, { username: 'ada', password: 'x' }), NO_SUCH_PATH);
    }
  });

  it('another method is 405 under the prefix, where HEAD has no body', async () => {
    const stage = await startStage(host);
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      expectRefusal(await send(stage.port, { method, path: '/auth/login' }), POST_ONLY);
      expectRefusal(await send(stage.port, { method, path: '/auth/refresh/' }), POST_ONLY);
    }
    const head = await send(stage.port, { method: 'HEAD', path: '/auth/logout' });
    expect([head.status, head.text, head.header('Allow'), head.header('Content-Type')]).toEqual([
      405,
      '',
      'POST',
      'application/json',
    ]);
  });
});
