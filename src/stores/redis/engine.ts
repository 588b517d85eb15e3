import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { RedisError } from './failure.ts';
import type { Link } from './link.ts';

/** What every part of the store works with. */
export interface RedisEngine {
  /** The name of a key of the store. Part of it stands in braces, so that all keys lie in one slot of a cluster. */
  key(name: string): string;
  /** A plain command that reads. */
  read(...args: readonly string[]): Promise<unknown>;
  /** Runs a script: one atomic step, and one round trip. */
  run(script: Script, key: string, ...args: readonly (string | number)[]): Promise<unknown>;
  /** Whether a moment has passed. With the server's clock expired keys are not there to be asked about. */
  hasPassed(time: number): boolean;
  /** The moment by which lines of the feed are judged. */
  now(): Promise<number>;
  /** The server's clock. */
  serverNow(): Promise<number>;
}

export interface Script {
  readonly lua: string;
  readonly sha: string;
}

/**
 * A script with the parts of the library that it needs. Its `KEYS[1]` is the key that it is mostly about, `base` what all
 * keys begin with, `now` the time, `margin` for how long keys stay beyond their expiry, and its own arguments begin at
 * `ARGV[4]`.
 *
 * It does nothing when its caller has stopped waiting for it. A server that hung finds what was sent to it meanwhile when
 * it goes on, perhaps minutes later: a rotation that then took place would make its caller's next try look like theft.
 *
 * @param flags `allow-oom` lets it run when the server has no memory left, since it ends in less of it.
 */
export function script(body: string, { library = '', flags = '' } = {}): Script {
  const lua = `#!lua${flags === '' ? '' : ` flags=${flags}`}\n${PRELUDE}${library}${body}`;
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** `int` writes a time without an exponent. `keep` lets a key live at least until a moment, and never shortens its life. */
const PRELUDE = `
local base, margin = ARGV[1], tonumber(ARGV[3])
local at, till = ARGV[2]:match('^(%d*)|(%d+)$')
local clock = redis.call('TIME')
local micros = clock[1] * 1000000 + clock[2]
if micros / 1000 > tonumber(till) then return redis.error_reply('LATE nobody waits for this any longer') end
local now = tonumber(at) or math.floor(micros / 1000)
local function int(n) return string.format('%.0f', n) end
local function keep(key, at)
  at = int(at + margin)
  if redis.call('PEXPIREAT', key, at, 'NX') == 0 then redis.call('PEXPIREAT', key, at, 'GT') end
end
`;

/**
 * @param clock `null` for the server's own, which all nodes share. With another one keys stay for a day beyond their expiry,
 *   since the two may differ.
 */
export function createEngine(link: Link, prefix: string, clock: Clock | null): RedisEngine {
  const base = `{${prefix}}:1:`;
  const margin = clock === null ? '0' : '86400000';

  async function serverNow(): Promise<number> {
    const [seconds, micros] = (await link.send(['TIME'])) as readonly [string, string];
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  }

  return {
    key: (name) => base + name,
    read: (...args) => link.send(args),
    async run({ lua, sha }, key, ...args) {
      const now = clock === null ? '' : String(clock.now());
      const own = args.map(String);
      const rest = (till: string): readonly string[] => ['1', key, base, `${now}|${till}`, margin, ...own];
      try {
        return await link.send((till) => ['EVALSHA', sha, ...rest(till)]);
      } catch (error) {
        // A server that was restarted, or whose scripts were flushed, learns it anew.
        if (!(error instanceof RedisError) || error.code !== 'NOSCRIPT') throw error;
        return link.send((till) => ['EVAL', lua, ...rest(till)]);
      }
    },
    hasPassed: (time) => clock !== null && time <= clock.now(),
    now: async () => (clock === null ? serverNow() : clock.now()),
    serverNow,
  };
}

/** How many commands one call sends at most at a time, so that a long list does not keep others waiting. */
export const BATCH = 500;

/** A member of a reply as text; `null` when it is not there. */
export function textOf(member: unknown): string | null {
  if (typeof member === 'string') return member;
  return typeof member === 'number' ? String(member) : null;
}

/** A member of a reply as a number; `null` when it is not there. */
export function numberOf(member: unknown): number | null {
  const text = textOf(member);
  return text === null ? null : Number(text);
}
