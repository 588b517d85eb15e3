import { script } from './engine.ts';
import { FAMILY_LIBRARY, FIELDS } from './family-library.ts';
import { FEED_LIBRARY } from './feed-script.ts';

export { FIELDS };

const library = FEED_LIBRARY + FAMILY_LIBRARY;

/**
 * `ARGV`: id, owner, parent or nothing, idle time, absolute end or nothing, feed time, number of pieces of data, the pieces,
 * handles. Replies what failed, or nothing and the family.
 */
export const CREATE = script(
  `
local key, id, owner, idle, absolute = KEYS[1], ARGV[4], ARGV[5], tonumber(ARGV[7]), tonumber(ARGV[8])
local parent = ARGV[6] ~= '' and ARGV[6]:sub(2)
if parent then
  local ends = tonumber(redis.call('HGET', base .. 'f:' .. parent, 'x') or '0')
  if ends <= now then return {'parent'} end
  absolute = math.min(absolute or ends, ends)
end
local ends = redis.call('HGET', key, 'x')
if ends and tonumber(ends) > now then return {'exists'} end
local data, handles = rest(10)
local failure = refused(handles)
if failure then return {failure} end
release(id)
redis.call('DEL', key)
ends = math.min(absolute or math.huge, now + idle)
redis.call('HSET', key, 'g', '1', 't', int(now), 'x', int(ends), 'm', ARGV[9], 'o', owner, 'c', int(now))
if absolute then redis.call('HSET', key, 'a', int(absolute)) end
if parent then redis.call('HSET', key, 'p', parent) end
store(key, data)
redis.call('ZREMRANGEBYSCORE', base .. 'o:' .. owner, '-inf', int(now - margin))
if parent then redis.call('ZREMRANGEBYSCORE', base .. 'c:' .. parent, '-inf', int(now - margin)) end
enlist(id, owner, parent, ends)
add(id, '1', handles, ends, idle, absolute)
local family = redis.call('HMGET', key, unpack(FIELDS))
redis.call('PEXPIREAT', key, int(ends + margin))
return {'', unpack(family)}
`,
  { library },
);

/**
 * The decision of \`decideRotation\`, and what follows from it. `ARGV`: id, presented generation, grace, idle time, feed time,
 * whether to feed the generation, whether to retire the earlier ones quietly, number of pieces of data, the pieces, handles.
 * Replies the outcome, or what failed, and the family.
 */
export const ROTATE = script(
  `
local key, id, presented, idle = KEYS[1], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[7])
local f = redis.call('HMGET', key, unpack(FIELDS))
if not f[1] or tonumber(f[4]) <= now then return {'gone'} end
local current = tonumber(f[1])
if presented < current then
  if presented < tonumber(f[2] or '1') then return {'gone'} end
  local age = math.max(0, now - tonumber(f[3]))
  if presented == current - 1 and age < tonumber(ARGV[6]) then return {'replayed', unpack(f)} end
  finish({id})
  trim('16')
  return {'reuse', unpack(f)}
end
local data, handles = rest(11)
local failure = refused(handles)
if failure then return {failure} end
local absolute = tonumber(f[5])
local ends = math.min(absolute or math.huge, now + idle)
local generation = int(presented + 1)
local feedMs = int(math.max(tonumber(f[6]), tonumber(ARGV[8])))
redis.call('HSET', key, 'g', generation, 't', int(now), 'x', int(ends), 'm', feedMs)
if ARGV[10] == '1' then redis.call('HSET', key, 'q', generation) end
if #data > 0 then store(key, data) end
enlist(id, f[7], f[8], ends)
add(id, generation, handles, ends, idle, absolute)
if ARGV[9] == '1' then
  feed('gen:' .. id, tonumber(generation), now + tonumber(feedMs))
  trim('16')
end
f = redis.call('HMGET', key, unpack(FIELDS))
redis.call('PEXPIREAT', key, int(ends + margin))
return {presented == current and 'rotated' or 'ahead', unpack(f)}
`,
  { library },
);

/** `ARGV`: id. Replies whether it was live. */
export const REVOKE = script(
  `
local ends = redis.call('HGET', KEYS[1], 'x')
if not ends or tonumber(ends) <= now then return 0 end
finish({ARGV[4]})
trim('16')
return 1
`,
  { library, flags: 'allow-oom' },
);

/** `ARGV`: owner, the id to spare or nothing. Replies how many of the owner's own were live. */
export const REVOKE_ALL = script(
  `
local owner, except = ARGV[4], ARGV[5] ~= '' and ARGV[5]:sub(2)
local first, count = {}, 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], '0', '-1')) do
  local holder = redis.call('HGET', base .. 'f:' .. id, 'o')
  if id ~= except and (not holder or holder == owner) then first[#first + 1] = id end
end
for _, each in ipairs(finish(first)) do
  if each == owner then count = count + 1 end
end
trim('16')
return count
`,
  { library, flags: 'allow-oom' },
);
