import { describe, expect, it } from 'vitest';
import { rawGet, send, sendBytes } from '../../../support/http-client.ts';
import { expectDone, expectPair, expectRefusal, NOT_FOUND, notAllowed } from '../expectations.ts';
import { HOST_404, HOSTS, PLAIN_HOSTS } from '../hosts.ts';
import { JWT, startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

/** With the trailing slash of the documentation, without it, and with a query. */
const SPELLINGS = ['/', '', '/?from=here', '?from=here'];

describe.each(HOSTS)('Endpoints on $name', (host) => {
  it('POST /api/v1/jwt/create/: none; obtain pair', async () => {
    const stage = await startStage(host);
    const { email, password } = stage.directory.ada;
    for (const end of SPELLINGS) expectPair(await stage.post(`${JWT}/create${end}`, { email, password }));
  });

  it('POST /api/v1/jwt/refresh/: none; new access token', async () => {
    const stage = await startStage(host);
    const { refresh } = await stage.login();
    for (const end of SPELLINGS) {
      const answer = await stage.post(`${JWT}/refresh${end}`, { refresh });
      expect([answer.status, Object.keys(answer.json() as object)]).toEqual([200, ['access']]);
    }
  });

  it('POST /api/v1/jwt/verify/: none; check a token', async () => {
    const stage = await startStage(host);
    const { access: token } = await stage.login();
    for (const end of SPELLINGS) expectDone(await stage.post(`${JWT}/verify${end}`, { token }), '{}');
  });

  it('POST /api/v1/jwt/logout/: Bearer; invalidate refresh token', async () => {
    const stage = await startStage(host);
    const { access } = await stage.login();
    for (const end of SPELLINGS) {
      const answer = await stage.post(`${JWT}/logout${end}`, undefined, {
        Authorization: `Bearer ${access}`,
      });
      expectDone(answer, '{"detail":"Successfully logged out."}');
    }
  });
});

describe.each(PLAIN_HOSTS)('Paths and methods on $name', (host) => {
  it('Other methods on these paths: 405 with Allow: POST, before any 401', async () => {
    const stage = await startStage(host);
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      for (const path of ['create/', 'refresh', 'verify/', 'logout']) {
        expectRefusal(await send(stage.port, { method, path: `${JWT}/${path}` }), notAllowed(method));
      }
    }
    const head = await send(stage.port, { method: 'HEAD', path: `${JWT}/create/` });
    expect([head.status, head.text, head.header('Allow')]).toEqual([405, '', 'POST']);
  });

  it('Order: 404 (unknown) before 405 before 401', async () => {
    const stage = await startStage(host);
    for (const path of [
      JWT,
      `${JWT}/`,
      `${JWT}/unknown/`,
      `${JWT}//create`,
      `${JWT}/create//`,
      `${JWT}/Create`,
    ]) {
      expectRefusal(await send(stage.port, { path }), NOT_FOUND);
      expectRefusal(await stage.post(path, { email: 'ada@example.com', password: 'x' }), NOT_FOUND);
    }
  });

  it('everything else falls through to the host, and so does OPTIONS', async () => {
    const stage = await startStage(host);
    for (const path of ['/', '/api/v1/jwts/create/', '/jwt/create/', '/api/v1/jw', '/API/v1/jwt/create/']) {
      const answer = await stage.post(path, {});
      expect([answer.status, answer.text]).toEqual([404, HOST_404]);
    }
    for (const path of [`${JWT}/create/`, `${JWT}/unknown`, JWT]) {
      const answer = await send(stage.port, { method: 'OPTIONS', path });
      expect([answer.status, answer.text]).toEqual([404, HOST_404]);
    }
  });

  it('a GET of JSON without a body is a normal GET', async () => {
    const stage = await startStage(host);
    const { access } = await stage.login();
    const headers = { Authorization: `Bearer ${access}`, 'Content-Type': 'application/json' };
    const answer = await send(stage.port, { path: '/api/v1/me/', headers });
    expect([answer.status, answer.json()]).toEqual([200, { kind: 'user', id: '1', workspace: 'ws-1' }]);
  });

  it('AU-12 never takes credentials from a query', async () => {
    const stage = await startStage(host);
    const { access } = await stage.login();
    const { email, password } = stage.directory.ada;
    const query = new URLSearchParams({ email, password, access_token: access, token: access }).toString();
    const asked = await stage.get(undefined, `/api/v1/me/?${query}`);
    expect([asked.status, asked.text]).toEqual([
      401,
      '{"detail":"Authentication credentials were not provided."}',
    ]);
    const created = await stage.post(`${JWT}/create/?${query}`);
    expect(created.status).toBe(400);
    expectRefusal(await send(stage.port, { path: `${JWT}/create/?${query}` }), notAllowed('GET'));
  });

  it('an HTTP/1.0 client gets Content-Length and no chunks', async () => {
    const stage = await startStage(host);
    const { email, password } = stage.directory.ada;
    const body = JSON.stringify({ email, password });
    const answer = await sendBytes(
      stage.port,
      `POST ${JWT}/create/ HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const [head = '', text = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head).toMatch(new RegExp(`\\r\\ncontent-length: ${text.length}(\\r\\n|$)`, 'i'));
    expect(head).not.toMatch(/transfer-encoding/i);
    const refused = await rawGet(stage.port, [], '/api/v1/me/');
    expect(refused).toMatch(/\r\ncontent-length: 58\r\n/i);
  });
});
