import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildExamples, endHostsAfterAll, runHost, startHost, startReady, type ExampleHost } from './host.ts';

const hasCurl = spawnSync('curl', ['--version']).status === 0;

beforeAll(buildExamples, 120_000);
endHostsAfterAll();

/** It builds first, when something has changed since the last build. */
const WITH_BUILD = { timeout: 180_000 };

describe('npm start --silent -- --json', WITH_BUILD, () => {
  const command = ['npm', 'start', '--silent', '--'] as const;

  it('prints one line of JSON and nothing else on standard output', async () => {
    const host = await startReady({ command });
    const password = expect.stringMatching(/^[\w-]{16}$/) as string;
    const key = expect.stringMatching(/^demo_/) as string;
    const secret = expect.stringMatching(/^[\w-]{43}$/) as string;
    expect(host.ready).toEqual({
      ready: true,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      b2b: {
        username: 'mara',
        password,
        client_id: 123_456,
        other: { username: 'otto', password, client_id: 123_457 },
      },
      jwt: {
        email: 'ines@example.com',
        password,
        workspace: 'ws-harbour',
        other: { email: 'juan@example.com', password, workspace: 'ws-hill' },
        inactive: { email: 'kim@example.com', password },
        noWorkspace: { email: 'lea@example.com', password },
      },
      apiKey: key,
      otherWorkspaceApiKey: key,
      session: {
        username: 'nils',
        password,
        accounts: [1001, 1002],
        forbiddenAccount: 1003,
        admin: { username: 'rosa', password },
      },
      oauth: {
        confidential: {
          client_id: 'research-sync',
          client_secret: secret,
          redirect_uri: 'http://127.0.0.1:8765/callback',
          team: 'reef',
          team2: 'dune',
        },
        public: { client_id: 'research-desk', redirect_uri: 'http://127.0.0.1/callback' },
        serviceAccount: {
          client_id: 'research-mirror',
          client_secret: secret,
          redirect_uri: 'http://127.0.0.1:8765/callback',
          service_account: expect.stringMatching(/^service-[\w-]{22}$/),
        },
        user: { username: 'theo', password },
        otherUser: { username: 'uma', password },
      },
    });
    expect(host.output()).toBe(`${JSON.stringify(host.ready)}\n`);
    await host.stop();
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('leaves no server behind when npm ends by %s', async (signal) => {
    const host = await startReady({ command });
    const connection = connect(Number(new URL(host.ready.url).port), '127.0.0.1');
    connection.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(connection, 'data');
    host.process.kill(signal);
    await once(connection, 'close');
    await expect(fetch(host.ready.url)).rejects.toThrow('fetch failed');
  });
});

describe('the text for a person', () => {
  let host: ExampleHost;
  let url: string;

  beforeAll(async () => {
    host = startHost();
    url = (await host.printed(/http:\/\/[\d.:]+/)).trim();
    await host.printed(/Ctrl-C stops the server\.\n/);
  });

  it('says where the server is and what each line to paste will get', () => {
    const text = host.output().replaceAll(url, 'URL');
    expect(text.match(/^[^#\n].*\.$/gm)).toEqual([
      'The example API listens on URL (express).',
      'What is decided about each request appears here. Ctrl-C stops the server.',
    ]);
    expect(text.match(/^#.*$/gm)).toEqual([
      '# B2B API without a token: 401',
      '# Sign in, then ask for the products: 200',
      '# JWT pair API without a credential: 401',
      '# Sign in, then ask for the audiences of the workspace: 200',
      '# The same with an API key: 200',
      "# Another workspace's audience, as if it did not exist: 404",
      '# Bearer session API without a token: 401',
      '# Sign in, then ask for the reports of account 1001: 200',
      '# OAuth API without a token: 401',
      '# As the application research-sync, for the team reef: 200',
      '# Connections to Google Ads and Meta Ads are off: set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET, or',
      '# FACEBOOK_CLIENT_ID and FACEBOOK_CLIENT_SECRET.',
      '# A page for people: URL/login (with GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET also by Google; with' +
        ' FACEBOOK_CLIENT_ID, FACEBOOK_CLIENT_SECRET and FACEBOOK_LOGIN=1 by Facebook)',
    ]);
  });

  it.skipIf(!hasCurl)('has lines that do as they say when they are pasted', async () => {
    const pasted =
      host
        .output()
        .match(/^(?:#|curl |[A-Z0-9]+=).*$/gm)
        ?.join('\n') ?? '';
    const { status, stdout } = spawnSync('bash', ['-c', pasted], { encoding: 'utf8' });
    expect(status).toBe(0);
    const promised = [...host.output().matchAll(/^#.*: (\d{3})$/gm)].map(([, code]) => Number(code));
    const answered = [...stdout.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code));
    expect(promised).toEqual([401, 200, 401, 200, 200, 404, 401, 200, 401, 200]);
    expect(answered).toEqual(promised);
    expect(stdout).toContain('{"success":true,"data":[{"id":1,');
    expect(stdout).toContain('[{"id":"aud-1","name":"Sailors"},{"id":"aud-2","name":"Fishers"}]');
    expect(stdout).toContain('{"success":true,"accountId":1001,"reports":[{');
    expect(stdout).toContain('{"subject":{"kind":"client","id":"research-sync"},"research":[{');
  });

  it('tells the reasons of decisions afterwards, but those about probes', async () => {
    await fetch(`${url}/healthz`);
    await fetch(`${url}/api/v1/products`);
    await fetch(`${url}/%1b[31m`);
    await host.printed(/denied {3}GET \/%1b\[31m {2}not_found\n/);
    expect(host.output()).toContain('denied   GET /api/v1/products  credentials_missing\n');
    expect(host.output()).not.toContain('/healthz');
  });

  it('never has a byte in a line that a terminal obeys, since such a path is refused', async () => {
    const connection = connect(Number(new URL(url).port), '127.0.0.1');
    connection.end(Buffer.from('GET /a\x9b31m HTTP/1.1\r\nHost: x\r\n\r\n', 'latin1'));
    const [answer] = (await once(connection, 'data')) as [Buffer];
    expect(answer.toString('latin1').split('\r\n')[0]).toBe('HTTP/1.1 400 Bad Request');
  });
});

describe('what the environment asks for', () => {
  it.each([
    [{ FRAMEWORK: 'fastify' }, 'FRAMEWORK must be express, koa or node, not "fastify".'],
    [
      { JWT_SECRET: 'x'.repeat(32) },
      'b2bSystem.keys: the secret repeats one byte. Make one with `openssl rand -base64 32`.',
    ],
    [{ HOST: '192.0.2.1' }, 'HOST must be an address of this machine, not "192.0.2.1".'],
  ])('is refused in one sentence: %o', (env, sentence) => {
    expect(runHost({ env })).toEqual({ code: 2, stdout: '', stderr: `${sentence}\n` });
  });

  it.each([
    [{ TRUSTED_PROXIES: 'nonsense' }, 'trustedProxies'],
    [{ STORE: 'sqlite:/dev/null/no/portcullis.db' }, '/dev/null'],
  ])('is refused in a sentence that names what is wrong: %o', (env, name) => {
    const { code, stdout, stderr } = runHost({ env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(name);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('cannot be a port in use', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const PORT = String((squatter.address() as AddressInfo).port);
    const sentence = `Port ${PORT} on 127.0.0.1 is in use; choose another with PORT, or PORT=0 for one that is free.`;
    expect(runHost({ env: { PORT } })).toEqual({ code: 2, stdout: '', stderr: `${sentence}\n` });
    squatter.close();
  });

  it('is nothing besides --json on the command line', () => {
    expect(runHost({ args: ['--jsno'] })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'The only argument is --json, not "--jsno".\n',
    });
  });
});
