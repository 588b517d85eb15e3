import { expect, it } from 'vitest';
import type { Guard } from '../../src/core/decision.ts';
import { authError } from '../../src/core/errors.ts';
import { drf } from '../../src/dialects/drf.ts';
import { requireScopes } from '../../src/middleware/require-scopes.ts';
import type { ApiKeyPrincipal } from '../../src/services/api-keys.ts';
import { closeNodesAfterEach, NEW_KEY } from '../services/api-keys/key-service.ts';
import { onEachFramework, stopHostsAfterEach } from '../support/frameworks.ts';
import { rawGet } from '../support/http-client.ts';
import { apiKeyBench as bench } from './api-key-bench.ts';

closeNodesAfterEach();
stopHostsAfterEach();

const NOT_PROVIDED = '{"detail":"Authentication credentials were not provided."}';

onEachFramework('a route behind Bearer tokens and API keys', (framework) => {
  it('answers a valid key, and every bad one as if none had been sent', async () => {
    const { entry, key, id, keys, clock, bearer, decisions, onEvent } = await bench();
    const host = await framework.start({
      chain: [entry, { dialect: drf(), onEvent }],
      handler: ({ principal }) => ({
        id: principal?.id,
        workspace: principal?.workspace,
        kind: principal?.kind,
      }),
    });
    const accepted = await host.get(`Api-Key ${key}`);
    expect([accepted.status, accepted.text]).toEqual([
      200,
      `{"id":"${id}","workspace":"w1","kind":"api_key"}`,
    ]);
    expect((await host.get(`Bearer ${bearer}`)).json()).toMatchObject({ id: 'ada', kind: 'user' });

    const expiring = await keys.create({ ...NEW_KEY, expiresAt: clock.now() + 1_000 });
    const revoked = await keys.create(NEW_KEY);
    await host.get(`Api-Key ${revoked.key}`);
    await keys.revoke(revoked.record.id);
    clock.advance(1);
    const refused = [
      undefined,
      'Api-Key',
      `Api-Key  ${key}`,
      `Api-Key ${key.slice(0, -1)}`,
      `Api-Key AbCdEfGh.revokedrevokedrevokedrevoked1234`,
      `Api-Key ${id}.${'0'.repeat(32)}`,
      `Api-Key ${expiring.key}`,
      `Api-Key ${revoked.key}`,
      `Api-Key ${key}, Api-Key ${key}`,
      `bearer ${bearer}`,
    ];
    decisions.length = 0;
    for (const authorization of refused) {
      const answer = await host.get(authorization);
      expect([answer.status, answer.text]).toEqual([401, NOT_PROVIDED]);
      expect(answer.lines('WWW-Authenticate')).toEqual(['Bearer realm="api"']);
      expect(answer.header('Cache-Control')).toBe('no-store');
      expect(answer.header('Content-Type')).toBe('application/json');
    }
    expect(decisions.map(({ reason }) => reason)).toEqual([
      'credentials_missing',
      'key_malformed',
      'key_malformed',
      'key_malformed',
      'key_unknown',
      'key_secret_invalid',
      'key_expired',
      'key_revoked',
      'key_malformed',
      'scheme_unsupported',
    ]);
    const told = JSON.stringify(decisions);
    for (const each of [key, expiring.key, revoked.key]) {
      expect(told).not.toContain(each);
      expect(told).not.toContain(each.slice(14, 40));
    }
  });

  it('AK-03 AK-04 refuses two credentials, whichever of them is good', async () => {
    const { entry, key, bearer } = await bench();
    const host = await framework.start({ chain: [entry, { dialect: drf() }] });
    for (const lines of [
      [`Api-Key ${key}`, `Api-Key ${key}`],
      [`Bearer ${bearer}`, `Api-Key ${key}`],
      [`Bearer ${bearer}x`, `Api-Key ${key}`],
    ]) {
      const answer = await host.send({ headers: { Authorization: lines } });
      expect(answer.status).toBe(401);
      expect(answer.everything).not.toContain(key);
    }
    const raw = await rawGet(host.port, [`Authorization: Api-Key ${key}`, `authorization: Api-Key ${key}`]);
    expect(raw).toMatch(/^HTTP\/1\.1 401 /);
    expect(await rawGet(host.port, [`Authorization: Api-Key ${key}\0`])).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('sends Deprecation and Sunset to callers of a key that was replaced, to the end of the overlap', async () => {
    const { entry, key, id, keys, clock } = await bench();
    const host = await framework.start({ chain: [entry, { dialect: drf() }] });
    const next = await keys.rotate(id, { overlapSeconds: 600 });
    const old = await host.get(`Api-Key ${key}`);
    expect([old.status, old.lines('Deprecation'), old.lines('Sunset')]).toEqual([
      200,
      ['@1767225600'],
      ['Thu, 01 Jan 2026 00:10:00 GMT'],
    ]);
    const fresh = await host.get(`Api-Key ${next?.key ?? ''}`);
    expect([fresh.status, fresh.lines('Deprecation'), fresh.lines('Sunset')]).toEqual([200, [], []]);
    clock.advance(600);
    const over = await host.get(`Api-Key ${key}`);
    expect([over.status, over.text, over.lines('Sunset')]).toEqual([401, NOT_PROVIDED, []]);
    expect((await host.get(`Api-Key ${next?.key ?? ''}`)).status).toBe(200);
  });

  it('answers an outage of the store with 503 and nothing of the key', async () => {
    const { entry, key, observed, clock, decisions, onEvent } = await bench();
    const host = await framework.start({ chain: [entry, { dialect: drf(), onEvent }] });
    expect((await host.get(`Api-Key ${key}`)).status).toBe(200);
    observed.down = 'all';
    clock.advance(10.001);
    const answer = await host.get(`Api-Key ${key}`);
    expect(answer.status).toBe(503);
    expect(answer.header('Retry-After')).toBe('1');
    expect(answer.lines('WWW-Authenticate')).toEqual([]);
    expect(answer.everything).not.toContain(key.slice(14, 40));
    expect(decisions.at(-1)).toMatchObject({ outcome: 'failed', reason: 'dependency_unavailable' });
    observed.down = null;
    expect((await host.get(`Api-Key ${key}`)).status).toBe(200);
  });

  it('AK-06 answers a key that is over its limit with 429 and not with 401', async () => {
    const { entry, key, id, keys } = await bench();
    await keys.update(id, { rateLimit: { limit: 1, windowSeconds: 60 } });
    let used = 0;
    const limit: Guard = {
      name: 'limit',
      describe: () => ({ guard: 'limit' }),
      decide(_exchange, principal) {
        used += 1;
        const { rateLimit } = principal as ApiKeyPrincipal;
        if (rateLimit === null || used <= rateLimit.limit) return { kind: 'allow', principal };
        const retryAfterSeconds = rateLimit.windowSeconds;
        return { kind: 'deny', error: authError('rate_limited', { retryAfterSeconds }) };
      },
    };
    const host = await framework.start({ chain: [entry, limit, { dialect: drf() }] });
    expect((await host.get(`Api-Key ${key}`)).status).toBe(200);
    const answer = await host.get(`Api-Key ${key}`);
    expect([answer.status, answer.header('Retry-After'), answer.lines('WWW-Authenticate')]).toEqual([
      429,
      '60',
      [],
    ]);
  });

  it('holds a key to its scopes', async () => {
    const { entry, key } = await bench();
    const read = await framework.start({
      chain: [entry, requireScopes('audiences:read'), { dialect: drf() }],
    });
    const write = await framework.start({
      chain: [entry, requireScopes('audiences:write'), { dialect: drf() }],
    });
    expect((await read.get(`Api-Key ${key}`)).status).toBe(200);
    const refused = await write.get(`Api-Key ${key}`);
    expect([refused.status, refused.text]).toEqual([
      403,
      '{"detail":"You do not have permission to perform this action."}',
    ]);
  });

  it('AK-05 makes no key for whoever asks over HTTP', async () => {
    const { entry, observed } = await bench();
    const host = await framework.start({ chain: [entry, { dialect: drf() }] });
    const before = observed.count('put');
    for (const path of ['/', '/api/v1/keys', '/api/v1/api-keys/', '/api-key/create']) {
      const answer = await host.send({
        method: 'POST',
        path,
        headers: { 'Content-Type': 'application/json' },
        body: '{"name":"mine","workspace":"w1","userId":"ada"}',
      });
      expect([answer.status, answer.text]).toEqual([401, NOT_PROVIDED]);
    }
    expect(observed.count('put')).toBe(before);
  });
});
