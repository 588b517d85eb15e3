import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  BAD_LOGIN,
  BODY_TOO_LARGE,
  expectPair,
  expectRefusal,
  INVALID_BODY,
  LOGIN_FIELDS,
} from './expectations.ts';
import { B2B_HOSTS, PLAIN_HOSTS } from './hosts.ts';
import { startStage, stopStagesAfterEach, type Stage } from './stage.ts';

stopStagesAfterEach();

const KIB_64 = 64 * 1024;
const MIB = 1024 * 1024;

function credentials({ directory: { ada } }: Stage): { username: string; password: string } {
  return { username: ada.login, password: ada.password };
}

/** A connection that a test writes to piece by piece. */
interface RawConnection {
  readonly socket: Socket;
  write(text: string | Uint8Array): void;
  /** Resolves with all that was received, once it holds so many whole answers or the server has closed. */
  answers(count: number): Promise<readonly string[]>;
}

function openConnection(port: number): RawConnection {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  let closed = false;
  let look = (): void => undefined;
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
    look();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
    look();
  });
  return {
    socket,
    write: (text) => void socket.write(text),
    answers: (count) =>
      new Promise((resolve) => {
        look = () => {
          const found = answersIn(received);
          if (found.length < count && !closed) return;
          socket.destroy();
          resolve(found);
        };
        look();
      }),
  };
}

/** Splits what a server sent into answers by their lengths. */
function answersIn(text: string): readonly string[] {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return [];
  const head = text.slice(0, end);
  const length = head.startsWith('HTTP/1.1 1') ? 0 : Number(/content-length: (\d+)/i.exec(head)?.[1]);
  const next = end + 4 + length;
  return text.length < next ? [] : [text.slice(0, next), ...answersIn(text.slice(next))];
}

function statusesOf(answers: readonly string[]): readonly number[] {
  return answers.map((answer) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]));
}

function loginHead(...lines: string[]): string {
  return [
    'POST /auth/login HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    ...lines,
    '',
    '',
  ].join('\r\n');
}

function loginRequest(body: string): string {
  return `${loginHead(`Content-Length: ${Buffer.byteLength(body)}`)}${body}`;
}

describe.each(B2B_HOSTS)('AU-11 a body on $name', (host) => {
  it('of exactly 64 KiB is read, and of one byte more is 413', async () => {
    const stage = await startStage(host);
    const padded = (bytes: number): string => {
      const start = JSON.stringify({ ...credentials(stage), padding: '' }).slice(0, -2);
      return `${start}${'x'.repeat(bytes - start.length - 2)}"}`;
    };
    expectPair(await stage.post('/auth/login', padded(KIB_64)));
    expectRefusal(await stage.post('/auth/login', padded(KIB_64 + 1)), BODY_TOO_LARGE);
    expectRefusal(await stage.post('/auth/refresh', padded(KIB_64 + 1)), BODY_TOO_LARGE);
  });

  it('of 5 MiB is 413', async () => {
    const stage = await startStage(host);
    const body = { ...credentials(stage), padding: 'x'.repeat(5 * MIB) };
    expectRefusal(await stage.post('/auth/login', body), BODY_TOO_LARGE);
    expectPair(await stage.post('/auth/login', credentials(stage)));
  });

  it('that is deeply nested costs nothing and is no login', async () => {
    const stage = await startStage(host);
    const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expectRefusal(await stage.post('/auth/login', deep(30_000)), LOGIN_FIELDS);
    expectRefusal(
      await stage.post('/auth/login', `{"username":${deep(30_000)},"password":"x"}`),
      LOGIN_FIELDS,
    );
    expectRefusal(await stage.post('/auth/login', deep(40_000)), BODY_TOO_LARGE);
    expectPair(await stage.post('/auth/login', credentials(stage)));
  });

  it('whose keys come twice counts by the last of them', async () => {
    const stage = await startStage(host);
    const { username, password } = credentials(stage);
    const text = (one: string, other: string): string =>
      `{"username":"${username}","password":"${one}","password":"${other}"}`;
    expectPair(await stage.post('/auth/login', text('wrong', password)));
    expectRefusal(await stage.post('/auth/login', text(password, 'wrong')), BAD_LOGIN);
  });

  it.each([
    ['__proto__', '{"__proto__":{"username":"ada","password":"x"}}'],
    ['constructor', '{"constructor":{"prototype":{"username":"ada","password":"x"}}}'],
    ['toString', '{"toString":{"username":"ada"},"password":"x"}'],
  ])('AU-09 with %s sets no field and pollutes nothing', async (_key, body) => {
    const stage = await startStage(host);
    const { status } = await stage.post('/auth/login', body);
    expect(status).toBe(400);
    expect({} as Record<string, unknown>).not.toHaveProperty('username');
    expect({} as Record<string, unknown>).not.toHaveProperty('password');
  });

  it('AU-12 AU-13 that is missing is not looked for in the query, and no other type than JSON is taken', async () => {
    const stage = await startStage(host);
    const { username, password } = credentials(stage);
    const query = `username=${username}&password=${encodeURIComponent(password)}`;
    expectRefusal(await stage.post(`/auth/login?${query}`), INVALID_BODY);
    expectRefusal(await stage.post(`/auth/login?${query}`, {}), LOGIN_FIELDS);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'text/plain; application/json']) {
      const headers = { 'Content-Type': type };
      expectRefusal(await stage.post('/auth/login', { username, password }, headers), INVALID_BODY);
      expectRefusal(await stage.post('/auth/login', query, headers), INVALID_BODY);
    }
  });
});

