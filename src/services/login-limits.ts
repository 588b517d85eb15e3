import { systemClock, type Clock } from '../core/clock.ts';
import { implementing, integer, optional, parseOptions } from '../core/options.ts';
import type { RecordStore } from '../core/store.ts';
import { addressBucket } from '../network/address-bucket.ts';
import { counters } from './counters.ts';
import type { LoginAttempt, LoginLimiter } from './login.ts';
import { wholeSecondsUntil } from './seconds-to-wait.ts';

export interface LoginLimitsOptions {
  /** Where failures are counted, for all processes. */
  readonly store: RecordStore;
  /** Failures from one address (IPv4) or /64 network (IPv6) within an hour; default 100. */
  readonly failuresPerAddress?: number | undefined;
  /** Failures of one name from one address before it has to wait; default 5. */
  readonly failuresPerNameAndAddress?: number | undefined;
  /**
   * Failures of one name from all addresses within an hour; default 50. It stops whoever guesses from many addresses,
   * and never an address from which the name has signed in within the last 30 days.
   */
  readonly failuresPerName?: number | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Bounds guesses of passwords, in the store that all processes share. Only failures count, and a login that goes through
 * forgets those of its name and address. Nobody can lock an owner out for good: where the owner has signed in before, only
 * the owner's own failures count, and every other wait ends within an hour.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`.
 * @see NIST SP 800-63B section 5.2.2, OWASP ASVS 5.0 section 6.3.1
 */
export function loginLimits(options: LoginLimitsOptions): LoginLimiter {
  const { store, clock, failuresPerAddress, failuresPerNameAndAddress, failuresPerName } = parseOptions(
    'loginLimits',
    options,
    {
      store: implementing<RecordStore>('a store, such as memoryStore()', 'use', 'put', 'get', 'delete'),
      failuresPerAddress: optional(integer(1, 1_000_000), 100),
      failuresPerNameAndAddress: optional(integer(1, 1_000), 5),
      failuresPerName: optional(integer(1, 100), 50),
      clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
    },
  );
  const failures = counters(store, clock);

  return {
    async check(attempt) {
      const keys = keysOf(attempt);
      const waits = [await exceeded(keys.address, failuresPerAddress)];
      if (keys.name !== null) {
        waits.push(await secondsLeft(keys.wait), await overall(keys.name, keys.known));
      }
      return waits.reduce((longest, wait) => (wait === null ? longest : Math.max(longest ?? 0, wait)), null);
    },

    async failed(attempt) {
      const { address, name, pair, wait, blocks } = keysOf(attempt);
      await failures.add(address, HOUR_MS);
      if (name === null) return;
      await failures.add(name, HOUR_MS);
      const { count } = await failures.add(pair, DAY_MS);
      if (count < failuresPerNameAndAddress) return;
      // Each failure beyond the limit waits longer than the one before it.
      const { count: earlier } = await failures.add(blocks, DAY_MS);
      await failures.reset(wait);
      await failures.add(wait, WAITS_MS[Math.min(earlier, WAITS_MS.length) - 1] as number);
    },

    async succeeded(attempt) {
      const { name, pair, wait, blocks, known } = keysOf(attempt);
      if (name === null) return;
      for (const key of [pair, wait, blocks, known]) await failures.reset(key);
      await failures.add(known, KNOWN_MS);
    },
  };

  async function exceeded(key: string, limit: number): Promise<number | null> {
    const counted = await failures.read(key);
    return counted !== null && counted.count >= limit ? secondsUntil(counted.endsAt) : null;
  }

  async function secondsLeft(key: string): Promise<number | null> {
    const counted = await failures.read(key);
    return counted === null ? null : secondsUntil(counted.endsAt);
  }

  async function overall(name: string, known: string): Promise<number | null> {
    const wait = await exceeded(name, failuresPerName);
    return wait === null || (await failures.read(known)) !== null ? null : wait;
  }

  function secondsUntil(endsAt: number): number {
    return wholeSecondsUntil(endsAt, clock.now());
  }
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** How long an address counts as one of the name's own. */
const KNOWN_MS = 30 * DAY_MS;
/** How long a name has to wait at one address, from one failure beyond the limit to the next. */
const WAITS_MS: readonly number[] = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS];

interface Keys {
  readonly address: string;
  /** `null` when the body could not be read. */
  readonly name: string | null;
  readonly pair: string;
  readonly wait: string;
  readonly blocks: string;
  readonly known: string;
}

/** The names of the counters of one attempt. Spellings of a name that differ in case or form share theirs. */
function keysOf({ system, name, address }: LoginAttempt): Keys {
  const where = address === null ? 'unknown' : addressBucket(address);
  const who = name === null ? null : name.normalize('NFKC').toLowerCase().trim();
  const of = (...parts: readonly string[]): string => JSON.stringify(['login', system, ...parts]);
  const pair = of('pair', who ?? '', where);
  return {
    address: of('address', where),
    name: who === null ? null : of('name', who),
    pair,
    wait: `${pair} wait`,
    blocks: `${pair} blocks`,
    known: `${pair} known`,
  };
}
