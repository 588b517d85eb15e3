import { script } from './engine.ts';

/**
 * `feed` is a stream, whose ids rise whatever the clock does, and `ends` a sorted set of its ids by the ends of their lines.
 * Streams can only be cut at their beginning, where a line may have to stay for longer than those that follow it; so lines
 * are deleted one by one. They stay for a minute beyond their end, that readers which were here lately find their place.
 */
export const FEED = `
local function feed(key, value, ends)
  local id = redis.call('XADD', base .. 'feed', '*', 'k', key, 'v', int(value), 'x', int(ends))
  redis.call('ZADD', base .. 'ends', int(ends), id)
end
`;

const TRIMMING = `
local function trim(limit)
  local ids = redis.call('ZRANGE', base .. 'ends', '-inf', int(now - 60000), 'BYSCORE', 'LIMIT', '0', limit)
  for _, id in ipairs(ids) do
    redis.call('XDEL', base .. 'feed', id)
    redis.call('ZREM', base .. 'ends', id)
  end
  return #ids
end
`;

/** What a script that appended to the feed does last. */
export const TRIM_SOME = `${TRIMMING}
trim('16')
`;

/** `ARGV`: key, value and end of each line. */
export const APPEND = script(`${FEED}
for at = 2, #ARGV, 3 do feed(ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])) end
${TRIM_SOME}`);

/** `ARGV`: the most lines. */
export const TRIM = script(
  `${TRIMMING}
return trim(ARGV[2])
`,
  { flags: 'allow-oom' },
);
