import { ENLIST, script } from './engine.ts';

/**
 * A record's hash: `d` its data as JSON, `v` the version, `e` when it ends, `0` to `2` its slots, `u` and `w` how often and
 * when it was last used. In the sets of a slot's value, `n:` has the members that never end, `l:` and `x:` the others, whose
 * score in `x:` is their end. Each write that adds a member sweeps some that have ended.
 */
const LOAD = `
local function load(key)
  local r = redis.call('HMGET', key, 'd', 'v', 'e', '0', '1', '2', 'u', 'w')
  local there = r[1] and true or false
  return r, there, there and not (r[3] and tonumber(r[3]) <= now)
end
`;

const UNINDEX = `
local function unindex(kind, id, ends, slots)
  for i = 1, 3 do
    if slots[i] then
      local name = kind .. ':' .. (i - 1) .. ':' .. slots[i]
      if ends then
        redis.call('ZREM', base .. 'l:' .. name, id)
        redis.call('ZREM', base .. 'x:' .. name, id)
      else
        redis.call('ZREM', base .. 'n:' .. name, id)
      end
    end
  end
end
`;

const INDEX = `${ENLIST}
local function index(kind, id, ends, slots)
  for i = 1, 3 do
    if slots[i] then
      local name = kind .. ':' .. (i - 1) .. ':' .. slots[i]
      if ends then
        local l, x, at = base .. 'l:' .. name, base .. 'x:' .. name, int(ends + margin)
        for _, ended in ipairs(redis.call('ZRANGE', x, '-inf', int(now - margin), 'BYSCORE', 'LIMIT', '0', '16')) do
          redis.call('ZREM', l, ended)
          redis.call('ZREM', x, ended)
        end
        enlist(l, '0', id, at)
        enlist(x, int(ends), id, at)
      else
        redis.call('ZADD', base .. 'n:' .. name, '0', id)
      end
    end
  end
end
`;

/**
 * `ARGV`: kind, id, data, expected version or `absent` or nothing, end or nothing, three slots. Versions are microseconds of
 * the server's clock, or one more than the last: so they repeat neither within a moment nor after a server lost the last.
 */
export const PUT = script(`${LOAD}${UNINDEX}${INDEX}
local key, kind, id, data, expect, ends = KEYS[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local r, there, live = load(key)
if expect == 'absent' then
  if live then return false end
elseif expect ~= '' and (not live or r[2] ~= expect) then
  return false
end
local version = math.max(micros, (tonumber(redis.call('GET', base .. 'version')) or 0) + 1)
redis.call('SET', base .. 'version', int(version))
if there then
  unindex(kind, id, r[3], {r[4], r[5], r[6]})
  redis.call('DEL', key)
end
local write, slots = {'d', data, 'v', int(version)}, {}
local function add(field, value)
  write[#write + 1] = field
  write[#write + 1] = value
end
if ends then add('e', int(ends)) end
for i = 1, 3 do
  local slot = ARGV[6 + i]
  slots[i] = slot ~= '' and slot:sub(2)
  if slots[i] then add(tostring(i - 1), slots[i]) end
end
if live and r[7] then
  add('u', r[7])
  add('w', r[8])
end
redis.call('HSET', key, unpack(write))
index(kind, id, ends, slots)
if ends then redis.call('PEXPIREAT', key, int(ends + margin)) end
return int(version)
`);

export const USE = script(`${LOAD}
local r, there, live = load(KEYS[1])
if not live then return false end
r[7] = redis.call('HINCRBY', KEYS[1], 'u', '1')
r[8] = int(now)
redis.call('HSET', KEYS[1], 'w', r[8])
return r
`);

/** `ARGV`: kind, id, expected version or nothing. */
export const DELETE = script(
  `${LOAD}${UNINDEX}
local r, there, live = load(KEYS[1])
if not live or (ARGV[4] ~= '' and ARGV[4] ~= r[2]) then return 0 end
unindex(ARGV[2], ARGV[3], r[3], {r[4], r[5], r[6]})
redis.call('DEL', KEYS[1])
return 1
`,
  { flags: 'allow-oom' },
);

/** `ARGV`: kind, slot, value. */
export const DELETE_BY = script(
  `${LOAD}${UNINDEX}
local kind, slot, value = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local deleted = 0
for _, set in ipairs({'n:', 'l:'}) do
  for _, id in ipairs(redis.call('ZRANGE', base .. set .. kind .. ':' .. slot .. ':' .. value, '0', '-1')) do
    local key = base .. 'r:' .. kind .. ':' .. id
    local r, there, live = load(key)
    if live and r[4 + slot] == value then
      unindex(kind, id, r[3], {r[4], r[5], r[6]})
      redis.call('DEL', key)
      deleted = deleted + 1
    end
  end
end
return deleted
`,
  { flags: 'allow-oom' },
);
