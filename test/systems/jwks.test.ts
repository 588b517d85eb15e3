import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import type { RequestListener } from 'node:http';
import express from 'express';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { mount as expressMount } from '../../src/express.ts';
import { mount as koaMount } from '../../src/koa.ts';
import { mount as nodeMount } from '../../src/node.ts';
import { jwksSystem, type JwksOptions } from '../../src/systems/jwks.ts';
import type { System } from '../../src/systems/endpoints.ts';
import type { DecisionEvent } from '../../src/core/events.ts';
import { complaint } from '../support/complaint.ts';
import { listen, stopHostsAfterEach } from '../support/frameworks.ts';
import { send, type HttpAnswer } from '../support/http-client.ts';
import { ecKeyPair, rsaKeyPair, TEST_SECRET } from '../support/jwt-forge.ts';

stopHostsAfterEach();

const PATH = '/.well-known/jwks.json';

/** A host that answers every path but the system's with 418. */
const HOSTS: readonly { readonly name: string; readonly listener: (system: System) => RequestListener }[] = [
  {
    name: 'node:http',
    listener(system) {
      const answer = nodeMount(system);
      return (request, response) => {
        void answer(request, response, () => response.writeHead(418).end());
      };
    },
  },
  {
    name: 'Express',
    listener(system) {
      const app = express();
      app.use(expressMount(system));
      app.use((_request, response) => {
        response.sendStatus(418);
      });
      return app;
    },
  },
  {
    name: 'Koa',
    listener(system) {
      const app = new Koa();
      app.use(koaMount(system));
      app.use((context) => {
        context.status = 418;
      });
      const handle = app.callback();
      return (request, response) => {
        void handle(request, response);
      };
    },
  },
];
const [NODE] = HOSTS as [(typeof HOSTS)[number]];

async function start(options: JwksOptions): Promise<number> {
  return (await listen(NODE.listener(jwksSystem(options)))).port;
}

function keysOf(answer: HttpAnswer): readonly (JsonWebKey & { alg: string })[] {
  return (answer.json() as { keys: (JsonWebKey & { alg: string })[] }).keys;
}

