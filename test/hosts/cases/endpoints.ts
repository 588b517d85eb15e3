import { expect } from 'vitest';
import type { Mountable } from '../../../src/middleware/mounting.ts';
import { jwksSystem } from '../../../src/systems/jwks.ts';
import { ecKeyPair } from '../../support/jwt-forge.ts';
import { HOST_404, type AppParts } from '../hosts.ts';
import { ADA, expectPairAnswer, LOGIN, requestTo, withSystem, type HostCase } from './case.ts';

/** The ways to put a system below `/shop`. */
const BELOW_SHOP: readonly ((system: Mountable) => AppParts)[] = [
  (system) => ({ mounts: [{ system, under: '/shop' }] }),
  (system) => ({ mounts: [{ system, prefix: '/shop' }] }),
];

const JWKS = '/.well-known/jwks.json';
const jwks = (): Mountable => jwksSystem({ keys: ecKeyPair('P-256').privateKey, algorithm: 'ES256' });

export const ENDPOINT_CASES: readonly HostCase[] = [
  {
    name: 'C9 a mounted endpoint answers a body that nobody has parsed, and one that the host has',
    show: (framework) =>
      withSystem(async (system) => {
        for (const parsesBodies of [false, true]) {
          const host = await framework.start({ parsesBodies, mounts: [{ system }] });
          expectPairAnswer(await requestTo(host).post(LOGIN).send(ADA));
        }
      }),
  },
  {
    name: 'C8 a path answers with and without its last slash, and never by a redirect',
    show: (framework) =>
      withSystem(async (system) => {
        const host = await framework.start({ mounts: [{ system }] });
        for (const path of [LOGIN, LOGIN.slice(0, -1), `${LOGIN}?next=/`]) {
          expectPairAnswer(await requestTo(host).post(path).send(ADA));
        }
      }),
  },
  {
    name: "a system is mounted below a path by the host's own means and by mount with a prefix",
    show: (framework) =>
      withSystem(async (system) => {
        for (const below of BELOW_SHOP) {
          const host = await framework.start(below(system));
          expectPairAnswer(await requestTo(host).post(`/shop${LOGIN}`).send(ADA));
          for (const path of [LOGIN, `/shopping${LOGIN}`, `/shop/shop${LOGIN}`, '/shop']) {
            const answer = await requestTo(host).post(path).send(ADA);
            expect([path, answer.status, answer.text]).toEqual([path, 404, HOST_404]);
          }
        }
      }),
  },
  {
    name: 'events name the whole path, wherever the system is mounted',
    async show(framework) {
      const paths: string[] = [];
      await withSystem(
        async (system) => {
          for (const below of BELOW_SHOP) {
            const host = await framework.start(below(system));
            await requestTo(host).post(`/shop${LOGIN}?secret=1`).send(ADA);
          }
        },
        ({ path }) => paths.push(path),
      );
      // A host without a framework has nowhere to keep the target that it cuts the path from.
      const cut = framework.name === 'node:http' ? LOGIN : `/shop${LOGIN}`;
      expect(paths).toEqual([cut, `/shop${LOGIN}`]);
    },
  },
  {
    name: 'two systems stand side by side, and every other path goes to the host',
    show: (framework) =>
      withSystem(async (system) => {
        const mounts = [{ system }, { system: jwks() }, { system, prefix: '/second' }];
        const host = await framework.start({ mounts });
        expectPairAnswer(await requestTo(host).post(LOGIN).send(ADA));
        expectPairAnswer(await requestTo(host).post(`/second${LOGIN}`).send(ADA));
        expect((await requestTo(host).get(JWKS)).status).toBe(200);
        const other = await requestTo(host).get('/elsewhere');
        expect([other.status, other.text]).toEqual([404, HOST_404]);
      }),
  },
  {
    name: 'a method that an endpoint does not have is 405 with Allow',
    show: (framework) =>
      withSystem(async (system) => {
        const host = await framework.start({ mounts: [{ system }] });
        const answer = await requestTo(host).put(LOGIN).send(ADA);
        expect([answer.status, answer.headers['allow'], answer.headers['content-type']]).toEqual([
          405,
          'POST',
          'application/json',
        ]);
      }),
  },
  {
    name: "OPTIONS on an endpoint is the host's",
    show: (framework) =>
      withSystem(async (system) => {
        const host = await framework.start({ mounts: [{ system }] });
        const answer = await requestTo(host).options(LOGIN).set('Origin', 'https://shop.example');
        expect([answer.status, answer.headers['access-control-allow-methods']]).toEqual([204, 'POST']);
      }),
  },
  {
    name: 'HEAD has the headers of GET and no body',
    async show(framework) {
      const host = await framework.start({ mounts: [{ system: jwks() }] });
      const get = await requestTo(host).get(JWKS);
      const head = await requestTo(host).head(JWKS);
      const shown = ({ headers }: { headers: unknown }): unknown => {
        const all = headers as Record<string, unknown>;
        return ['content-type', 'content-length', 'cache-control'].map((name) => all[name]);
      };
      expect([get.status, head.status, head.text]).toEqual([200, 200, undefined]);
      expect(shown(head)).toEqual(shown(get));
    },
  },
  {
    name: 'C10 a GET that names JSON and has no body is a plain GET, in front of a parser and behind one',
    async show(framework) {
      for (const parsesBodies of [false, true]) {
        const host = await framework.start({ parsesBodies, mounts: [{ system: jwks() }] });
        const answer = await requestTo(host).get(JWKS).set('Content-Type', 'application/json');
        expect(answer.status).toBe(200);
      }
    },
  },
  {
    name: 'JSON that cannot be read is 400, in front of a parser and behind one, and is not quoted',
    show: (framework) =>
      withSystem(async (system) => {
        for (const parsesBodies of [false, true]) {
          const host = await framework.start({ parsesBodies, mounts: [{ system }] });
          const answer = await requestTo(host)
            .post(LOGIN)
            .set('Content-Type', 'application/json')
            .send('{"password":"hunter2');
          expect([answer.status, answer.headers['content-type']]).toEqual([400, 'application/json']);
          expect(answer.text).not.toContain('hunter2');
        }
      }),
  },
  {
    name: 'no body at all is the same refusal in front of a parser and behind one',
    show: (framework) =>
      withSystem(async (system) => {
        const texts: string[] = [];
        for (const parsesBodies of [false, true]) {
          const host = await framework.start({ parsesBodies, mounts: [{ system }] });
          const answer = await requestTo(host).post(LOGIN).set('Content-Type', 'application/json');
          texts.push(`${answer.status} ${answer.text}`);
        }
        const required = '["This field is required."]';
        const expected = `400 {"email":${required},"password":${required}}`;
        expect(texts).toEqual([expected, expected]);
      }),
  },
  {
    name: "the host's cookies and CORS headers stay on what an endpoint answers",
    show: (framework) =>
      withSystem(async (system) => {
        const host = await framework.start({
          mounts: [{ system }],
          before: (response) => {
            response.setHeader('Set-Cookie', ['a=1', 'b=2']);
            response.setHeader('Access-Control-Allow-Origin', 'https://shop.example');
          },
        });
        const answer = await requestTo(host).post(LOGIN).send(ADA);
        expectPairAnswer(answer);
        expect([answer.headers['set-cookie'], answer.headers['access-control-allow-origin']]).toEqual([
          ['a=1', 'b=2'],
          'https://shop.example',
        ]);
      }),
  },
  {
    name: 'a login opens a guarded route beside it',
    show: (framework) =>
      withSystem(async (system) => {
        const host = await framework.start({ mounts: [{ system }], chains: [[system.authenticate()]] });
        const { body } = await requestTo(host).post(LOGIN).send(ADA);
        const { access } = body as { access: string };
        const answer = await requestTo(host).get('/things').set('Authorization', `Bearer ${access}`);
        expect([answer.status, answer.body]).toEqual([200, { ids: ['1'] }]);
        const refused = await requestTo(host).get('/things');
        expect([refused.status, refused.text]).toEqual([
          401,
          '{"detail":"Authentication credentials were not provided."}',
        ]);
      }),
  },
];
