import { describe, expect, it } from 'vitest';
import { allow, type Decision, type EntryGuard } from '../../src/core/decision.ts';
import { StoreError } from '../../src/core/errors.ts';
import type { DecisionEvent } from '../../src/core/events.ts';
import type { Principal } from '../../src/core/principal.ts';
import { drf } from '../../src/dialects/drf.ts';
import { open } from '../../src/middleware/authenticate.ts';
import { rateLimit, type CountedRequest, type RateLimitOptions } from '../../src/middleware/rate-limit.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { complaint } from '../support/complaint.ts';
import { exchangeWith } from '../support/fake-exchange.ts';
import { onEachFramework, stopHostsAfterEach } from '../support/frameworks.ts';
import { movableClock } from '../support/movable-clock.ts';

stopHostsAfterEach();

const ADA: Principal = { kind: 'user', id: '7' };
const BOB: Principal = { kind: 'user', id: '8' };
const KEY_OF_THE_SAME_ID: Principal = { kind: 'api_key', id: '7', workspace: 'w1' };

function stage(options: Partial<RateLimitOptions> = {}) {
  const clock = movableClock();
  const store = memoryStore({ clock });
  const guard = rateLimit({ name: 'search', limit: 2, windowSeconds: 60, store, clock, ...options });
  async function ask(
    principal: Principal | null,
    peerAddress: string | undefined = '192.0.2.1',
    headers = {},
  ): Promise<string> {
    const decision: Decision<unknown> = await guard.decide(exchangeWith(headers, { peerAddress }), principal);
    if (decision.kind === 'allow') return 'passes';
    return `${decision.error.code} ${decision.error.details.retryAfterSeconds}`;
  }
  return { clock, store, guard, ask };
}

/** An entry that takes everybody for this party. */
function everybodyIs(principal: Principal): EntryGuard<Principal> {
  return {
    name: 'everybody',
    schemes: ['Bearer'],
    enterChain: () => allow(principal),
    describe: () => ({ guard: 'everybody' }),
  };
}

