import { script } from './engine.ts';
import {
  ADD_HANDLES,
  CHECK_HANDLES,
  FIELDS,
  FINISH,
  list,
  READ,
  RELEASE,
  tell,
  WRITE_DATA,
} from './family-library.ts';
import { FEED, TRIM_SOME } from './feed-script.ts';

export { FIELDS };

/**
 * `ARGV`: id, owner, parent or nothing, idle time, absolute end or nothing, feed time, number of pieces of data, the pieces,
 * handles. Replies `created` and the family, or what failed.
 */
export const CREATE = script(`
local key, id, owner, idle, absolute = KEYS[1], ARGV[2], ARGV[3], tonumber(ARGV[5]), tonumber(ARGV[6])
local from, last = 9, 8 + tonumber(ARGV[8])
local parent = ARGV[4] ~= '' and ARGV[4]:sub(2)
if parent then
  local ends = tonumber(redis.call('HGET', base .. 'f:' .. parent, 'x') or '0')
  if ends <= now then return {'parent'} end
  absolute = math.min(absolute or ends, ends)
end
local old = redis.call('HGET', key, 'x')
if old and tonumber(old) > now then return {'exists'} end
do ${CHECK_HANDLES} end
do ${RELEASE} release(id) end
redis.call('DEL', key)
local ends, generation = math.min(absolute or math.huge, now + idle), '1'
redis.call('HSET', key, 'g', generation, 't', int(now), 'x', int(ends), 'm', ARGV[7], 'o', owner, 'c', int(now))
if absolute then redis.call('HSET', key, 'a', int(absolute)) end
if parent then redis.call('HSET', key, 'p', parent) end
${WRITE_DATA}
redis.call('ZREMRANGEBYSCORE', base .. 'o:' .. owner, '-inf', int(now - margin))
${list("base .. 'o:' .. owner")}
if parent then
  redis.call('ZREMRANGEBYSCORE', base .. 'c:' .. parent, '-inf', int(now - margin))
  ${list("base .. 'c:' .. parent")}
end
${ADD_HANDLES}
local f = ${READ}
redis.call('PEXPIREAT', key, int(ends + margin))
${tell("'created'")}`);

/**
 * The decision of `decideRotation`, and what follows from it. `ARGV`: presented generation, grace, idle time, feed time; and
 * when there is more to it, `f` to feed the generation and `q` to retire the earlier ones quietly, the number of pieces of
 * data, the pieces, handles. Replies the outcome and the family, or `gone` or what failed.
 */
export const ROTATE = script(`
local key = KEYS[1]
local f = ${READ}
if not f[1] or tonumber(f[4]) <= now then return {'gone'} end
local id, presented, current = key:sub(#base + 3), tonumber(ARGV[2]), tonumber(f[1])
if presented < current then
  if presented < tonumber(f[2] or '1') then return {'gone'} end
  local age = math.max(0, now - tonumber(f[3]))
  if presented == current - 1 and age < tonumber(ARGV[3]) then
    ${tell("'replayed'")}
  end
  ${FINISH}
  finish({id})
  ${TRIM_SOME}
  ${tell("'reuse'")}
end
local flags, from, last = ARGV[6], 8, 7 + (tonumber(ARGV[7]) or 0)
if #ARGV > last then ${CHECK_HANDLES} end
local idle, absolute, feedMs = tonumber(ARGV[4]), tonumber(f[5]), f[6]
local ends = now + idle
if absolute and absolute < ends then ends = absolute end
if tonumber(ARGV[5]) > tonumber(feedMs) then feedMs = ARGV[5] end
local generation, at, till = int(presented + 1), int(now), int(ends)
redis.call('HSET', key, 'g', generation, 't', at, 'x', till, 'm', feedMs)
f[1], f[3], f[4], f[6] = generation, at, till, feedMs
if flags and flags:find('q', 1, true) then
  redis.call('HSET', key, 'q', generation)
  f[2] = generation
end
if last >= from then
  ${WRITE_DATA}
  f = ${READ}
end
${list("base .. 'o:' .. f[7]")}
if f[8] then ${list("base .. 'c:' .. f[8]")} end
${ADD_HANDLES}
if flags and flags:find('f', 1, true) then
  ${FEED}
  feed('gen:' .. id, generation, now + tonumber(feedMs))
  ${TRIM_SOME}
end
redis.call('PEXPIREAT', key, int(ends + margin))
${tell("presented == current and 'rotated' or 'ahead'")}`);

/** `ARGV`: id. Replies whether it was live. */
export const REVOKE = script(
  `
local ends = redis.call('HGET', KEYS[1], 'x')
if not ends or tonumber(ends) <= now then return 0 end
${FINISH}
finish({ARGV[2]})
${TRIM_SOME}
return 1
`,
  { flags: 'allow-oom' },
);

/** `ARGV`: owner, the id to spare or nothing. Replies how many of the owner's own were live. */
export const REVOKE_ALL = script(
  `
local owner, except = ARGV[2], ARGV[3] ~= '' and ARGV[3]:sub(2)
local first, count = {}, 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], '0', '-1')) do
  local holder = redis.call('HGET', base .. 'f:' .. id, 'o')
  if id ~= except and (not holder or holder == owner) then first[#first + 1] = id end
end
${FINISH}
for _, each in ipairs(finish(first)) do
  if each == owner then count = count + 1 end
end
${TRIM_SOME}
return count
`,
  { flags: 'allow-oom' },
);
