import { describe, expect, it } from 'vitest';
import { mount } from '../../../src/node.ts';
import { listen } from '../../support/frameworks.ts';
import { send, sendBytes } from '../../support/http-client.ts';
import { BAD_TOKEN, expectPair, expectRefusal, NO_SUCH_PATH, NO_TOKEN, POST_ONLY } from './expectations.ts';
import { B2B_HOSTS, HOST_404, PLAIN_HOSTS } from './hosts.ts';
import { startStage, stopStagesAfterEach, type Stage } from './stage.ts';

stopStagesAfterEach();

/** One request whose target goes onto the wire as it stands. */
async function sendTarget(port: number, method: string, target: string, body = ''): Promise<string> {
  const head = [
    `${method} ${target} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  return sendBytes(port, `${head.join('\r\n')}\r\n\r\n${body}`);
}

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}

const NOT_FOUND = '{"error":{"name":"NotFoundError","code":"NOT_FOUND","message":"Not found"}}';

/** Spellings of the login's path: the endpoint itself, the system's 404, or none of its business. */
const TARGETS: Readonly<Record<string, 'endpoint' | 'system' | 'host'>> = {
  '/auth/login': 'endpoint',
  '/auth/login/': 'endpoint',
  '/auth/login?': 'endpoint',
  '/auth/login/?a=/auth/logout': 'endpoint',
  'http://localhost/auth/login': 'endpoint',
  'http://localhost:80/auth/login/': 'endpoint',
  'HTTPS://elsewhere.example/auth/login?x': 'endpoint',
  '/auth/login//': 'system',
  '/auth//login': 'system',
  '/auth/%6Cogin': 'system',
  '/auth/login%2f': 'system',
  '/auth/login%00': 'system',
  '/auth/login;x=1': 'system',
  '/auth/login.json': 'system',
  '/auth/LOGIN': 'system',
  '/auth/./login': 'system',
  '/auth/../auth/login': 'system',
  '/auth/login/..': 'system',
  '/auth/loginx': 'system',
  '/auth/__proto__': 'system',
  '//auth/login': 'host',
  '/Auth/login': 'host',
  '/%61uth/login': 'host',
  '/auth%2flogin': 'host',
  '/./auth/login': 'host',
  '/auth;/login': 'host',
  '/x/../auth/login': 'host',
  'http://localhost': 'host',
  'http://localhost//auth/login': 'host',
};

describe.each(PLAIN_HOSTS)('BT-09 the path of an endpoint on $name', (host) => {
  it.each(Object.entries(TARGETS))('%s is answered by the %s', async (target, whose) => {
    const stage = await startStage(host);
    const { login: username, password } = stage.directory.ada;
    const answer = await sendTarget(stage.port, 'POST', target, JSON.stringify({ username, password }));
    const expected = { endpoint: [200], system: [404, NOT_FOUND], host: [404, HOST_404] }[whose];
    expect([statusOf(answer), bodyOf(answer)].slice(0, expected.length)).toEqual(expected);
  });

  it('of an absolute target is what the events tell, without what stands before it', async () => {
    const stage = await startStage(host);
    await sendTarget(stage.port, 'POST', 'http://ada:geheim@localhost/auth/login?q=geheim', '{}');
    const [event] = stage.events;
    expect(event).toMatchObject({ type: 'decision', guard: 'login', path: '/auth/login' });
    expect(JSON.stringify(event)).not.toContain('geheim');
  });
});

/** Spellings of the protected path. No framework may let any of them through without a token. */
const PROTECTED: readonly string[] = [
  '/api/v1/products',
  '/api/v1/products/',
  '/api/v1/products?',
  '/api/v1//products',
  '//api/v1/products',
  '/api/v1/%70roducts',
  '/api/v1/products%2f',
  '/api/v1/products%00',
  '/api/v1/products;x=1',
  '/API/V1/PRODUCTS',
  '/api/v1/./products',
  '/api/v1/x/../products',
  '/auth/../api/v1/products',
  '/auth/login/../../api/v1/products',
  'http://localhost/api/v1/products',
];

describe.each(PLAIN_HOSTS)('BT-09 the protected resource on $name', (host) => {
  it.each(PROTECTED)('is not reached without a token at %s', async (target) => {
    const stage = await startStage(host);
    const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'OPTIONS'];
    for (const method of methods) {
      const answer = await sendTarget(stage.port, method, target);
      expect([401, 404, 405]).toContain(statusOf(answer));
      expect(answer).not.toContain('products"');
    }
    expect(statusOf(await sendTarget(stage.port, 'HEAD', target))).not.toBe(200);
  });

  it('is not reached by headers that claim another path, method, address or identity', async () => {
    const stage = await startStage(host);
    await stage.b2b.allowlists.add('client:123456', { network: '192.0.2.1' });
    const { port } = stage;
    const tricks: Readonly<Record<string, string>> = {
      'X-HTTP-Method-Override': 'OPTIONS',
      'X-Original-URL': '/auth/login',
      'X-Rewrite-URL': '/public',
      'X-Forwarded-User': 'ada',
      'X-Remote-User': 'ada',
      'X-User-Id': '123456',
      'X-Client-Id': '123456',
      'X-Authenticated': 'true',
      Cookie: 'session=ada; user=123456',
    };
    for (const [name, value] of Object.entries(tricks)) {
      const headers = { [name]: value };
      expectRefusal(await send(port, { path: '/api/v1/products', headers }), NO_TOKEN);
      expectRefusal(await send(port, { path: '/auth/login', headers }), POST_ONLY);
    }
    expectRefusal(
      await send(port, { path: '/api/v1/products', headers: { ...tricks, Authorization: 'Bearer a.b.c' } }),
      BAD_TOKEN,
    );
  });
});

describe('A prefix', () => {
  it('stands before every path of the system, and the system answers nothing outside it', async () => {
    const stage: Stage = await startStage();
    const system = mount(stage.b2b, { prefix: '/partners/v2' });
    const { port } = await listen((request, response) => {
      void system(request, response, () => {
        response.statusCode = 404;
        response.end(HOST_404);
      });
    });
    const body = JSON.stringify({ username: 'ada', password: stage.directory.ada.password });
    const headers = { 'Content-Type': 'application/json' };
    const post = (path: string) => send(port, { method: 'POST', path, headers, body });
    expectPair(await post('/partners/v2/auth/login'));
    expectPair(await post('/partners/v2/auth/login/'));
    expectRefusal(await post('/partners/v2/auth/unknown'), NO_SUCH_PATH);
    for (const path of ['/auth/login', '/partners/auth/login', '/partners/v2auth/login', '/partners/v2']) {
      expect((await post(path)).text).toBe(HOST_404);
    }
  });
});

describe.each(B2B_HOSTS)('BT-12 BT-14 every answer of the endpoints on $name', (host) => {
  it('is kept out of caches, allows no other origin and sets no cookie', async () => {
    const stage = await startStage(host);
    const { login: username, password } = stage.directory.ada;
    const headers = { Origin: 'https://elsewhere.example', 'Access-Control-Request-Method': 'POST' };
    const answers = [
      await stage.post('/auth/login', { username, password }, headers),
      await stage.post('/auth/login', { username, password: 'wrong' }, headers),
      await stage.post('/auth/refresh', { refresh_token: 'x' }, headers),
      await stage.post('/auth/logout', undefined, headers),
      await stage.post('/auth/unknown', undefined, headers),
    ];
    for (const answer of answers) {
      expect(answer.lines('Cache-Control')).toEqual(['no-store']);
      expect(answer.everything).not.toMatch(/access-control-|set-cookie|^etag/im);
    }
  });
});
