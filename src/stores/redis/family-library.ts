import { CHUNKS } from './packed-data.ts';

const PIECES = Array.from({ length: CHUNKS }, (_, index) => `d${index}`);

/**
 * The fields of a family's hash: its generation, the generation below which all were retired quietly, when it was rotated,
 * when it ends, its absolute end, its time in the feed, owner, parent, when it was made, and the pieces of its data. One
 * letter each, since there may be a hundred million of them.
 */
export const FIELDS: readonly string[] = ['g', 'q', 't', 'x', 'a', 'm', 'o', 'p', 'c', ...PIECES];

const listed = (fields: readonly string[]): string => fields.map((field) => `'${field}'`).join(', ');

/**
 * `f:<id>` is a family, `o:<owner>` and `c:<parent>` the ids of those who belong to it, by their ends. `h:<handle>` is
 * `<generation>:<id>`, and `q:<id>` a queue of `<end>|<handle>` of all handles of a family.
 *
 * A handle has to be there until its family ends, which each rotation moves. So handles outlive the family by its idle time,
 * and a rotation only prolongs those at the head of the queue whose own end has come near: one in the long run, however many
 * there are.
 */
export const FAMILY_LIBRARY = `
local FIELDS, PIECES = {${listed(FIELDS)}}, {${listed(PIECES)}}
local function rest(at)
  local data, handles = {}, {}
  local last = at + tonumber(ARGV[at])
  for each = at + 1, last do data[#data + 1] = ARGV[each] end
  for each = last + 1, #ARGV do handles[#handles + 1] = ARGV[each] end
  return data, handles
end
local function store(key, data)
  redis.call('HDEL', key, unpack(PIECES))
  for at, piece in ipairs(data) do redis.call('HSET', key, PIECES[at], piece) end
end
local function holder(handle)
  local held = redis.call('GET', base .. 'h:' .. handle)
  return held and held:match('^%d+:(.*)$')
end
local function refused(handles)
  local seen = {}
  for _, handle in ipairs(handles) do
    if seen[handle] then return 'twice' end
    seen[handle] = true
    local id = holder(handle)
    if id and tonumber(redis.call('HGET', base .. 'f:' .. id, 'x') or '0') > now then return 'taken' end
  end
end
local function release(id)
  for _, entry in ipairs(redis.call('LRANGE', base .. 'q:' .. id, '0', '-1')) do
    local handle = entry:match('^%d+|(.*)$')
    if holder(handle) == id then redis.call('DEL', base .. 'h:' .. handle) end
  end
  redis.call('DEL', base .. 'q:' .. id)
end
local function enlist(id, owner, parent, ends)
  redis.call('ZADD', base .. 'o:' .. owner, int(ends), id)
  keep(base .. 'o:' .. owner, ends)
  if parent then
    redis.call('ZADD', base .. 'c:' .. parent, int(ends), id)
    keep(base .. 'c:' .. parent, ends)
  end
end
local function add(id, generation, handles, ends, idle, absolute)
  local queue = base .. 'q:' .. id
  local last = redis.call('LINDEX', queue, '-1')
  if not last and #handles == 0 then return end
  local till = math.min(absolute or math.huge, ends + idle)
  if last then till = math.max(till, tonumber(last:match('^%d+'))) end
  for _, handle in ipairs(handles) do
    redis.call('SET', base .. 'h:' .. handle, generation .. ':' .. id, 'PXAT', int(math.max(1, till + margin)))
    redis.call('RPUSH', queue, int(till) .. '|' .. handle)
  end
  while true do
    local head = redis.call('LINDEX', queue, '0')
    local old, handle = head:match('^(%d+)|(.*)$')
    if tonumber(old) >= ends or tonumber(old) >= till then break end
    redis.call('LPOP', queue)
    if holder(handle) == id then redis.call('PEXPIREAT', base .. 'h:' .. handle, int(till + margin)) end
    redis.call('RPUSH', queue, int(till) .. '|' .. handle)
  end
  redis.call('PEXPIREAT', queue, int(till + margin))
end
local function finish(first)
  local pending, seen, owners = {}, {}, {}
  local function push(id)
    if seen[id] then return end
    seen[id] = true
    pending[#pending + 1] = id
  end
  for _, id in ipairs(first) do push(id) end
  local at = 1
  while at <= #pending do
    local id = pending[at]
    at = at + 1
    local key = base .. 'f:' .. id
    local f = redis.call('HMGET', key, 'o', 'p', 'x', 'm')
    for _, child in ipairs(redis.call('ZRANGE', base .. 'c:' .. id, '0', '-1')) do
      local parent = redis.call('HGET', base .. 'f:' .. child, 'p')
      if not parent or parent == id then push(child) end
    end
    redis.call('DEL', base .. 'c:' .. id)
    if f[1] then
      release(id)
      redis.call('DEL', key)
      redis.call('ZREM', base .. 'o:' .. f[1], id)
      if f[2] then redis.call('ZREM', base .. 'c:' .. f[2], id) end
      if tonumber(f[3]) > now then
        owners[#owners + 1] = f[1]
        feed('sid:' .. id, 0, now + tonumber(f[4]))
      end
    end
  end
  return owners
end
`;
