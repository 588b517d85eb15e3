import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/core/exchange.ts';
import { parseAddress } from '../../src/network/address.ts';
import { loginLimits, type LoginLimitsOptions } from '../../src/services/login-limits.ts';
import type { LoginAttempt, LoginLimiter } from '../../src/services/login.ts';
import { memoryStore } from '../../src/stores/memory.ts';

function stage(options: Partial<LoginLimitsOptions> = {}): {
  readonly limiter: LoginLimiter;
  readonly clock: { now(): number; seconds: number };
} {
  const clock = { seconds: 1_800_000_000, now: () => clock.seconds * 1000 };
  return { limiter: loginLimits({ store: memoryStore({ clock }), clock, ...options }), clock };
}

function from(address: string, name: string | null = 'alice'): LoginAttempt {
  return { system: 'b2b', name, address: parseAddress(address), exchange: {} as Exchange };
}

/** Tries as an attacker does: it goes on only while it is let. @returns How many guesses were let through. */
async function guess(limiter: LoginLimiter, attempts: readonly LoginAttempt[]): Promise<number> {
  let passed = 0;
  for (const attempt of attempts) {
    if ((await limiter.check(attempt)) !== null) continue;
    passed += 1;
    await limiter.failed(attempt);
  }
  return passed;
}

describe('loginLimits', () => {
  it('AU-03 stops 110 guesses of one name that rotate their address, while the owner signs in from home', async () => {
    const { limiter } = stage();
    await limiter.succeeded(from('198.51.100.7'));
    const attempts = Array.from({ length: 110 }, (_, index) => from(`203.0.113.${index}`));
    expect(await guess(limiter, attempts)).toBe(50);
    expect(await limiter.check(from('203.0.113.200'))).toBe(3600);
    expect(await limiter.check(from('198.51.100.7'))).toBe(null);
  });

  it('AU-04 lets the owner in from a new address an hour after the attack', async () => {
    const { limiter, clock } = stage();
    await guess(
      limiter,
      Array.from({ length: 60 }, (_, index) => from(`203.0.113.${index}`)),
    );
    expect(await limiter.check(from('192.0.2.9'))).toBe(3600);
    clock.seconds += 3600;
    expect(await limiter.check(from('192.0.2.9'))).toBe(null);
  });

  it('AU-05 makes a name at one address wait longer with each failure beyond the fifth', async () => {
    const { limiter, clock } = stage();
    const waits: (number | null)[] = [];
    await guess(
      limiter,
      Array.from({ length: 5 }, () => from('203.0.113.1')),
    );
    for (let failure = 0; failure < 5; failure++) {
      const wait = await limiter.check(from('203.0.113.1'));
      waits.push(wait);
      clock.seconds += wait ?? 0;
      expect(await limiter.check(from('203.0.113.1'))).toBe(null);
      await limiter.failed(from('203.0.113.1'));
    }
    expect(waits).toEqual([60, 300, 900, 3600, 3600]);
  });

  it('gives the whole seconds that are left, rounded up', async () => {
    const { limiter, clock } = stage();
    await guess(
      limiter,
      Array.from({ length: 5 }, () => from('203.0.113.1')),
    );
    clock.seconds += 0.5;
    expect(await limiter.check(from('203.0.113.1'))).toBe(60);
    clock.seconds += 59.4;
    expect(await limiter.check(from('203.0.113.1'))).toBe(1);
  });

  it('forgets the failures of a name and address once it signs in', async () => {
    const { limiter } = stage();
    await guess(
      limiter,
      Array.from({ length: 4 }, () => from('203.0.113.1')),
    );
    await limiter.succeeded(from('203.0.113.1'));
    expect(
      await guess(
        limiter,
        Array.from({ length: 9 }, () => from('203.0.113.1')),
      ),
    ).toBe(5);
  });

  it('stops one address that tries many names', async () => {
    const { limiter } = stage();
    const attempts = Array.from({ length: 150 }, (_, index) => from('203.0.113.1', `user-${index}`));
    expect(await guess(limiter, attempts)).toBe(100);
  });

  it('IP-08 counts an IPv6 /64 as one address, and a mapped address as its IPv4 address', async () => {
    const { limiter } = stage();
    await guess(
      limiter,
      Array.from({ length: 5 }, (_, index) => from(`2001:db8:0:1::${index}`)),
    );
    expect(await limiter.check(from('2001:db8:0:1:ffff::1'))).toBe(60);
    expect(await limiter.check(from('2001:db8:0:2::1'))).toBe(null);
    await guess(
      limiter,
      Array.from({ length: 5 }, () => from('::ffff:192.0.2.1')),
    );
    expect(await limiter.check(from('192.0.2.1'))).toBe(60);
  });

  it('counts spellings of one name together', async () => {
    const { limiter } = stage();
    const spellings = ['alice', 'Alice', 'ALICE ', '\uff21lice', 'alicE'];
    await guess(
      limiter,
      spellings.map((name) => from('203.0.113.1', name)),
    );
    expect(await limiter.check(from('203.0.113.1', 'alice'))).toBe(60);
  });

  it('keeps the systems apart', async () => {
    const { limiter } = stage();
    await guess(
      limiter,
      Array.from({ length: 5 }, () => from('203.0.113.1')),
    );
    expect(await limiter.check({ ...from('203.0.113.1'), system: 'jwt-pair' })).toBe(null);
  });

  it('keeps no name and no address in the store', async () => {
    const store = memoryStore();
    const kept: string[] = [];
    const watched = new Proxy(store, {
      get(target, property, receiver) {
        const member: unknown = Reflect.get(target, property, receiver);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          kept.push(JSON.stringify(args));
          return (member as (...all: unknown[]) => unknown).apply(target, args);
        };
      },
    });
    const limiter = loginLimits({ store: watched });
    await guess(
      limiter,
      Array.from({ length: 6 }, () => from('203.0.113.1', 'alice.liddell')),
    );
    await limiter.succeeded(from('203.0.113.1', 'alice.liddell'));
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.join('\n')).not.toMatch(/liddell|203\.0\.113/);
  });

  it.each([
    [{ failuresPerName: 101 }, /failuresPerName must be a whole number from 1 to 100/],
    [{ failuresPerAdress: 1 }, /unknown option "failuresPerAdress"; did you mean "failuresPerAddress"\?/],
  ])('refuses %j', (options, sentence) => {
    expect(() => loginLimits({ store: memoryStore(), ...(options as object) })).toThrow(sentence);
  });
});
