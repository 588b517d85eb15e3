import { expect } from 'vitest';
import { authError } from '../../../src/core/errors.ts';
import { authenticate } from '../../../src/middleware/authenticate.ts';
import { jwtStrategy } from '../../adapters/jwt-bench.ts';
import { rawGet } from '../../support/http-client.ts';
import { AT_ONCE_AND_LATER, BEARER, INTERNAL, requestTo, type HostCase } from './case.ts';

const quiet = { onEvent: () => undefined };
const chain = (): readonly [ReturnType<typeof authenticate>, typeof quiet] => [
  authenticate(jwtStrategy()),
  quiet,
];

export const ERROR_CASES: readonly HostCase[] = [
  {
    name: 'what a handler throws is 500 without a word of it, at once and later',
    async show(framework) {
      for (const failing of AT_ONCE_AND_LATER) {
        for (const thrown of [new Error('secret'), 'secret', { secret: 1 }]) {
          const host = await framework.start({ chains: [chain()], handler: failing(thrown) });
          const answer = await requestTo(host).get('/things').set('Authorization', BEARER);
          expect([answer.status, answer.text]).toEqual([500, INTERNAL]);
        }
      }
    },
  },
  {
    name: 'a handler that throws a refusal is answered with it, at once and later',
    async show(framework) {
      for (const failing of AT_ONCE_AND_LATER) {
        const host = await framework.start({ chains: [chain()], handler: failing(authError('not_found')) });
        const answer = await requestTo(host).get('/things').set('Authorization', BEARER);
        expect([answer.status, answer.headers['content-type']]).toEqual([404, 'application/json']);
      }
    },
  },
  {
    name: 'an error after the answer has begun cuts the connection, at once and later',
    async show(framework) {
      for (const failing of AT_ONCE_AND_LATER) {
        const fail = failing(new Error('secret'));
        const host = await framework.start({
          chains: [chain()],
          handler: ({ response }) => {
            response.write('begun;');
            return fail();
          },
        });
        const bytes = await rawGet(host.port, [`Authorization: ${BEARER}`], '/things');
        expect(bytes).not.toContain('secret');
        // The last chunk, of no length, would say that the answer is whole.
        expect(bytes).not.toMatch(/\r\n0\r\n\r\n$/);
      }
    },
  },
  {
    name: 'an application inside the application is reached through the guard outside it only',
    async show(framework) {
      let ran = 0;
      const host = await framework.start({
        chains: [chain()],
        under: '/inner',
        guardsOutside: true,
        handler: () => (ran += 1),
      });
      const paths = ['/things', '/inner/things', '/inner/things/', '/inner//things', '/inner/%74hings'];
      for (const path of paths) await requestTo(host).get(path);
      expect(ran).toBe(0);
      expect((await requestTo(host).get('/inner/things').set('Authorization', BEARER)).body).toBe(1);
    },
  },
  {
    name: "JSON that the host's parser cannot read is 400 in the envelope, and is not quoted",
    async show(framework) {
      const host = await framework.start({ parsesBodies: true, chains: [chain()] });
      const answer = await requestTo(host)
        .post('/things')
        .set({ Authorization: BEARER, 'Content-Type': 'application/json' })
        .send('{"password":"hunter2');
      expect([answer.status, answer.headers['content-type']]).toEqual([400, 'application/json']);
      expect(answer.text).toMatch(/"code":"SYNTAX_ERROR"/);
      expect(answer.text).not.toContain('hunter2');
    },
  },
];
