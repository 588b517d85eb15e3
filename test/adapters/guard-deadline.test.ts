import { afterEach, describe, expect, it, vi } from 'vitest';
import { allow, type EntryGuard, type Guard } from '../../src/core/decision.ts';
import { authenticate, open } from '../../src/middleware/authenticate.ts';
import { runStrategy } from '../../src/passport/run-strategy.ts';
import { JwtBearerStrategy } from '../../strategies/jwt-bearer.ts';
import { onEachFramework, stopHostsAfterEach, type Chain } from '../support/frameworks.ts';
import { forge, TEST_SECRET } from '../support/jwt-forge.ts';

stopHostsAfterEach();
afterEach(() => {
  vi.useRealTimers();
});

const never = (): Promise<never> => new Promise(() => undefined);

const STALLED_ENTRY: EntryGuard<null> = {
  name: 'stalled_entry',
  schemes: [],
  enterChain: never,
  describe: () => ({ guard: 'stalled_entry' }),
};
const STALLED_GUARD: Guard = {
  name: 'stalled_guard',
  decide: never,
  describe: () => ({ guard: 'stalled_guard' }),
};

const stalledJwt = new JwtBearerStrategy({
  algorithm: 'HS256',
  keys: TEST_SECRET,
  issuer: null,
  audience: null,
  principal: never,
});

function bearer(): string {
  const now = Math.floor(Date.now() / 1000);
  const payload = { sub: 'ada', iat: now, exp: now + 600 };
  return `Bearer ${forge({ key: TEST_SECRET, algorithm: 'HS256', payload })}`;
}

onEachFramework('F26 a guard that never answers', (framework) => {
  it.each<[string, Chain]>([
    ['stalled_entry', [STALLED_ENTRY]],
    ['stalled_guard', [open('a test'), STALLED_GUARD]],
    ['authenticate', [authenticate(stalledJwt)]],
  ])('is an outage after the deadline, and opens nothing: %s', async (name, chain) => {
    const events: unknown[] = [];
    const options = { deadlineMs: 20, onEvent: (event: unknown) => events.push(event) };
    const host = await framework.start({ chain: [...chain, options] });
    const answer = await host.get(bearer());
    expect([answer.status, answer.header('Retry-After'), answer.json()]).toEqual([
      503,
      '1',
      {
        error: {
          name: 'ServiceUnavailableError',
          code: 'SERVICE_UNAVAILABLE',
          message: 'Service temporarily unavailable',
        },
      },
    ]);
    expect(events).toMatchObject([
      { outcome: 'failed', guard: name, reason: 'dependency_unavailable', principal: null },
    ]);
  });

  it('leaves one that answers in time alone', async () => {
    const slow: Guard = {
      ...STALLED_GUARD,
      decide: (_exchange, principal) =>
        new Promise((resolve) => {
          setImmediate(() => resolve(allow(principal)));
        }),
    };
    const host = await framework.start({ chain: [open('a test'), slow, { deadlineMs: 60_000 }] });
    expect((await host.get()).status).toBe(200);
  });
});

describe('F26 a strategy under plain Passport', () => {
  it('ends with an error when a callback has not answered after ten seconds', async () => {
    const authorization = bearer();
    vi.useFakeTimers();
    const outcome = runStrategy(stalledJwt, {
      headers: { authorization },
      rawHeaders: ['Authorization', authorization],
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await outcome).toMatchObject({
      action: 'error',
      error: { name: 'StoreError', message: 'jwt-bearer did not answer within 10000 ms' },
    });
  });
});