describe('rateLimit', () => {
  it('counts each party by itself, wherever it comes from', async () => {
    const { ask } = stage();
    expect(await ask(ADA, '192.0.2.1')).toBe('passes');
    expect(await ask(ADA, '192.0.2.2')).toBe('passes');
    expect(await ask(ADA, '192.0.2.3')).toBe('rate_limited 60');
    expect(await ask(BOB)).toBe('passes');
    expect(await ask(KEY_OF_THE_SAME_ID)).toBe('passes');
  });

  it('IP-08 counts nobody by address: mapped is IPv4, and IPv6 counts by its /64', async () => {
    const { ask } = stage();
    expect(await ask(null, '192.0.2.1')).toBe('passes');
    expect(await ask(null, '::ffff:192.0.2.1')).toBe('passes');
    expect(await ask(null, '192.0.2.1')).toBe('rate_limited 60');
    expect(await ask(null, '192.0.2.2')).toBe('passes');
    expect(await ask(null, '2001:db8::1')).toBe('passes');
    expect(await ask(null, '2001:db8::ffff:2')).toBe('passes');
    expect(await ask(null, '2001:db8::3')).toBe('rate_limited 60');
    expect(await ask(null, '2001:db8:0:1::1')).toBe('passes');
  });

  it('IP-08 believes a forwarded address from a trusted proxy only', async () => {
    const direct = stage({ by: 'address' });
    const via = (from: string): { 'x-forwarded-for': string } => ({ 'x-forwarded-for': from });
    for (const from of ['203.0.113.1', '203.0.113.2']) await direct.ask(ADA, '8.8.8.8', via(from));
    expect(await direct.ask(ADA, '8.8.8.8', via('203.0.113.3'))).toBe('rate_limited 60');
    const proxied = stage({ by: 'address', trustedProxies: '10.0.0.1' });
    for (const from of ['203.0.113.1', '203.0.113.1']) await proxied.ask(ADA, '10.0.0.1', via(from));
    expect(await proxied.ask(BOB, '10.0.0.1', via('203.0.113.1'))).toBe('rate_limited 60');
    expect(await proxied.ask(BOB, '10.0.0.1', via('203.0.113.2'))).toBe('passes');
  });

  it('puts all whose address cannot be known into one count', async () => {
    const { ask } = stage({ clientAddress: () => null });
    expect([await ask(null), await ask(null, '192.0.2.9'), await ask(null, '192.0.2.8')]).toEqual([
      'passes',
      'passes',
      'rate_limited 60',
    ]);
  });

  it("counts by the host's own text, and not at all where that is null", async () => {
    const { ask } = stage({ by: (_exchange, principal) => principal?.workspace ?? null });
    const member = { ...ADA, workspace: 'w1' };
    expect([await ask(member), await ask({ ...BOB, workspace: 'w1' }), await ask(member)]).toEqual([
      'passes',
      'passes',
      'rate_limited 60',
    ]);
    for (let count = 0; count < 5; count++) expect(await ask(ADA)).toBe('passes');
  });

  it.each([undefined, 7, true, {}])("fails where the host's own text is %s", async (answer) => {
    const { ask } = stage({ by: () => answer as never });
    await expect(ask(ADA)).rejects.toThrow('rateLimit.by must return text, or null for no limit.');
  });

  it('shares the count of a name among guards and processes, and no other', async () => {
    const { store, clock, ask } = stage();
    const same = stage({ store, clock });
    const other = stage({ store, clock, name: 'export' });
    await ask(ADA);
    await same.ask(ADA);
    expect([await ask(ADA), await other.ask(ADA)]).toEqual(['rate_limited 60', 'passes']);
  });

  it("is replaced by the host's own limiter, and takes no answer of it for leave but null", async () => {
    const asked: CountedRequest[] = [];
    const answers: unknown[] = [null, 7.2, undefined, true];
    const limiter = {
      take(request: CountedRequest) {
        asked.push(request);
        return answers.shift() as number | null;
      },
    };
    const { ask } = stage({ store: undefined, limiter });
    expect([await ask(ADA), await ask(ADA), await ask(ADA)]).toEqual([
      'passes',
      'rate_limited 7.2',
      'passes',
    ]);
    await expect(ask(ADA)).rejects.toThrow(
      'rateLimit.limiter.take must return the seconds to wait, or null.',
    );
    expect(asked[0]).toEqual({ name: '["search","user 7"]', limit: 2, windowSeconds: 60 });
  });

  it('says in route listings what it limits', () => {
    expect(stage().guard.describe()).toEqual({
      guard: 'rate_limit',
      name: 'search',
      limit: 2,
      windowSeconds: 60,
      by: 'principal',
    });
  });

  const whole = { name: 'search', limit: 2, windowSeconds: 60, store: memoryStore() };
  it.each<[string, object, string]>([
    ['no name', { ...whole, name: undefined }, 'option_missing: rateLimit.name is required'],
    [
      'no limit',
      { ...whole, limit: 0 },
      'option_invalid: rateLimit.limit must be a whole number of at least 1',
    ],
    ['no window', { ...whole, windowSeconds: 0.5 }, 'option_invalid: rateLimit.windowSeconds must be'],
    [
      'neither store nor limiter',
      { ...whole, store: undefined },
      'option_missing: rateLimit: give the store',
    ],
    [
      'both store and limiter',
      { ...whole, limiter: { take: () => null } },
      'option_conflict: rateLimit: limiter takes the place',
    ],
    ['another word', { ...whole, by: 'ip' }, 'option_invalid: rateLimit.by must be one of'],
    ['a slip', { ...whole, window: 60 }, 'option_unknown: rateLimit: unknown option "window"'],
  ])('refuses %s', (_what, options, message) => {
    expect(complaint(() => rateLimit(options as RateLimitOptions))).toContain(message);
  });
});

onEachFramework('a route with a rate limit', (framework) => {
  it('AU-05 answers 429 with whole seconds in the dialect of the chain, and nothing about limits before', async () => {
    const clock = movableClock();
    const events: DecisionEvent[] = [];
    const limit = rateLimit({ name: 'x', limit: 1, windowSeconds: 60, store: memoryStore({ clock }), clock });
    const onEvent = (event: DecisionEvent): unknown => events.push(event);
    const host = await framework.start({ chain: [everybodyIs(ADA), limit, { dialect: drf(), onEvent }] });
    const passed = await host.get();
    expect([passed.status, /ratelimit|retry-after/i.test(passed.everything)]).toEqual([200, false]);
    clock.advance(0.5);
    const refused = await host.get();
    expect([refused.status, refused.header('Retry-After'), refused.json()]).toEqual([
      429,
      '60',
      { detail: 'Request was throttled. Expected available in 60 seconds.' },
    ]);
    expect(refused.header('WWW-Authenticate')).toBeUndefined();
    expect(events).toMatchObject([
      { outcome: 'allowed', guard: 'everybody' },
      { outcome: 'denied', guard: 'rate_limit', reason: 'rate_limited', rule: 'x', principal: { id: '7' } },
    ]);
    clock.advance(59.5);
    expect((await host.get()).status).toBe(200);
  });

  it('answers 503 while the store is down, and lets nobody pass', async () => {
    const limiter = { take: () => Promise.reject(new StoreError('down')) };
    const limit = rateLimit({ name: 'x', limit: 1, windowSeconds: 60, limiter });
    const host = await framework.start({
      chain: [open('a test of limits'), limit, { onEvent: () => undefined }],
    });
    expect((await host.get()).status).toBe(503);
  });
});
