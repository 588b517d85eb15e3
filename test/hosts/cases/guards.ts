import { expect } from 'vitest';
import { allow } from '../../../src/core/decision.ts';
import { StoreError } from '../../../src/core/errors.ts';
import { authenticate, open } from '../../../src/middleware/authenticate.ts';
import { ipAllowlist } from '../../../src/middleware/ip-allowlist.ts';
import { requireScopes } from '../../../src/middleware/require-scopes.ts';
import { jwtStrategy } from '../../adapters/jwt-bench.ts';
import { rawGet } from '../../support/http-client.ts';
import { AT_ONCE_AND_LATER, BEARER, INTERNAL, MISSING, requestTo, step, type HostCase } from './case.ts';

const jwt = (): ReturnType<typeof authenticate> => authenticate(jwtStrategy());

export const GUARD_CASES: readonly HostCase[] = [
  {
    name: 'a guard lets a good token pass, and tells who it is in guard.of and in one property',
    async show(framework) {
      const host = await framework.start({
        chains: [[jwt()]],
        handler: ({ passed, holder }) => ({ same: passed[0] === holder['user'], id: passed[0]?.id }),
      });
      const answer = await requestTo(host).get('/things').set('Authorization', BEARER);
      expect([answer.status, answer.body]).toEqual([200, { same: true, id: 'u1' }]);
    },
  },
  {
    name: 'a guard writes the property that it is told to write',
    async show(framework) {
      const host = await framework.start({
        chains: [[jwt(), { property: 'caller' }]],
        handler: ({ holder }) => [Object.hasOwn(holder, 'user'), (holder['caller'] as { id: string }).id],
      });
      const answer = await requestTo(host).get('/things').set('Authorization', BEARER);
      expect(answer.body).toEqual([false, 'u1']);
    },
  },
  {
    name: 'no credential is 401 with the challenge, the whole envelope and nothing to cache',
    async show(framework) {
      const host = await framework.start({ chains: [[jwt()]] });
      const answer = await requestTo(host).get('/things');
      expect([answer.status, answer.text]).toEqual([401, MISSING]);
      expect([
        answer.headers['www-authenticate'],
        answer.headers['content-type'],
        answer.headers['cache-control'],
        answer.headers['content-length'],
        answer.headers['transfer-encoding'],
      ]).toEqual(['Bearer', 'application/json', 'no-store', String(MISSING.length), undefined]);
    },
  },
  {
    name: 'a token that is wrong is 401 with error="invalid_token"',
    async show(framework) {
      const host = await framework.start({ chains: [[jwt()]] });
      const answer = await requestTo(host).get('/things').set('Authorization', `${BEARER}A`);
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([
        401,
        'Bearer error="invalid_token"',
      ]);
    },
  },
  {
    name: 'two Authorization lines are refused, though every host shows only the first',
    async show(framework) {
      const host = await framework.start({ chains: [[jwt()]] });
      const lines = [`Authorization: ${BEARER}`, `Authorization: ${BEARER}`];
      expect(await rawGet(host.port, lines, '/things')).toMatch(
        /^HTTP\/1\.1 401 [^]*\r\nWWW-Authenticate: Bearer error="invalid_request"\r\n/,
      );
      expect(await rawGet(host.port, lines.slice(1), '/things')).toMatch(/^HTTP\/1\.1 200 /);
    },
  },
  {
    name: 'a token in the query is no credential',
    async show(framework) {
      const host = await framework.start({ chains: [[jwt()]] });
      const token = BEARER.slice('Bearer '.length);
      const answer = await requestTo(host).get(`/things?access_token=${token}&token=${token}`);
      expect(answer.status).toBe(401);
    },
  },
  {
    name: 'a scope that is missing is 403 with error="insufficient_scope"',
    async show(framework) {
      const host = await framework.start({ chains: [[jwt(), requireScopes('write')]] });
      const answer = await requestTo(host).get('/things').set('Authorization', BEARER);
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([
        403,
        'Bearer error="insufficient_scope", scope="write"',
      ]);
    },
  },
  {
    name: 'forwarded headers are not believed, however the host is set',
    async show(framework) {
      for (const trustsProxies of [false, true]) {
        for (const [networks, status] of [
          [['127.0.0.0/8', '::ffff:127.0.0.1'], 200],
          [['6.6.6.6'], 403],
        ] as const) {
          const host = await framework.start({ trustsProxies, chains: [[jwt(), ipAllowlist({ networks })]] });
          const answer = await requestTo(host)
            .get('/things')
            .set({ Authorization: BEARER, 'X-Forwarded-For': '6.6.6.6', Forwarded: 'for=6.6.6.6' });
          expect([trustsProxies, networks, answer.status]).toEqual([trustsProxies, networks, status]);
        }
      }
    },
  },
  {
    name: 'the proxies that a guard names are believed, though the host trusts none',
    async show(framework) {
      const allowlist = ipAllowlist({ networks: '6.6.6.6', trustedProxies: '127.0.0.0/8' });
      const host = await framework.start({ chains: [[jwt(), allowlist]] });
      const request = requestTo(host).get('/things').set('Authorization', BEARER);
      expect((await request.set('X-Forwarded-For', '1.1.1.1, 6.6.6.6')).status).toBe(200);
      const spoofed = requestTo(host).get('/things').set('Authorization', BEARER);
      expect((await spoofed.set('X-Forwarded-For', '6.6.6.6, 1.1.1.1')).status).toBe(403);
    },
  },
  {
    name: 'an outage is 503 with the time to wait, at once and later, and the handler never runs',
    async show(framework) {
      let ran = 0;
      for (const failing of AT_ONCE_AND_LATER) {
        const down = step(failing(new StoreError('secret', { retryAfterSeconds: 7 })));
        const host = await framework.start({ chains: [[jwt(), down]], handler: () => (ran += 1) });
        const answer = await requestTo(host).get('/things').set('Authorization', BEARER);
        expect([answer.status, answer.headers['retry-after'], answer.headers['www-authenticate']]).toEqual([
          503,
          '7',
          undefined,
        ]);
        expect(answer.text).not.toContain('secret');
      }
      expect(ran).toBe(0);
    },
  },
  {
    name: 'a guard that breaks is 500 without a word of it, at once and later',
    async show(framework) {
      for (const failing of AT_ONCE_AND_LATER) {
        for (const thrown of [new Error('secret'), undefined, 'secret']) {
          const chain = [jwt(), step(failing(thrown)), { onEvent: () => undefined }] as const;
          const host = await framework.start({ chains: [chain] });
          const answer = await requestTo(host).get('/things').set('Authorization', BEARER);
          expect([answer.status, answer.text]).toEqual([500, INTERNAL]);
        }
      }
    },
  },
  {
    name: 'two guards stand on one route, each with an answer of its own to guard.of',
    async show(framework) {
      const narrowed = step((who) => allow(who === null ? null : { ...who, id: 'narrowed' }));
      const host = await framework.start({ chains: [[jwt()], [jwt(), narrowed]] });
      const answer = await requestTo(host).get('/things').set('Authorization', BEARER);
      expect([answer.status, answer.body]).toEqual([200, { ids: ['u1', 'narrowed'] }]);
    },
  },
  {
    name: 'the second of two guards refuses what the first let pass',
    async show(framework) {
      let ran = 0;
      const chains = [[jwt()], [jwt(), requireScopes('write')]] as const;
      const host = await framework.start({ chains, handler: () => (ran += 1) });
      const answer = await requestTo(host).get('/things').set('Authorization', BEARER);
      expect([answer.status, ran]).toEqual([403, 0]);
    },
  },
  {
    name: 'open and optional guards let a request of nobody pass, and a bad credential not',
    async show(framework) {
      const optional = authenticate(jwtStrategy(), { optional: true });
      const host = await framework.start({ chains: [[open('a test')], [optional]] });
      const nobody = await requestTo(host).get('/things');
      expect([nobody.status, nobody.body]).toEqual([200, { ids: [null, null] }]);
      expect((await requestTo(host).get('/things').set('Authorization', 'Bearer x')).status).toBe(401);
    },
  },
];
