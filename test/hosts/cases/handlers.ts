import { AsyncLocalStorage } from 'node:async_hooks';
import { expect } from 'vitest';
import { allow } from '../../../src/core/decision.ts';
import type { DecisionEvent } from '../../../src/core/events.ts';
import { authenticate } from '../../../src/middleware/authenticate.ts';
import { hs256, jwtStrategy, PAYLOAD } from '../../adapters/jwt-bench.ts';
import { BEARER, MISSING, nextTurn, requestTo, step, type HostCase } from './case.ts';

const jwt = (): ReturnType<typeof authenticate> => authenticate(jwtStrategy());

/** What is between a guard and the handler behind it. */
export const HANDLER_CASES: readonly HostCase[] = [
  {
    name: 'headers of decisions join those of the host; cookies and Vary are added, not replaced',
    async show(framework) {
      const headed = step((who) =>
        allow(who, [
          ['Set-Cookie', 'guard=2'],
          ['Vary', 'Authorization'],
          ['X-Left', '9'],
        ]),
      );
      const host = await framework.start({
        chains: [[jwt(), headed]],
        before: (response) => {
          response.setHeader('Set-Cookie', 'host=1');
          response.setHeader('Vary', 'Origin');
        },
        handler: ({ response }) => {
          response.appendHeader('Set-Cookie', 'handler=3');
          return 'fine';
        },
      });
      const { headers } = await requestTo(host).get('/things').set('Authorization', BEARER);
      expect([headers['set-cookie'], headers['vary'], headers['x-left']]).toEqual([
        ['host=1', 'guard=2', 'handler=3'],
        'Origin, Authorization',
        '9',
      ]);
    },
  },
  {
    name: "a refusal keeps the host's cookies and CORS headers, and drops what described another body",
    async show(framework) {
      const host = await framework.start({
        chains: [[jwt()]],
        before: (response) => {
          response.setHeader('Set-Cookie', ['a=1', 'b=2']);
          response.setHeader('Access-Control-Allow-Origin', 'https://shop.example');
          response.setHeader('ETag', '"x"');
          response.setHeader('Content-Encoding', 'br');
          response.setHeader('Content-Type', 'text/html');
        },
      });
      const { headers, text } = await requestTo(host).get('/things');
      expect([
        headers['set-cookie'],
        headers['access-control-allow-origin'],
        headers['etag'],
        headers['content-encoding'],
        headers['content-type'],
        text,
      ]).toEqual([['a=1', 'b=2'], 'https://shop.example', undefined, undefined, 'application/json', MISSING]);
    },
  },
  {
    name: 'the query stays as the host reads it',
    async show(framework) {
      const plain = await framework.start({ handler: ({ query, request }) => [query, request.url] });
      const guarded = await framework.start({
        chains: [[jwt()]],
        handler: ({ query, request }) => [query, request.url],
      });
      const path = '/things?a=1&b=x&b=y&c[d]=2';
      const expected = await requestTo(plain).get(path);
      const answer = await requestTo(guarded).get(path).set('Authorization', BEARER);
      expect([answer.status, answer.body]).toEqual([200, expected.body]);
    },
  },
  {
    name: 'guard.of knows the principal in an application inside the application, behind a guard of its own or outside',
    async show(framework) {
      for (const guardsOutside of [false, true]) {
        const paths: string[] = [];
        const onEvent = (event: DecisionEvent): unknown => paths.push(event.path);
        const host = await framework.start({
          under: '/inner',
          guardsOutside,
          chains: [[jwt(), { onEvent }]],
        });
        const answer = await requestTo(host).get('/inner/things?secret=1').set('Authorization', BEARER);
        expect([answer.status, answer.body, paths]).toEqual([200, { ids: ['u1'] }, ['/inner/things']]);
        expect((await requestTo(host).get('/inner/things')).status).toBe(401);
      }
    },
  },
  {
    name: 'a guard behind a body parser leaves the parsed body as it is',
    async show(framework) {
      const host = await framework.start({
        parsesBodies: true,
        chains: [[jwt()]],
        handler: ({ parsed }) => parsed,
      });
      const answer = await requestTo(host)
        .post('/things')
        .set('Authorization', BEARER)
        .send({ a: [1] });
      expect([answer.status, answer.body]).toEqual([200, { a: [1] }]);
    },
  },
  {
    name: 'a guard in front of whoever reads the body has read none of it, at once and later',
    async show(framework) {
      const slow = step(async (who) => {
        await nextTurn();
        return allow(who);
      });
      for (const between of [step(), slow]) {
        const host = await framework.start({
          chains: [[jwt(), between]],
          handler: async ({ request }) => {
            let size = 0;
            for await (const chunk of request) size += (chunk as Buffer).length;
            return { size };
          },
        });
        const answer = await requestTo(host)
          .post('/things')
          .set({ Authorization: BEARER, 'Content-Type': 'text/plain' })
          .send('x'.repeat(200_000));
        expect([answer.status, answer.body]).toEqual([200, { size: 200_000 }]);
      }
    },
  },
  {
    name: 'what a guard surrounds the handler with lasts as long as the handler does',
    async show(framework) {
      const storage = new AsyncLocalStorage<string>();
      const around = {
        ...step(),
        enter: (who: { id: string } | null, run: () => unknown) => storage.run(`of ${who?.id}`, run),
      };
      const host = await framework.start({
        chains: [[jwt(), around]],
        handler: async () => {
          await nextTurn();
          return { store: storage.getStore() };
        },
      });
      const answer = await requestTo(host).get('/things').set('Authorization', BEARER);
      expect(answer.body).toEqual({ store: 'of u1' });
    },
  },
  {
    name: 'overlapping requests are never answered as each other',
    async show(framework) {
      let turn = 0;
      const slow = step(async (who) => {
        for (let left = (turn += 1) % 4; left > 0; left -= 1) await nextTurn();
        return allow(who);
      });
      const host = await framework.start({
        chains: [[jwt(), slow]],
        handler: ({ passed }) => ({ id: passed[0]?.id }),
      });
      const users = Array.from({ length: 40 }, (_, n) => `user-${n % 7}`);
      const answers = await Promise.all(
        users.map((sub) =>
          requestTo(host)
            .get('/things')
            .set('Authorization', `Bearer ${hs256({ ...PAYLOAD, sub })}`),
        ),
      );
      expect(answers.map(({ body }) => (body as { id: string }).id)).toEqual(users);
    },
  },
];
