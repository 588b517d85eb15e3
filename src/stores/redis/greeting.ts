import { RedisError } from './failure.ts';

/**
 * Looks at the server of a new connection. A replica would answer with what was true a moment ago, and a server that evicts
 * keys would forget sessions and, worse, revocations.
 *
 * @throws {@link RedisError} `LOADING`, `READONLY`, `VERSION` or `EVICTION`.
 */
export async function greet(
  send: (args: readonly string[]) => Promise<unknown>,
  allowEviction: boolean,
): Promise<void> {
  const facts = factsOf(String(await send(['INFO', 'server', 'memory', 'persistence', 'replication'])));
  const major = Number.parseInt(facts.get('redis_version') ?? '0', 10);
  if (major < 7) throw new RedisError('VERSION', 'the server must be Redis 7 or Valkey, or later');
  if (facts.get('loading') === '1') throw new RedisError('LOADING', 'the server is reading its data', true);
  if (facts.get('role') !== 'master') throw new RedisError('READONLY', 'the server is a replica');
  const policy = facts.get('maxmemory_policy') ?? 'noeviction';
  if (policy !== 'noeviction' && facts.get('maxmemory') !== '0' && !allowEviction) {
    const mend = 'set maxmemory-policy to noeviction';
    throw new RedisError('EVICTION', `the server forgets keys when its memory is full; ${mend}`);
  }
}

function factsOf(info: string): ReadonlyMap<string, string> {
  return new Map(info.split('\r\n').map((line) => line.split(':', 2) as [string, string]));
}
