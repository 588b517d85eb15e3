import { ENLIST } from './engine.ts';
import { FEED } from './feed-script.ts';
import { CHUNKS } from './packed-data.ts';

const PIECES = Array.from({ length: CHUNKS }, (_, index) => `d${index}`);

/**
 * The fields of a family's hash: its generation, the generation below which all were retired quietly, when it was rotated,
 * when it ends, its absolute end, its time in the feed, owner, parent, when it was made, and the pieces of its data. One
 * letter each, since there may be a hundred million of them.
 */
export const FIELDS: readonly string[] = ['g', 'q', 't', 'x', 'a', 'm', 'o', 'p', 'c', ...PIECES];

const FIRST_PIECE = FIELDS.length - CHUNKS + 1;

const listed = (fields: readonly string[]): string => fields.map((field) => `'${field}'`).join(', ');

/** The fields of the family of `key`. */
export const READ = `redis.call('HMGET', key, ${listed(FIELDS)})`;

/**
 * Replies an outcome and the family of the fields `f`: owner, parent, data, and the numbers in one text, since a client pays
 * for each part of a reply.
 */
export const tell = (outcome: string): string => `
local pieces = ${FIRST_PIECE}
while f[pieces] do pieces = pieces + 1 end
local numbers = f[1] .. ' ' .. f[9] .. ' ' .. f[3] .. ' ' .. f[4] .. ' ' .. (f[5] or '')
return {${outcome}, f[7], f[8], table.concat(f, '', ${FIRST_PIECE}, pieces - 1), numbers}
`;

/** Writes the pieces of the data, which are the arguments from `from` to `last`, to the family of `key`. */
export const WRITE_DATA = `
redis.call('HDEL', key, ${listed(PIECES)})
for at = from, last do redis.call('HSET', key, 'd' .. (at - from), ARGV[at]) end
`;

/*
 * `f:<id>` is a family, `o:<owner>` and `c:<parent>` the ids of those who belong to it, by their ends. `h:<handle>` is
 * `<generation>:<id>`, and `q:<id>` a queue of `<end>|<handle>` of all handles of a family.
 */

/**
 * Lists the family of `id` in a set, for an eighth of its idle time longer than it lives as things stand, so that not every
 * rotation has to write there.
 */
export const list = (set: string): string => `
local listed = redis.call('ZSCORE', ${set}, id)
if not listed or tonumber(listed) < ends then
  local till = math.ceil(ends + idle / 8)
  if absolute and absolute < till then till = absolute end
  ${ENLIST}
  enlist(${set}, int(till), id, int(till + margin))
end
`;

const HOLDER = `
local function holder(handle)
  local held = redis.call('GET', base .. 'h:' .. handle)
  return held and held:match('^%d+:(.*)$')
end
`;

/** Replies why the handles, which are the arguments after `last`, cannot be given to a family. */
export const CHECK_HANDLES = `${HOLDER}
local seen = {}
for each = last + 1, #ARGV do
  local handle = ARGV[each]
  if seen[handle] then return {'twice'} end
  seen[handle] = true
  local held = holder(handle)
  if held and tonumber(redis.call('HGET', base .. 'f:' .. held, 'x') or '0') > now then return {'taken'} end
end
`;

/**
 * Gives a generation the handles that are the arguments after `last`.
 *
 * A handle has to be there until its family ends, which each rotation moves. So handles outlive the family by its idle time,
 * and a rotation only prolongs those at the head of the queue whose own end has come near: one in the long run, however many
 * there are.
 */
export const ADD_HANDLES = `
local queue = base .. 'q:' .. id
local tail = redis.call('LINDEX', queue, '-1')
if tail or #ARGV > last then
  ${HOLDER}
  local till = ends + idle
  if absolute then till = math.min(absolute, till) end
  if tail then till = math.max(till, tonumber(tail:match('^%d+'))) end
  for each = last + 1, #ARGV do
    local handle = ARGV[each]
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
`;

/** `release` drops the handles of a family. */
export const RELEASE = `${HOLDER}
local function release(id)
  for _, entry in ipairs(redis.call('LRANGE', base .. 'q:' .. id, '0', '-1')) do
    local handle = entry:match('^%d+|(.*)$')
    if holder(handle) == id then redis.call('DEL', base .. 'h:' .. handle) end
  end
  redis.call('DEL', base .. 'q:' .. id)
end
`;

/** `finish` ends families with all that hangs on them, feeds it, and gives the owners of those that were live. */
export const FINISH = `${FEED}${RELEASE}
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
