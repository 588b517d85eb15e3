import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CurlAnswer, parseCurl, performCurl } from '../readme/curl.ts';
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
    const answer = await fetch(`${host.ready.url}/api/v1/products`, {
      headers: { Authorization: `Bearer ${host.ready.jwtBearer.token}` },
    });
    expect(answer.status).toBe(200);
    expect(host.ready).toEqual({
      ready: true,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      jwtBearer: { token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) },
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
  let commands: readonly string[];

  beforeAll(async () => {
    host = startHost();
    url = (await host.printed(/http:\/\/[\d.:]+/)).trim();
    await host.printed(/Ctrl-C stops the server\.\n/);
    commands = host.output().match(/^curl .*$/gm) ?? [];
  });

  it('says where the server is and what each line to paste will get', () => {
    const token = /Bearer ([\w.-]+)/.exec(host.output())?.[1] ?? '';
    expect(host.output().replaceAll(token, 'TOKEN').replaceAll(url, 'URL')).toBe(
      [
        'The example API listens on URL (express).',
        '',
        'Paste into another terminal:',
        '',
        '# Without a token: 401',
        "curl -i 'URL/api/v1/products'",
        '',
        '# With the demonstration token, good for 15 minutes: 200',
        "curl -i -H 'Authorization: Bearer TOKEN' 'URL/api/v1/products'",
        '',
        'What is decided about each request appears here. Ctrl-C stops the server.',
        '',
        '',
      ].join('\n'),
    );
  });

  it('has lines that do as they say', async () => {
    const answers = await Promise.all(commands.map(perform));
    expect(answers.map(({ status }) => status)).toEqual([401, 200]);
  });

  it.skipIf(!hasCurl)('has lines that do as they say in a shell', () => {
    const answers = commands.map((line) => spawnSync('bash', ['-c', line], { encoding: 'utf8' }).stdout);
    expect(answers.map((answer) => answer.split('\r\n')[0])).toEqual([
      'HTTP/1.1 401 Unauthorized',
      'HTTP/1.1 200 OK',
    ]);
    expect(answers[0]).toContain('WWW-Authenticate: Bearer\r\n');
    expect(answers[1]).toContain('{"success":true,"data":[{"id":1,');
  });

  it('tells the reasons of decisions afterwards, but those about probes', async () => {
    await fetch(`${url}/healthz`);
    await Promise.all(commands.map(perform));
    await fetch(`${url}/%1b[31m`);
    await host.printed(/denied {3}GET \/%1b\[31m {2}not_found\n/);
    expect(host.output()).toContain('denied   GET /api/v1/products  credentials_missing\n');
    expect(host.output()).toContain('allowed  GET /api/v1/products  user demo\n');
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
    [{ PORT: 'http' }, 'PORT must be a whole number from 0 to 65535, not "http"; 0 picks one that is free.'],
    [
      { PORT: '65536' },
      'PORT must be a whole number from 0 to 65535, not "65536"; 0 picks one that is free.',
    ],
    [{ PORT: '-1' }, 'PORT must be a whole number from 0 to 65535, not "-1"; 0 picks one that is free.'],
    [
      { JWT_SECRET: 'short' },
      'JWT_SECRET must have at least 32 bytes, not 5; "openssl rand -base64 32" makes one.',
    ],
    [
      { JWT_SECRET: 'x'.repeat(32) },
      'JwtBearerStrategy.keys: the secret repeats one byte. Make one with `openssl rand -base64 32`.',
    ],
    [{ HOST: '192.0.2.1' }, 'HOST must be an address of this machine, not "192.0.2.1".'],
  ])('is refused in one sentence: %o', (env, sentence) => {
    expect(runHost({ env })).toEqual({ code: 2, stdout: '', stderr: `${sentence}\n` });
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

  it('makes a secret of its own for each start without JWT_SECRET', async () => {
    const [one, other] = await Promise.all([startReady(), startReady({ env: { JWT_SECRET: '' } })]);
    const answer = await fetch(`${one.ready.url}/api/v1/products`, {
      headers: { Authorization: `Bearer ${other.ready.jwtBearer.token}` },
    });
    expect(answer.status).toBe(401);
  });
});

function perform(line: string): Promise<CurlAnswer> {
  const command = parseCurl(line);
  return performCurl(command, Number(command.url.port));
}
