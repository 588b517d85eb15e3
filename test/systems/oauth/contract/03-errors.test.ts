import { describe, expect, it } from 'vitest';
import { deny } from '../../../../src/core/decision.ts';
import { authError, StoreError } from '../../../../src/core/errors.ts';
import { memoryStore } from '../../../../src/stores/memory.ts';
import { rateLimit } from '../../../../src/middleware/rate-limit.ts';
import { exchangeWith } from '../../../support/fake-exchange.ts';
import { movableClock } from '../../../support/movable-clock.ts';
import { expectRefusal, expectTokens, UNAVAILABLE } from '../expectations.ts';
import { startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

const EMPTY = () =>
  Promise.resolve({ kind: 'bytes', bytes: new Uint8Array(), contentType: undefined } as const);
const ASKED = { grant_type: 'client_credentials', scope: 'rest_api:read' };

describe('Error body', () => {
  it('names the parameters to check in the hint, and repeats nothing of the request', async () => {
    const stage = await startStage();
    const answer = await stage.token(stage.app.credentials);
    expect(answer.text).toBe(
      '{"error":"invalid_request","error_description":"A parameter is missing, malformed or repeated.","hint":"Check: grant_type"}',
    );
    const strange = await stage.token({ ...stage.app.credentials, grant_type: 'a-strange-<b>grant' });
    expect(strange.everything).not.toContain('strange');
    expect(strange.everything).not.toContain(stage.app.secret);
  });

  it('rate limited: 429 temporarily_unavailable with Retry-After, before anything else is looked at', async () => {
    const asked: string[] = [];
    const stage = await startStage(undefined, {
      endpointLimiter(_exchange, endpoint) {
        asked.push(endpoint);
        return asked.length > 4 ? 12.3 : null;
      },
    });
    for (const path of ['token', 'device', 'revoke', 'introspect']) await stage.post(`/v1/oauth/${path}`, {});
    for (const path of ['token', 'device', 'revoke', 'introspect']) {
      expectRefusal(await stage.post(`/v1/oauth/${path}`, {}), {
        status: 429,
        error: 'temporarily_unavailable',
        retryAfter: '13',
      });
    }
    expect(asked).toEqual([...asked.slice(0, 4), ...asked.slice(0, 4)]);
  });

  it('AU-04 rate limited by address, when the guard for routes is handed in', async () => {
    const clock = movableClock();
    const limit = { name: 'oauth', limit: 3, windowSeconds: 60, by: 'address', clock } as const;
    const stage = await startStage(undefined, {
      clock,
      endpointLimiter: rateLimit({ ...limit, store: memoryStore({ clock }) }),
    });
    for (const path of ['token', 'device', 'revoke']) {
      expectRefusal(await stage.post(`/v1/oauth/${path}`, {}), { status: 400, error: 'invalid_request' });
    }
    const late = { status: 429, error: 'temporarily_unavailable', retryAfter: '60' };
    expectRefusal(await stage.post('/v1/oauth/introspect', {}), late);
    clock.advance(60);
    expectRefusal(await stage.post('/v1/oauth/token', {}), { status: 400, error: 'invalid_request' });
  });

  it('AU-04 rate limited without any option: 1,200 a minute from one address, over these endpoints together', async () => {
    const stage = await startStage();
    const late = { status: 429, error: 'temporarily_unavailable', retryAfter: '60' };
    for (let n = 0; n < 300; n++) {
      for (const name of ['token', 'device', 'revoke', 'introspect']) {
        const path = `/v1/oauth/${name}`;
        const reply = await stage.system.handle(
          exchangeWith({}, { method: 'POST', path, body: EMPTY }),
          path,
        );
        expect(reply?.status).toBe(400);
      }
    }
    for (const name of ['token', 'device', 'revoke', 'introspect']) {
      expectRefusal(await stage.post(`/v1/oauth/${name}`, {}), late);
    }
    stage.address = '203.0.113.8';
    expectRefusal(await stage.post('/v1/oauth/token', {}), { status: 400, error: 'invalid_request' });
    stage.address = '203.0.113.7';
    stage.clock.advance(60);
    expectRefusal(await stage.post('/v1/oauth/token', {}), { status: 400, error: 'invalid_request' });
  });

  it('a guard in the place of the limiter that refuses for another reason: 500, and nobody passes', async () => {
    const stage = await startStage(undefined, {
      endpointLimiter: {
        name: 'elsewhere',
        decide: () => deny(authError('ip_denied')),
        describe: () => ({ guard: 'elsewhere' }),
      },
    });
    const answer = await stage.token({ ...ASKED, ...stage.app.credentials });
    expectRefusal(answer, { status: 500, error: 'server_error' });
  });

  it('internal failure: 500 server_error', async () => {
    const stage = await startStage(undefined, {
      endpointLimiter() {
        throw new Error('a secret of the machine');
      },
    });
    const answer = await stage.token({ ...ASKED, ...stage.app.credentials });
    expectRefusal(answer, { status: 500, error: 'server_error' });
    expect(answer.everything).not.toContain('machine');
  });

  it('outage: 503 temporarily_unavailable, at the endpoints and at protected routes', async () => {
    const clock = movableClock();
    const store = memoryStore({ clock });
    let isDown = false;
    const guarded = new Proxy(store, {
      get(target, name, receiver) {
        const method = Reflect.get(target, name, receiver) as unknown;
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) =>
          isDown ? Promise.reject(new StoreError('down')) : (method.apply(target, args) as unknown);
      },
    });
    const stage = await startStage(undefined, { store: guarded, clock });
    const { access, refresh } = await stage.grant();
    isDown = true;
    for (const path of ['token', 'device', 'revoke', 'introspect']) {
      expectRefusal(
        await stage.post(`/v1/oauth/${path}`, { ...ASKED, ...stage.app.credentials }),
        UNAVAILABLE,
      );
    }
    clock.advance(11);
    expectRefusal(await stage.me(access), UNAVAILABLE);
    isDown = false;
    expect((await stage.me(access)).status).toBe(200);
    expectTokens(await stage.refresh(stage.app, refresh));
  });
});
