import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, signInB2b, signInJwt, signInSession } from './client.ts';
import { buildExamples, endHostsAfterAll, startReady, type ExampleHost, type ReadyLine } from './host.ts';

const PRODUCTS = [
  { id: 1, name: 'Lantern', price: '24.00' },
  { id: 2, name: 'Rope, 20 m', price: '31.50' },
  { id: 3, name: 'Portable forge', price: '480.00' },
];
const HARBOUR = [
  { id: 'aud-1', name: 'Sailors' },
  { id: 'aud-2', name: 'Fishers' },
];
const NOT_FOUND = JSON.stringify({
  error: { name: 'NotFoundError', code: 'NOT_FOUND', message: 'Not found' },
});

const directory = mkdtempSync(join(tmpdir(), 'example-servers-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
beforeAll(buildExamples, 120_000);
endHostsAfterAll();

describe.each([
  { framework: 'express 5', STORE: `sqlite:${join(directory, 'express.db')}`, signal: 'SIGTERM', env: {} },
  { framework: 'koa 3', STORE: 'memory:', signal: 'SIGINT', env: { FRAMEWORK: 'koa' } },
  { framework: 'express 4', STORE: 'memory:', signal: 'SIGTERM', env: { EXPRESS_MAJOR: '4' } },
  { framework: 'koa 2', STORE: 'memory:', signal: 'SIGTERM', env: { FRAMEWORK: 'koa', KOA_MAJOR: '2' } },
  {
    framework: 'node',
    STORE: `sqlite:${join(directory, 'node.db')}`,
    signal: 'SIGTERM',
    env: { FRAMEWORK: 'node' },
  },
] as const)('the example host on $framework', ({ STORE, signal, env }) => {
  let host: ExampleHost;
  let ready: ReadyLine;
  let url: string;

  beforeAll(async () => {
    const started = await startReady({ env: { STORE, ...env } });
    host = started;
    ready = started.ready;
    url = ready.url;
  });

  describe('the B2B API', () => {
    it('refuses a request without a token in its envelope', async () => {
      expect(await ask(`${url}/api/v1/products`)).toEqual({
        status: 401,
        type: 'application/json',
        challenge: 'Bearer',
        body: {
          error: { name: 'UnauthorizedError', code: 'UNAUTHORIZED', message: 'Authentication required' },
        },
      });
    });

    it('signs in, refreshes, opens products and categories, and signs out', async () => {
      const { refresh } = await signInB2b(ready);
      const again = await ask(`${url}/auth/refresh`, { body: { refresh_token: refresh } });
      const { access_token: token, client_id: client } = again.body['data'] as Record<string, unknown>;
      expect(client).toBe(ready.b2b.client_id);
      const authorization = `Bearer ${String(token)}`;
      expect(await ask(`${url}/api/v1/products`, { authorization })).toEqual({
        status: 200,
        type: 'application/json',
        challenge: null,
        body: { success: true, data: PRODUCTS },
      });
      expect((await ask(`${url}/api/v1/categories/`, { authorization })).body).toEqual({
        success: true,
        data: [
          { id: 1, name: 'Light' },
          { id: 2, name: 'Tools' },
        ],
      });
      expect((await ask(`${url}/auth/logout`, { authorization, body: {} })).status).toBe(200);
      expect((await ask(`${url}/api/v1/products`, { authorization })).status).toBe(401);
    });
  });

  describe('the JWT pair API', () => {
    it('refuses a request without a credential in its form', async () => {
      expect(await ask(`${url}/api/v1/audiences/`)).toEqual({
        status: 401,
        type: 'application/json',
        challenge: 'Bearer realm="api"',
        body: { detail: 'Authentication credentials were not provided.' },
      });
    });

    it('opens the audiences of the own workspace to a member and to an API key', async () => {
      const { access, refresh } = await signInJwt(ready);
      for (const authorization of [`Bearer ${access}`, `Api-Key ${ready.apiKey}`]) {
        expect(await ask(`${url}/api/v1/audiences/`, { authorization })).toMatchObject({
          status: 200,
          body: HARBOUR,
        });
        expect((await ask(`${url}/api/v1/audiences/aud-2`, { authorization })).body).toEqual(HARBOUR[1]);
      }
      const refreshed = await ask(`${url}/api/v1/jwt/refresh/`, { body: { refresh } });
      expect(refreshed).toMatchObject({ status: 200, body: { access: expect.any(String) } });
    });

    it("answers another workspace's audience and a missing one with the same 404", async () => {
      const { access } = await signInJwt(ready);
      for (const authorization of [`Bearer ${access}`, `Api-Key ${ready.apiKey}`]) {
        for (const id of ['aud-3', 'aud-99', 'constructor']) {
          expect(await ask(`${url}/api/v1/audiences/${id}/`, { authorization })).toMatchObject({
            status: 404,
            body: { detail: 'Not found.' },
          });
        }
      }
      const other = { authorization: `Api-Key ${ready.otherWorkspaceApiKey}` };
      expect((await ask(`${url}/api/v1/audiences/aud-3/`, other)).body).toEqual({
        id: 'aud-3',
        name: 'Shepherds',
      });
      const { access: otherAccess } = await signInJwt(ready, ready.jwt.other);
      const all = await ask(`${url}/api/v1/audiences/`, { authorization: `Bearer ${otherAccess}` });
      expect(all.body).toEqual([{ id: 'aud-3', name: 'Shepherds' }]);
    });

    it('signs nobody in who is inactive, and shows nothing to whoever has no workspace', async () => {
      const inactive = await ask(`${url}/api/v1/jwt/create/`, { body: ready.jwt.inactive });
      expect(inactive.status).toBe(401);
      const { access } = await signInJwt(ready, ready.jwt.noWorkspace);
      expect((await ask(`${url}/api/v1/audiences/`, { authorization: `Bearer ${access}` })).status).toBe(403);
    });
  });

  describe('the bearer session API', () => {
    it('refuses a request without a token in its form', async () => {
      expect(await ask(`${url}/bearer/reports`)).toMatchObject({
        status: 401,
        challenge: 'Bearer',
        body: { success: false, error: 'invalid_token' },
      });
    });

    it('opens the reports of the account that the session is in', async () => {
      const { access } = await signInSession(ready);
      const headers = { Authentication: `Bearer ${access}` };
      expect((await ask(`${url}/bearer/reports`, { headers })).body).toEqual({
        success: true,
        accountId: 1001,
        reports: [{ id: 10_011, title: 'Sales of account 1001' }],
      });
      const moved = await ask(`${url}/bearer/auth/masquerade`, {
        authorization: `Bearer ${access}`,
        body: { account_id: ready.session.accounts[1] },
      });
      const authorization = `Bearer ${String(moved.body['token'])}`;
      expect((await ask(`${url}/bearer/reports`, { authorization })).body['accountId']).toBe(1002);
      const forbidden = await ask(`${url}/bearer/auth/masquerade`, {
        authorization,
        body: { account_id: ready.session.forbiddenAccount },
      });
      expect(forbidden).toMatchObject({ status: 403, body: { error: 'account_forbidden' } });
    });

    it('is at its own prefix only', async () => {
      expect((await ask(`${url}/bearer/auth/nothing`)).body).toMatchObject({ error: 'invalid_token' });
      expect((await ask(`${url}/reports`)).status).toBe(404);
    });
  });

  it.each([
    ['HEAD', '/healthz', 200, ''],
    ['GET', '/healthz', 200, '{"status":"ok"}'],
    ['GET', '/healthz/', 200, '{"status":"ok"}'],
    ['GET', '/healthz?a=b', 200, '{"status":"ok"}'],
    ['GET', '/readyz', 200, '{"status":"ready"}'],
    ['POST', '/healthz', 404, NOT_FOUND],
    ['GET', '/HEALTHZ', 404, NOT_FOUND],
    ['GET', '/', 404, NOT_FOUND],
    ['GET', '/%zz', 404, NOT_FOUND],
    ['GET', '//', 404, NOT_FOUND],
  ])('answers %s %s with %i', async (method, path, status, body) => {
    const response = await fetch(`${url}${path}`, { method });
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      status,
      'application/json',
      body,
    ]);
  });

  it('bounds guesses of a password', async () => {
    const guess = async (): Promise<number> =>
      (await ask(`${url}/auth/login`, { body: { username: ready.b2b.other.username, password: 'a guess' } }))
        .status;
    const answers: number[] = [];
    for (let attempt = 0; attempt < 6; attempt++) answers.push(await guess());
    expect(answers).toEqual([401, 401, 401, 401, 401, 429]);
  });

  it(`ends well on ${signal}, also with a connection open`, async () => {
    await (await fetch(`${url}/healthz`)).text();
    expect(await host.stop(signal)).toEqual({ code: 0, signal: null });
  });
});
