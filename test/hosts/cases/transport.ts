import { connect } from 'node:net';
import { expect } from 'vitest';
import { allow } from '../../../src/core/decision.ts';
import type { DecisionEvent } from '../../../src/core/events.ts';
import { authenticate } from '../../../src/middleware/authenticate.ts';
import { jwtStrategy } from '../../adapters/jwt-bench.ts';
import { rawGet, sendBytes } from '../../support/http-client.ts';
import {
  ADA,
  BEARER,
  expectPairAnswer,
  LOGIN,
  MISSING,
  requestTo,
  step,
  withSystem,
  type HostCase,
} from './case.ts';

const jwt = (): ReturnType<typeof authenticate> => authenticate(jwtStrategy());
const LOGIN_BODY = JSON.stringify(ADA);

/** A request as bytes, with the length of its body. */
function bytesOf(head: readonly string[], body: string = ''): string {
  const length = body === '' ? [] : ['Content-Type: application/json', `Content-Length: ${body.length}`];
  return `${[...head, ...length].join('\r\n')}\r\n\r\n${body}`;
}

export const TRANSPORT_CASES: readonly HostCase[] = [
  {
    name: 'HEAD is guarded like GET: no body, and the length of the refusal',
    async show(framework) {
      const host = await framework.start({ chains: [[jwt()]] });
      const refused = await requestTo(host).head('/things');
      expect([
        refused.status,
        refused.headers['content-length'],
        refused.headers['www-authenticate'],
      ]).toEqual([401, String(MISSING.length), 'Bearer']);
      expect((await requestTo(host).head('/things').set('Authorization', BEARER)).status).toBe(200);
    },
  },
  {
    name: 'OPTIONS is guarded like every method: a guard is no place for CORS',
    async show(framework) {
      const host = await framework.start({ chains: [[jwt()]] });
      expect((await requestTo(host).options('/things')).status).toBe(401);
    },
  },
  {
    name: 'C9 a guard answers HTTP/1.0 with a length, without chunks, and the connection ends',
    async show(framework) {
      const host = await framework.start({ chains: [[jwt()]] });
      const answer = await sendBytes(host.port, bytesOf(['GET /things HTTP/1.0']));
      expect(answer).toMatch(/^HTTP\/1\.1 401 /);
      expect(answer).toContain(`\r\nContent-Length: ${MISSING.length}\r\n`);
      expect(answer).not.toMatch(/\r\nTransfer-Encoding:/i);
      expect(answer.split('\r\n\r\n')[1]).toBe(MISSING);
    },
  },
  {
    name: 'C9 an endpoint answers HTTP/1.0 with a length, without chunks, and the connection ends',
    show: (framework) =>
      withSystem(async (system) => {
        const host = await framework.start({ mounts: [{ system }] });
        const answer = await sendBytes(host.port, bytesOf([`POST ${LOGIN} HTTP/1.0`], LOGIN_BODY));
        const [head = '', body = ''] = answer.split('\r\n\r\n');
        expect(head).toMatch(/^HTTP\/1\.1 200 /);
        expect(head).toMatch(new RegExp(`\\r\\nContent-Length: ${body.length}(\\r|$)`));
        expect(head).not.toMatch(/Transfer-Encoding/i);
      }),
  },
  {
    name: 'a connection goes on after a refusal whose body nobody read, short and long',
    async show(framework) {
      const host = await framework.start({ chains: [[jwt()]] });
      for (const size of [10, 300_000]) {
        const refused = bytesOf(['POST /things HTTP/1.1', 'Host: h'], 'x'.repeat(size));
        const next = bytesOf([
          'GET /things HTTP/1.1',
          'Host: h',
          'Connection: close',
          `Authorization: ${BEARER}`,
        ]);
        const answer = await sendBytes(host.port, refused + next);
        expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 200']);
      }
    },
  },
  {
    name: 'a body that is too large is 413, with a length and in chunks, and the connection goes on',
    show: (framework) =>
      withSystem(async (system) => {
        const host = await framework.start({ mounts: [{ system }] });
        const large = JSON.stringify({ ...ADA, padding: 'x'.repeat(80_000) });
        const post = [`POST ${LOGIN} HTTP/1.1`, 'Host: h'];
        const chunked = `${post.join('\r\n')}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`;
        const next = bytesOf([...post, 'Connection: close'], LOGIN_BODY);
        for (const first of [bytesOf(post, large), chunked]) {
          const answer = await sendBytes(host.port, first + next);
          expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
        }
      }),
  },
  {
    name: 'a body in chunks is read like one with a length, in front of a parser and behind one',
    show: (framework) =>
      withSystem(async (system) => {
        for (const parsesBodies of [false, true]) {
          const host = await framework.start({ parsesBodies, mounts: [{ system }] });
          const head = [
            `POST ${LOGIN} HTTP/1.1`,
            'Host: h',
            'Connection: close',
            'Content-Type: application/json',
          ];
          const [one, two] = [LOGIN_BODY.slice(0, 7), LOGIN_BODY.slice(7)];
          const chunks = [one, two].map((each) => `${each.length.toString(16)}\r\n${each}\r\n`).join('');
          const bytes = `${head.join('\r\n')}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
          expect(await sendBytes(host.port, bytes)).toMatch(/^HTTP\/1\.1 200 /);
        }
      }),
  },
  {
    name: 'the absolute form of a target is guarded and mounted as its path, and its password is told to nobody',
    async show(framework) {
      const events: DecisionEvent[] = [];
      const onEvent = (event: DecisionEvent): unknown => events.push(event);
      const own = await framework.start({ chains: [[jwt(), { onEvent }]] });
      const target = 'http://user:pa55@shop.example/things?a=1';
      expect(await rawGet(own.port, [`Authorization: ${BEARER}`], target)).toMatch(/^HTTP\/1\.1 200 /);
      expect(await rawGet(own.port, [], target)).toMatch(/^HTTP\/1\.1 401 /);
      await withSystem(async (system) => {
        const host = await framework.start({ mounts: [{ system }] });
        const head = [`POST http://user:pa55@shop.example${LOGIN} HTTP/1.1`, 'Host: h', 'Connection: close'];
        expect(await sendBytes(host.port, bytesOf(head, LOGIN_BODY))).toMatch(/^HTTP\/1\.1 200 /);
      }, onEvent);
      expect(events.map(({ path }) => path)).toEqual(['/things', '/things', LOGIN]);
      expect(JSON.stringify(events)).not.toContain('pa55');
    },
  },
  {
    name: 'a client that goes away while a guard decides harms nobody',
    async show(framework) {
      let decide = (): void => undefined;
      let first = true;
      let tellAsked = (): void => undefined;
      const asked = new Promise<void>((resolve) => (tellAsked = resolve));
      const slow = step(async (who) => {
        if (first) {
          first = false;
          await new Promise<void>((resolve) => {
            decide = resolve;
            tellAsked();
          });
        }
        return allow(who);
      });
      const host = await framework.start({ chains: [[jwt(), slow]] });
      const socket = connect(host.port, '127.0.0.1');
      socket.write(bytesOf(['GET /things HTTP/1.1', 'Host: h', `Authorization: ${BEARER}`]));
      await asked;
      socket.resetAndDestroy();
      decide();
      const answer = await requestTo(host).get('/things').set('Authorization', BEARER);
      expect([answer.status, answer.body]).toEqual([200, { ids: ['u1'] }]);
    },
  },
  {
    name: 'a client that goes away in the middle of a body harms nobody, in front of a parser and behind one',
    show: (framework) =>
      withSystem(async (system) => {
        for (const parsesBodies of [false, true]) {
          const host = await framework.start({ parsesBodies, mounts: [{ system }] });
          const socket = connect(host.port, '127.0.0.1');
          const whole = bytesOf([`POST ${LOGIN} HTTP/1.1`, 'Host: h'], LOGIN_BODY);
          await new Promise((resolve) => socket.write(whole.slice(0, -20), resolve));
          socket.destroy();
          expectPairAnswer(await requestTo(host).post(LOGIN).send(ADA));
        }
      }),
  },
];