describe('jwksSystem', () => {
  it.each(HOSTS)(
    'answers on $name with the set, cacheable, and leaves every other path to the host',
    async ({ listener }) => {
      const ec = ecKeyPair('P-256');
      const { port } = await listen(
        listener(jwksSystem({ keys: { key: ec.privatePem, kid: 'a', algorithm: 'ES256' } })),
      );
      const answer = await send(port, { path: PATH });
      const { kty, crv, x, y } = ec.publicKey.export({ format: 'jwk' });
      expect({ status: answer.status, body: answer.json() }).toEqual({
        status: 200,
        body: { keys: [{ kty, crv, x, y, kid: 'a', alg: 'ES256', use: 'sig' }] },
      });
      expect(answer.lines('content-type')).toEqual(['application/json']);
      expect(answer.lines('cache-control')).toEqual(['public, max-age=600']);
      expect(answer.lines('content-length')).toEqual([String(Buffer.byteLength(answer.text))]);
      expect((await send(port, { path: `${PATH}/` })).text).toBe(answer.text);

      const others = [
        '/',
        '/.well-known',
        '/.well-known/',
        '/.well-known/jwks',
        `${PATH}/a`,
        '/.well-known/openid-configuration',
      ];
      const statuses = await Promise.all(others.map(async (path) => (await send(port, { path })).status));
      expect(statuses).toEqual(others.map(() => 418));
    },
  );

  it('answers HEAD with the headers alone and any other method with 405', async () => {
    const port = await start({ keys: ecKeyPair('P-256').privatePem, algorithm: 'ES256' });
    const get = await send(port, { path: PATH });
    const head = await send(port, { method: 'HEAD', path: PATH });
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.lines('content-length')).toEqual(get.lines('content-length'));
    expect(head.lines('cache-control')).toEqual(get.lines('cache-control'));
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await send(port, { method, path: PATH });
      expect([answer.status, answer.header('allow')]).toEqual([405, 'GET, HEAD']);
      expect(answer.header('cache-control')).toBe('no-store');
      expect(answer.json()).toEqual({
        type: 'urn:portcullis:problem:method_not_allowed',
        title: 'The method is not allowed here.',
        status: 405,
        code: 'method_not_allowed',
      });
    }
  });

  it('takes another path and another age', async () => {
    const port = await start({
      keys: ecKeyPair('P-384').publicPem,
      algorithm: 'ES384',
      path: '/keys',
      maxAgeSeconds: 0,
    });
    const answer = await send(port, { path: '/keys' });
    expect([answer.status, answer.header('cache-control')]).toEqual([200, 'public, max-age=0']);
    expect((await send(port, { path: PATH })).status).toBe(418);
  });

  it('publishes nothing that signs: no secret, and of a key pair no private member', async () => {
    const [rsa, ec] = [rsaKeyPair(), ecKeyPair('P-521')];
    const port = await start({
      keys: [
        { key: TEST_SECRET, kid: 'secret', algorithm: 'HS256' },
        { key: rsa.privateKey, kid: 'rsa', algorithm: 'RS256' },
        { key: rsa.privatePem, kid: 'pss', algorithm: 'PS512' },
        { key: ec.privateKey.export({ format: 'jwk' }), kid: 'ec', algorithm: 'ES512' },
        { key: ecKeyPair('P-256').publicPem, algorithm: 'ES256' },
      ],
    });
    const answer = await send(port, { path: PATH });
    expect(keysOf(answer).map((key) => Object.keys(key).join(' '))).toEqual([
      'kty n e kid alg use',
      'kty n e kid alg use',
      'kty crv x y kid alg use',
      'kty crv x y alg use',
    ]);
    expect(answer.text).not.toContain('secret');
    expect(keysOf(answer).map(({ alg }) => alg)).toEqual(['RS256', 'PS512', 'ES512', 'ES256']);
    const { d, p, q, dp, dq, qi } = rsa.privateKey.export({ format: 'jwk' });
    for (const member of [d, p, q, dp, dq, qi]) expect(answer.text).not.toContain(member);
    expect(answer.text).not.toContain(ec.privateKey.export({ format: 'jwk' }).d);
  });

  it('publishes an empty set for a ring of secrets', async () => {
    const port = await start({ keys: TEST_SECRET });
    expect((await send(port, { path: PATH })).json()).toEqual({ keys: [] });
  });

  it('tells of requests, and of nobody who asks', async () => {
    const events: DecisionEvent[] = [];
    const port = await start({
      keys: ecKeyPair('P-256').publicPem,
      algorithm: 'ES256',
      onEvent: (event) => events.push(event),
    });
    await send(port, { path: PATH });
    expect(events).toMatchObject([
      { type: 'decision', outcome: 'allowed', guard: 'jwks', reason: null, principal: null, path: PATH },
    ]);
  });

  it.each<[string, unknown, string]>([
    ['no keys', {}, 'option_missing'],
    ['an unknown option', { keys: TEST_SECRET, ring: 1 }, 'option_unknown'],
    ['a path without a slash', { keys: TEST_SECRET, path: 'jwks.json' }, 'option_invalid'],
    ['a path with a query', { keys: TEST_SECRET, path: '/jwks?a' }, 'option_invalid'],
    ['an age of years', { keys: TEST_SECRET, maxAgeSeconds: 1e9 }, 'option_invalid'],
    [
      'a source that only verifies',
      { keys: { algorithms: new Set(['ES256']), revision: 0, candidates: () => [] } },
      'option_invalid',
    ],
    [
      'a key that has no JWK',
      {
        keys: generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey,
        algorithm: 'PS256',
      },
      'key_invalid',
    ],
  ])('refuses %s', (_, options, code) => {
    expect(complaint(() => jwksSystem(options as JwksOptions))).toMatch(new RegExp(`^${code}: jwksSystem`));
  });
});
