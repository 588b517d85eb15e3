import { expect, it } from 'vitest';
import { onEachFramework, stopHostsAfterEach } from '../support/frameworks.ts';
import { rawGet, sendBytes } from '../support/http-client.ts';
import { hs256, startJwtHost } from './jwt-bench.ts';

stopHostsAfterEach();

const GOOD = hs256();

function status(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
}

function headerNames(answer: string): readonly string[] {
  const head = answer.slice(0, answer.indexOf('\r\n\r\n'));
  return head
    .split('\r\n')
    .slice(1)
    .map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
}

onEachFramework('a guard, asked by bytes,', (framework) => {
  it('accepts a good token, so that the refusals below mean something', async () => {
    const { port } = await startJwtHost(framework);
    expect(status(await rawGet(port, [`Authorization: Bearer ${GOOD}`]))).toBe(200);
    expect(status(await rawGet(port, [`authorization:Bearer \t ${GOOD}  `]))).toBe(200);
  });

  it('BT-07 refuses control bytes and bytes beyond ASCII, wherever they stand', async () => {
    const { port } = await startJwtHost(framework);
    const bytes = [
      ...Array.from({ length: 32 }, (_, i) => i).filter((byte) => byte !== 0x09),
      0x7f,
      0x80,
      0x85,
      0xa0,
      0xc2,
      0xe2,
      0xff,
    ];
    const answers = await Promise.all(
      bytes.flatMap((byte) => {
        const odd = String.fromCharCode(byte);
        return [
          `Bearer ${odd}${GOOD}`,
          `Bearer${odd}${GOOD}`,
          `Bearer ${GOOD}${odd}`,
          `${odd}Bearer ${GOOD}`,
          `Bearer ${GOOD.slice(0, 20)}${odd}${GOOD.slice(20)}`,
        ].map(
          async (value) =>
            [byte, value.indexOf(odd), status(await rawGet(port, [`Authorization: ${value}`]))] as const,
        );
      }),
    );
    // Line ends at the end of the value are the end of the line itself.
    const accepted = answers.filter(
      ([byte, at, code]) =>
        !(code === 400 || code === 401) && !(byte === 0x0d && at > 20) && !(byte === 0x0a && at > 20),
    );
    expect(accepted).toEqual([]);
  });

  it.each([
    ['a length beside chunks', ['Content-Length: 4', 'Transfer-Encoding: chunked']],
    ['chunks beside a length', ['Transfer-Encoding: chunked', 'Content-Length: 4']],
    ['two lengths', ['Content-Length: 4', 'Content-Length: 5']],
    ['a coding behind chunks', ['Transfer-Encoding: chunked, identity']],
  ])('BT-15 never lets a request pass whose end is in doubt: %s', async (_, lines) => {
    const { port } = await startJwtHost(framework);
    const head = ['POST / HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${GOOD}`, ...lines];
    // Behind what one reader takes for the end there is a second request.
    const answer = await sendBytes(port, `${head.join('\r\n')}\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n`);
    expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 400']);
  });

  it.each(['\u00a0', '\u2003', '\u3000', '\ufeff', '\u200b', '\u00ad'])(
    'BT-07 refuses the UTF-8 of %j in place of a blank',
    async (character) => {
      const { port } = await startJwtHost(framework);
      const utf8 = Buffer.from(character).toString('latin1');
      const values = [
        `Bearer${utf8}${GOOD}`,
        `Bearer ${utf8}${GOOD}`,
        `Bearer ${GOOD}${utf8}`,
        `B${utf8}earer ${GOOD}`,
      ];
      const answers = await Promise.all(values.map((value) => rawGet(port, [`Authorization: ${value}`])));
      expect(answers.map((answer) => status(answer))).toEqual([401, 401, 401, 401]);
    },
  );

  it('BT-05 sees two lines in every order and case, and one that is folded is none', async () => {
    const { port } = await startJwtHost(framework);
    const two = [
      [`Authorization: Bearer ${GOOD}`, `authorization: Bearer ${GOOD}`],
      ['AUTHORIZATION: Bearer x', `Authorization: Bearer ${GOOD}`],
      [`Authorization: Bearer ${GOOD}`, 'X-Between: 1', 'Authorization:'],
    ];
    const answers = await Promise.all(two.map((lines) => rawGet(port, lines)));
    expect(answers.map((answer) => status(answer))).toEqual([401, 401, 401]);
    const folded = await rawGet(port, ['Authorization: Bearer', ` ${GOOD}`]);
    expect([400, 401]).toContain(status(folded));
  });

  it('BT-13 lets no input begin a header line', async () => {
    const { port } = await startJwtHost(framework);
    const injections = [
      '\r\nX-Injected: 1',
      '\nX-Injected: 1',
      '\rX-Injected: 1',
      '%0d%0aX-Injected: 1',
      '\u010a\u010dX-Injected: 1',
      '\\r\\nX-Injected: 1',
    ];
    for (const injection of injections) {
      const byValue = await rawGet(port, [`Authorization: Bearer a${injection}`]);
      const byPath = await rawGet(
        port,
        [],
        `/a${injection.replaceAll(' ', '%20')}?b${injection.replaceAll(' ', '%20')}`,
      );
      const byScheme = await rawGet(port, [`Authorization: Bear${injection.replaceAll(' ', '')}er x`]);
      for (const answer of [byValue, byPath, byScheme]) {
        expect([injection, status(answer) >= 400 && status(answer) < 500]).toEqual([injection, true]);
        expect(headerNames(answer)).not.toContain('x-injected');
      }
    }
  });

  it('answers a client of HTTP/1.0 with a length', async () => {
    const { port } = await startJwtHost(framework);
    const answer = await sendBytes(port, 'GET / HTTP/1.0\r\n\r\n');
    expect(status(answer)).toBe(401);
    expect(headerNames(answer)).toContain('content-length');
    expect(headerNames(answer)).not.toContain('transfer-encoding');
  });

  it('accepts a target in the absolute form, and decides alike', async () => {
    const { port } = await startJwtHost(framework);
    const target = 'http://user:password@localhost/things';
    expect(status(await rawGet(port, [], target))).toBe(401);
    expect(status(await rawGet(port, [`Authorization: Bearer ${GOOD}`], target))).toBe(200);
  });
});
