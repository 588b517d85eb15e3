import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { B2B_HOSTS, PRODUCTS } from '../hosts.ts';
import { startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

/** What such a client does with an answer: a status that is no 200 is `false`, and it looks no further. */
interface PlainClient {
  request(method: 'GET' | 'POST', path: string, body?: unknown): Promise<string | false>;
}

/** Speaks HTTP/1.0 over a socket of its own for each request and reads until the server closes it. */
function plainClient(port: number, authorization: () => string | undefined): PlainClient {
  return {
    request(method, path, body) {
      const content = body === undefined ? '' : JSON.stringify(body);
      const token = authorization();
      const head = [
        `${method} ${path} HTTP/1.0`,
        'Host: localhost',
        'Content-Type: application/json',
        ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
        ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(content)}`]),
      ];
      return new Promise((resolve, reject) => {
        const socket = connect(port, '127.0.0.1');
        let text = '';
        socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        socket.on('error', reject);
        socket.on('close', () => {
          const [headers = '', ...rest] = text.split('\r\n\r\n');
          const answer = rest.join('\r\n\r\n');
          expect(headers).toMatch(new RegExp(`^Content-Length: ${Buffer.byteLength(answer)}$`, 'im'));
          expect(headers).not.toMatch(/^Transfer-Encoding:/im);
          resolve(/^HTTP\/1\.[01] 200 /.test(headers) ? answer : false);
        });
        socket.write(`${head.join('\r\n')}\r\n\r\n${content}`);
      });
    },
  };
}

/** Keeps a pair of tokens and refreshes it five minutes early, as the sample does. */
class SampleClient {
  private tokens: Record<string, unknown> | null = null;
  private readonly http: PlainClient;
  private readonly nowSeconds: () => number;

  constructor(port: number, nowSeconds: () => number) {
    this.nowSeconds = nowSeconds;
    this.http = plainClient(port, () => this.tokens?.['access_token'] as string | undefined);
  }

  async authenticate(username: string, password: string): Promise<boolean> {
    return this.store(await this.http.request('POST', '/auth/login', { username, password }));
  }

  async get(path: string): Promise<string | false> {
    const expiry = Date.parse(String(this.tokens?.['access_expires_at'])) / 1000;
    if (this.nowSeconds() >= expiry - 300) {
      const refreshToken = this.tokens?.['refresh_token'];
      const refreshed = await this.http.request('POST', '/auth/refresh', { refresh_token: refreshToken });
      if (!this.store(refreshed)) return false;
    }
    return this.http.request('GET', path);
  }

  private store(answer: string | false): boolean {
    if (answer === false) return false;
    const { success, data } = JSON.parse(answer) as { success: unknown; data: Record<string, unknown> };
    if (success !== true) return false;
    this.tokens = data;
    return true;
  }
}

describe.each(B2B_HOSTS)('What the sample client needs, on $name', (host) => {
  it('logs in, refreshes five minutes early and calls a protected route, over HTTP/1.0 by status alone', async () => {
    const stage = await startStage(host);
    const client = new SampleClient(stage.port, () => stage.clock.seconds());
    expect(await client.authenticate('ada', 'wrong')).toBe(false);
    expect(await client.authenticate('ada', stage.directory.ada.password)).toBe(true);
    expect(await client.get('/api/v1/products')).toBe(PRODUCTS);
    expect(stage.sessionActions()).toEqual(['started']);
    stage.clock.advance(3_300);
    expect(await client.get('/api/v1/products/')).toBe(PRODUCTS);
    expect(stage.sessionActions()).toEqual(['started', 'refreshed']);
    stage.clock.advance(3_299);
    expect(await client.get('/api/v1/products')).toBe(PRODUCTS);
    expect(stage.sessionActions()).toEqual(['started', 'refreshed']);
    stage.clock.advance(8 * 86_400);
    expect(await client.get('/api/v1/products')).toBe(false);
  });

  it('a GET with Content-Type: application/json and no body is a normal GET', async () => {
    const stage = await startStage(host);
    const { access_token: token } = await stage.login();
    const client = plainClient(stage.port, () => token);
    expect(await client.request('GET', '/api/v1/products')).toBe(PRODUCTS);
    expect(await plainClient(stage.port, () => undefined).request('GET', '/api/v1/products')).toBe(false);
  });

  it('a POST is never answered by a redirect, which would make it a GET', async () => {
    const stage = await startStage(host);
    const client = plainClient(stage.port, () => undefined);
    const { login: username, password } = stage.directory.ada;
    for (const path of ['/auth/login', '/auth/login/']) {
      expect(await client.request('POST', path, { username, password })).toMatch(/^\{"success":true,/);
    }
  });

  it('no error comes with status 200', async () => {
    const stage = await startStage(host);
    const client = plainClient(stage.port, () => 'no token');
    for (const [path, body] of [
      ['/auth/login', {}],
      ['/auth/login', { username: 'ada', password: 'wrong' }],
      ['/auth/refresh', {}],
      ['/auth/refresh', { refresh_token: 'no token' }],
      ['/auth/logout', undefined],
      ['/auth/unknown', {}],
    ] as const) {
      expect(await client.request('POST', path, body)).toBe(false);
    }
    expect(await client.request('GET', '/api/v1/products')).toBe(false);
    expect(await client.request('GET', '/auth/login')).toBe(false);
  });
});