describe.each(PLAIN_HOSTS)('AU-11 a body on $name, unparsed', (host) => {
  it('that is compressed is refused without inflating it', async () => {
    const stage = await startStage(host);
    const small = gzipSync(JSON.stringify(credentials(stage)));
    const bomb = gzipSync(Buffer.alloc(30 * MIB, 'x'));
    expect(bomb.length).toBeLessThan(KIB_64);
    for (const body of [small, bomb]) {
      for (const encoding of ['gzip', 'GZIP', 'deflate', 'br', 'gzip, identity']) {
        const answer = await stage.post('/auth/login', body, { 'Content-Encoding': encoding });
        expectRefusal(answer, INVALID_BODY);
      }
    }
    expectPair(await stage.post('/auth/login', credentials(stage), { 'Content-Encoding': 'identity' }));
  });

  it('that is not UTF-8 is not JSON', async () => {
    const stage = await startStage(host);
    const body = Buffer.from('{"username":"ada\xff","password":"x"}', 'latin1');
    expectRefusal(await stage.post('/auth/login', body), INVALID_BODY);
  });

  it('with a declared length above the limit leaves the connection to the next request', async () => {
    const { port, ...stage } = await startStage(host);
    const connection = openConnection(port);
    connection.write(`${loginHead(`Content-Length: ${2 * MIB}`)}${'x'.repeat(2 * MIB)}`);
    connection.write(loginRequest(JSON.stringify(credentials({ ...stage, port }))));
    expect(statusesOf(await connection.answers(2))).toEqual([413, 200]);
  });

  it('in chunks that grow above the limit leaves the connection to the next request', async () => {
    const { port, ...stage } = await startStage(host);
    const connection = openConnection(port);
    connection.write(loginHead('Transfer-Encoding: chunked'));
    for (let index = 0; index < 32; index++) {
      connection.write(`10000\r\n${'x'.repeat(0x10000)}\r\n`);
    }
    connection.write(`0\r\n\r\n${loginRequest(JSON.stringify(credentials({ ...stage, port })))}`);
    expect(statusesOf(await connection.answers(2))).toEqual([413, 200]);
  });

  it('in chunks is read like any other', async () => {
    const stage = await startStage(host);
    const body = JSON.stringify(credentials(stage));
    const connection = openConnection(stage.port);
    const chunks =
      body.match(/[^]{1,7}/g)?.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`) ?? [];
    connection.write(`${loginHead('Transfer-Encoding: chunked')}${chunks.join('')}0\r\n\r\n`);
    expect(statusesOf(await connection.answers(1))).toEqual([200]);
  });

  it('that an answer was not waited for is refused with all that follows it in order', async () => {
    const stage = await startStage(host);
    const connection = openConnection(stage.port);
    const right = loginRequest(JSON.stringify(credentials(stage)));
    connection.write(`${loginRequest('{')}${right}${loginRequest('{}')}${right}`);
    expect(statusesOf(await connection.answers(4))).toEqual([400, 200, 400, 200]);
  });

  it('that comes slowly holds nobody else up', async () => {
    const stage = await startStage(host);
    const body = JSON.stringify(credentials(stage));
    const slow = openConnection(stage.port);
    slow.write(`${loginHead(`Content-Length: ${body.length}`)}${body.slice(0, 5)}`);
    expectPair(await stage.post('/auth/login', credentials(stage)));
    slow.write(body.slice(5));
    expect(statusesOf(await slow.answers(1))).toEqual([200]);
  });

  it('that breaks off is no login and harms nobody', async () => {
    const stage = await startStage(host);
    const body = JSON.stringify(credentials(stage));
    const cut = openConnection(stage.port);
    const seen = new Promise<void>((resolve) => {
      const check = (): void => {
        if (stage.events.some((event) => event.type === 'decision' && event.reason === 'body_syntax'))
          resolve();
        else setImmediate(check);
      };
      check();
    });
    cut.write(`${loginHead(`Content-Length: ${body.length + 1}`)}${body}`);
    cut.socket.end();
    await seen;
    expect(stage.sessionActions()).toEqual([]);
    expectPair(await stage.post('/auth/login', credentials(stage)));
  });

  it('that waits for 100 Continue is asked for and read', async () => {
    const stage = await startStage(host);
    const body = JSON.stringify(credentials(stage));
    const connection = openConnection(stage.port);
    connection.write(loginHead('Expect: 100-continue', `Content-Length: ${body.length}`));
    connection.write(body);
    expect(statusesOf(await connection.answers(2))).toEqual([100, 200]);
  });
});
