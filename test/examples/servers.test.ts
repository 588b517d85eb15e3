import jwt from 'jsonwebtoken';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildExamples, endHostsAfterAll, startReady } from './host.ts';

const SECRET = 'the secret of these tests and of nothing else';
const PRODUCTS = [
  { id: 1, name: 'Lantern', price: '24.00' },
  { id: 2, name: 'Rope, 20 m', price: '31.50' },
  { id: 3, name: 'Portable forge', price: '480.00' },
];

beforeAll(buildExamples, 120_000);
endHostsAfterAll();

describe.each(['express', 'koa', 'node'])('the example host on %s', (framework) => {
  let url: string;
  let token: string;

  beforeAll(async () => {
    const { ready } = await startReady({ env: { FRAMEWORK: framework, JWT_SECRET: SECRET } });
    url = ready.url;
    token = ready.jwtBearer.token;
  });

  it('refuses a request without a token, with a challenge and the envelope', async () => {
    expect(await get(`${url}/api/v1/products`)).toEqual({
      status: 401,
      type: 'application/json',
      caching: 'no-store',
      challenge: 'Bearer',
      body: error('UnauthorizedError', 'UNAUTHORIZED', 'Authentication required'),
    });
  });

  it('answers with the products for the demonstration token', async () => {
    expect(await get(`${url}/api/v1/products`, token)).toEqual({
      status: 200,
      type: 'application/json',
      caching: null,
      challenge: null,
      body: { success: true, data: PRODUCTS },
    });
  });

  it('refuses a token whose signature is not its own', async () => {
    const forged = jwt.sign(claims('products:read'), `${SECRET}!`);
    expect(await get(`${url}/api/v1/products`, forged)).toMatchObject({
      status: 401,
      challenge: 'Bearer error="invalid_token"',
      body: error('UnauthorizedError', 'UNAUTHORIZED', 'Invalid token'),
    });
  });

  it('refuses a token without the scope, and names it', async () => {
    const narrow = jwt.sign(claims('products:write'), SECRET);
    expect(await get(`${url}/api/v1/products`, narrow)).toMatchObject({
      status: 403,
      challenge: 'Bearer error="insufficient_scope", scope="products:read"',
      body: error('ForbiddenError', 'FORBIDDEN', 'Insufficient scope'),
    });
  });

  it.each([
    ['HEAD', '/healthz', 200, ''],
    ['GET', '/healthz', 200, '{"status":"ok"}'],
    ['GET', '/healthz/', 200, '{"status":"ok"}'],
    ['GET', '/healthz?a=b', 200, '{"status":"ok"}'],
    ['POST', '/healthz', 404, JSON.stringify(error('NotFoundError', 'NOT_FOUND', 'Not found'))],
    ['GET', '/HEALTHZ', 404, JSON.stringify(error('NotFoundError', 'NOT_FOUND', 'Not found'))],
    ['GET', '/', 404, JSON.stringify(error('NotFoundError', 'NOT_FOUND', 'Not found'))],
    ['GET', '/%zz', 404, JSON.stringify(error('NotFoundError', 'NOT_FOUND', 'Not found'))],
    ['GET', '//', 404, JSON.stringify(error('NotFoundError', 'NOT_FOUND', 'Not found'))],
  ])('answers %s %s with %i', async (method, path, status, body) => {
    const response = await fetch(`${url}${path}`, { method });
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      status,
      'application/json',
      body,
    ]);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends well on %s, also with a connection open', async (signal) => {
    const host = await startReady({ env: { FRAMEWORK: framework } });
    await (await fetch(`${host.ready.url}/healthz`)).text();
    expect(await host.stop(signal)).toEqual({ code: 0, signal: null });
  });
});

function claims(scope: string): object {
  const now = Math.floor(Date.now() / 1000);
  return { sub: 'u-1', iss: 'https://id.example', aud: 'shop', scope, iat: now, exp: now + 60 };
}

function error(name: string, code: string, message: string): object {
  return { error: { name, code, message } };
}

async function get(url: string, token?: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    caching: response.headers.get('cache-control'),
    challenge: response.headers.get('www-authenticate'),
    body: await response.json(),
  };
}
