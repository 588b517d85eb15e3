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

/** What a script does, and the flags that it has in Redis. */
export interface Script {
  readonly body: string;
  readonly flags: string;
}

/**
 * A script. Its `KEYS[1]` is the key that it is mostly about, `base` what all keys begin with, `now` the time in
 * milliseconds and `micros` in microseconds, `margin` for how long keys stay beyond their expiry, and its own arguments begin
 * at `ARGV[2]`. A server makes every function and list of a script anew in each call, so each has only those that it needs,
 * and those for rare cases where these are decided.
 *
 * It does nothing when its caller has stopped waiting for it. A server that hung finds what was sent to it meanwhile when
 * it goes on, perhaps minutes later: a rotation that then took place would make its caller's next try look like theft.
 *
 * @param flags `allow-oom` lets it run when the server has no memory left, since it ends in less of it.
 */
export function script(body: string, { flags = '' } = {}): Script {
  return { body, flags };
}

/** `ARGV[1]` is until when somebody waits for it; with a clock that was handed in, the time by it comes before. */
const OWN_CLOCK = `
local now, till = math.floor(micros / 1000), ARGV[1]`;
const CLOCK_GIVEN = `
local now, till = ARGV[1]:match('^(%d+)|(%d+)$')
now = tonumber(now)`;

/** `int` writes a time without an exponent. */
const head = (base: string, clock: Clock | null): string => `
local base, margin = '${base}', ${clock === null ? 0 : 86_400_000}
local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]${clock === null ? OWN_CLOCK : CLOCK_GIVEN}
if micros / 1000 > tonumber(till) then return redis.error_reply('LATE nobody waits for this any longer') end
local function int(n) return string.format('%.0f', n) end
`;

/**
 * `enlist` puts a member with a score into a set, which lives at least until a moment; its life is never shortened. What was a
 * member already is of a set that has an end.
 */
export const ENLIST = `
local function enlist(set, score, member, at)
  if redis.call('ZADD', set, score, member) == 1 and redis.call('PEXPIREAT', set, at, 'NX') == 1 then return end
  redis.call('PEXPIREAT', set, at, 'GT')
end
`;

/**
 * @param clock `null` for the server's own, which all nodes share. With another one keys stay for a day beyond their expiry,
 *   since the two may differ.
 */
export function createEngine(link: Link, prefix: string, clock: Clock | null): RedisEngine {
  const base = `{${prefix}}:1:`;
  const texts = new Map<Script, { readonly lua: string; readonly sha: string }>();

  function compiled(step: Script): { readonly lua: string; readonly sha: string } {
    let text = texts.get(step);
    if (text === undefined) {
      const flags = step.flags === '' ? '' : ` flags=${step.flags}`;
      const lua = `#!lua${flags}${head(base, clock)}${step.body}`;
      text = { lua, sha: createHash('sha1').update(lua).digest('hex') };
      texts.set(step, text);
    }
    return text;
  }

  async function serverNow(): Promise<number> {
    const [seconds, micros] = (await link.send(['TIME'])) as readonly [string, string];
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  }

  return {
    key: (name) => base + name,
    read: (...args) => link.send(args),
    run(step, key, ...args) {
      const { lua, sha } = compiled(step);
      const now = clock === null ? '' : `${clock.now()}|`;
      const own = args.map(String);
      const send = (command: string, text: string): Promise<unknown> =>
        link.send((till) => [command, text, '1', key, now + till, ...own]);
      return send('EVALSHA', sha).catch((error: unknown) => {
        // A server that was restarted, or whose scripts were flushed, learns it anew.
        if (!(error instanceof RedisError) || error.code !== 'NOSCRIPT') throw error;
        return send('EVAL', lua);
      });
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
