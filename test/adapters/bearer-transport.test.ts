import { expect, it } from 'vitest';
import { authenticate } from '../../src/middleware/authenticate.ts';
import { requireScopes } from '../../src/middleware/require-scopes.ts';
import { onEachFramework, stopHostsAfterEach, type Host } from '../support/frameworks.ts';
import type { HttpAnswer, HttpRequest } from '../support/http-client.ts';
import { hs256, jwtStrategy, NOW, PAYLOAD, startJwtHost } from './jwt-bench.ts';

stopHostsAfterEach();

const GOOD = hs256();
const MISSING = {
  error: { name: 'UnauthorizedError', code: 'UNAUTHORIZED', message: 'Authentication required' },
};
const INVALID = { error: { name: 'UnauthorizedError', code: 'UNAUTHORIZED', message: 'Invalid token' } };

/** What matters of a refusal. */
function seen(answer: HttpAnswer): unknown {
  return { status: answer.status, challenge: answer.header('WWW-Authenticate'), body: answer.json() };
}

onEachFramework('a guard', (framework) => {
  it('BT-01 answers a bare request with the bare challenge, and no error code', async () => {
    const host = await startJwtHost(framework);
    expect(seen(await host.get())).toEqual({ status: 401, challenge: 'Bearer', body: MISSING });
    expect(seen(await host.get('Basic YTpi'))).toEqual({ status: 401, challenge: 'Bearer', body: MISSING });
  });

  it('BT-02 answers a bad token with invalid_token', async () => {
    const host = await startJwtHost(framework);
    expect(seen(await host.get(`Bearer ${GOOD}A`))).toEqual({
      status: 401,
      challenge: 'Bearer error="invalid_token"',
      body: INVALID,
    });
  });

  it('BT-02 answers a missing scope with 403, insufficient_scope and the scopes', async () => {
    const host = await framework.start({ chain: [authenticate(jwtStrategy()), requireScopes('a', 'b')] });
    const forbidden = await host.get(`Bearer ${hs256({ ...PAYLOAD, scope: 'a bb' })}`);
    expect(seen(forbidden)).toEqual({
      status: 403,
      challenge: 'Bearer error="insufficient_scope", scope="a b"',
      body: { error: { name: 'ForbiddenError', code: 'FORBIDDEN', message: 'Insufficient scope' } },
    });
    expect((await host.get(`Bearer ${hs256({ ...PAYLOAD, scope: 'b c a' })}`)).status).toBe(200);
    expect((await host.get()).status).toBe(401);
  });

  it('BT-03 takes the scheme in any case, unless its case is configured', async () => {
    const spellings = ['Bearer', 'bearer', 'BEARER', 'bEARER', 'BeArEr'];
    const host = await startJwtHost(framework);
    const exact = await startJwtHost(framework, { exactSchemeCase: true });
    const statuses = async (of: Host): Promise<number[]> =>
      Promise.all(spellings.map(async (scheme) => (await of.get(`${scheme} ${GOOD}`)).status));
    await expect(statuses(host)).resolves.toEqual([200, 200, 200, 200, 200]);
    await expect(statuses(exact)).resolves.toEqual([200, 401, 401, 401, 401]);
  });

  it('BT-04 finds no token in the query, in a body, in a cookie or in a header of another name', async () => {
    const host = await startJwtHost(framework);
    const names = [
      'access_token',
      'token',
      'jwt',
      'auth_token',
      'bearer_token',
      'authorization',
      'Authorization',
      'apikey',
    ];
    const requests: HttpRequest[] = [
      ...names.map((name) => ({ path: `/?${name}=${GOOD}` })),
      ...names.map((name) => ({ path: `/?${name}=Bearer%20${GOOD}` })),
      ...names.map((name) => ({
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: `${name}=${GOOD}`,
      })),
      ...names.map((name) => ({
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ [name]: GOOD }),
      })),
      ...names.map((name) => ({ headers: { Cookie: `${name}=${GOOD}` } })),
      ...['Authentication', 'X-Authorization', 'Proxy-Authorization', 'X-Access-Token', 'Token'].map(
        (name) => ({
          headers: { [name]: `Bearer ${GOOD}` },
        }),
      ),
    ];
    const answers = await Promise.all(requests.map((request) => host.send(request)));
    expect(answers.map((answer) => seen(answer))).toEqual(
      requests.map(() => ({ status: 401, challenge: 'Bearer', body: MISSING })),
    );
    // A good header counts, whatever else the request brings.
    expect(
      (await host.send({ path: '/?access_token=x', headers: { Authorization: `Bearer ${GOOD}` } })).status,
    ).toBe(200);
  });

  it('BT-05 refuses several credentials in one request, good ones too', async () => {
    const host = await startJwtHost(framework);
    const refusal = { status: 401, challenge: 'Bearer error="invalid_request"', body: MISSING };
    const pairs = [
      [`Bearer ${GOOD}`, `Bearer ${GOOD}`],
      [`Bearer ${GOOD}`, 'Bearer x'],
      ['Bearer x', `Bearer ${GOOD}`],
      [`Bearer ${GOOD}`, 'Basic YTpi'],
      ['Basic YTpi', `Bearer ${GOOD}`],
      [`Bearer ${GOOD}`, ''],
    ];
    for (const pair of pairs) {
      expect([pair, seen(await host.send({ headers: { Authorization: pair } }))]).toEqual([pair, refusal]);
    }
    for (const joined of [`Bearer ${GOOD}, Bearer ${GOOD}`, `Bearer ${GOOD},Bearer x`]) {
      expect([joined, seen(await host.get(joined))]).toEqual([joined, refusal]);
    }
    // Without a blank the comma joins nothing: it is a byte that no token has.
    for (const odd of [`Bearer ${GOOD},`, `Bearer ,${GOOD}`, `Bearer ${GOOD},${GOOD}`]) {
      expect([odd, (await host.get(odd)).status]).toEqual([odd, 401]);
    }
  });

  it('BT-05 takes one credential that stands under two configured names for one, and two for too many', async () => {
    const host = await startJwtHost(framework, { headers: ['Authorization', 'Authentication'] });
    const both = (authorization: string, authentication: string): Promise<HttpAnswer> =>
      host.send({ headers: { Authorization: authorization, Authentication: authentication } });
    expect((await host.send({ headers: { Authentication: `Bearer ${GOOD}` } })).status).toBe(200);
    expect((await both(`Bearer ${GOOD}`, `bearer ${GOOD}`)).status).toBe(200);
    expect((await both(`Bearer ${GOOD}`, `Bearer ${hs256({ ...PAYLOAD, jti: '2' })}`)).status).toBe(401);
  });

  it('BT-06 answers every malformed header with 4xx, in the one envelope', async () => {
    const host = await startJwtHost(framework);
    const values = [
      '',
      'Bearer',
      'Bearer ',
      'bearer',
      'Bearer null',
      'Bearer undefined',
      'Bearer [object Object]',
      'Bearer {}',
      'Bearer .',
      'Bearer ..',
      'Bearer ...',
      'Bearer a.b',
      'Bearer a.b.c',
      'Bearer a.b.c d',
      'Bearer a b',
      'Bearer\ta',
      'Bearer=abc',
      'Bearer:abc',
      'Bearer,abc',
      'Bearer "abc"',
      'Bearer %00',
      'Bearer abc==',
      'Basic',
      'Basic !!!',
      'Digest username="a", realm="b"',
      ',',
      '=',
      '"',
      GOOD,
      `Token ${GOOD}`,
      `Bearer${GOOD}`,
      `Bearer ${GOOD} ${GOOD}`,
      'Bearer e30.e30.e30',
      'Bearer eyJhbGciOiJub25lIn0.e30.',
      `Bearer ${'a'.repeat(7000)}`,
    ];
    expect(values.length).toBeGreaterThanOrEqual(27);
    for (const value of values) {
      const answer = await host.get(value);
      const { error } = answer.json() as typeof MISSING;
      expect([value, answer.status, error.code, answer.header('Content-Type')]).toEqual([
        value,
        401,
        'UNAUTHORIZED',
        'application/json',
      ]);
      expect(answer.header('WWW-Authenticate')).toMatch(/^Bearer( error="invalid_(request|token)")?$/);
    }
  });

  it('BT-09 decides alike for every path, method and header that names another path or person', async () => {
    const host = await startJwtHost(framework);
    const paths = [
      '/',
      '//',
      '/a',
      '/a/',
      '/a//b',
      '/A',
      '/a;b=c',
      '/a%2Fb',
      '/%2e%2e/a',
      '/a/../b',
      '/a?b',
      '/?',
      '/a#b',
      '/.well-known/x',
      '/favicon.ico',
      '/a%00',
      '/a%0d%0ab',
      '/*',
      '/robots.txt',
      '/%C0%AF',
    ];
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];
    const tricks = [
      ['X-Original-URL', '/public'],
      ['X-Rewrite-URL', '/public'],
      ['X-HTTP-Method-Override', 'OPTIONS'],
      ['X-Forwarded-User', 'admin'],
      ['X-User-Id', '1'],
      ['X-Forwarded-For', '127.0.0.1'],
      ['X-Real-IP', '127.0.0.1'],
      ['Forwarded', 'for=127.0.0.1'],
      ['X-Forwarded-Host', 'localhost'],
      ['Origin', 'null'],
      ['Referer', '/admin'],
      ['X-Remote-User', 'admin'],
      ['X-Authenticated-Userid', '1'],
    ];
    const requests: HttpRequest[] = [
      ...paths.map((path) => ({ path })),
      ...methods.map((method) => ({ method })),
      ...tricks.map(([name = '', value = '']) => ({ headers: { [name]: value } })),
    ];
    for (const request of requests) {
      const without = await host.send(request);
      expect([request, without.status]).toEqual([request, 401]);
      const headers = { ...request.headers, Authorization: `Bearer ${GOOD}` };
      const answer = await host.send({ ...request, headers });
      expect([request, answer.status, answer.text === '{"id":"u1"}']).toEqual([request, 200, true]);
    }
  });

  it('BT-09 answers HEAD as GET, without a body', async () => {
    const host = await startJwtHost(framework);
    const [get, head] = [await host.get(), await host.send({ method: 'HEAD' })];
    expect([head.status, head.text, head.header('WWW-Authenticate')]).toEqual([401, '', 'Bearer']);
    expect(head.header('Content-Length')).toBe(get.header('Content-Length'));
    expect(head.header('Content-Type')).toBe('application/json');
  });

  it('BT-10 BT-11 writes every refusal in one envelope of JSON, out of caches, with a length', async () => {
    const host = await framework.start({ chain: [authenticate(jwtStrategy()), requireScopes('a')] });
    const answers = [
      await host.get(),
      await host.get('Bearer'),
      await host.get(`Bearer ${GOOD}x`),
      await host.get(`Bearer ${hs256({ ...PAYLOAD, exp: NOW })}`),
      await host.get(`Bearer ${GOOD}`),
    ];
    for (const answer of answers) {
      const { error } = answer.json() as { error: object };
      expect(Object.keys(answer.json() as object)).toEqual(['error']);
      expect(Object.keys(error)).toEqual(['name', 'code', 'message']);
      expect(Object.values(error).every((each) => typeof each === 'string')).toBe(true);
      expect(answer.lines('Content-Type')).toEqual(['application/json']);
      expect(answer.lines('Cache-Control')).toEqual(['no-store']);
      expect(answer.lines('WWW-Authenticate')).toHaveLength(1);
      expect(answer.header('Content-Length')).toBe(String(Buffer.byteLength(answer.text)));
    }
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 403]));
  });

  it('BT-11 tells nothing of the library, of the machine or of what was sent', async () => {
    const host = await startJwtHost(framework);
    const marked = 'marked-7f3a';
    const requests: HttpRequest[] = [
      { headers: { Authorization: `Bearer ${marked}` } },
      { headers: { Authorization: `${marked} abc` } },
      { headers: { Authorization: `Bearer ${hs256({ sub: marked, exp: 1 })}` } },
      { headers: { Authorization: `Bearer ${hs256({ ...PAYLOAD, iss: marked })}` } },
      { path: `/${marked}?${marked}=1` },
      { method: 'POST', body: marked, headers: { 'Content-Type': 'text/plain', 'X-Marked': marked } },
    ];
    for (const request of requests) {
      const { everything } = await host.send(request);
      expect(everything).not.toMatch(
        /marked|eyJ|jwt|jsonwebtoken|passport|node_modules|\/work|\.ts|\.js|at \w+ \(|malformed|signature/i,
      );
    }
  });
});
