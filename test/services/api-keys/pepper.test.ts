import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import { closeNodesAfterEach, keyService, NEW_KEY, settled, type KeyServiceBench } from './key-service.ts';

closeNodesAfterEach();

const P1 = { id: 'p1', secret: 'the first pepper, of at least 32 bytes' };
const P2 = { id: 'p2', secret: 'the second pepper, of at least 32 bytes' };

/** How each secret of a key is hashed, without the digest. */
async function hashesOf({ observed }: KeyServiceBench, id: string): Promise<readonly string[]> {
  const record = await observed.store.get<{ readonly secrets: readonly { readonly hash: string }[] }>(
    'apikey',
    id,
  );
  const secrets = record?.data.secrets ?? [];
  return secrets.map(({ hash }) => hash.slice(0, hash.lastIndexOf('$')));
}

describe('a pepper', () => {
  it('is in the hash of every new checksummed key', async () => {
    const bench = keyService({ pepper: P1 });
    const { key, record } = await bench.keys.create(NEW_KEY);
    expect(await hashesOf(bench, record.id)).toEqual(['hmac-sha256$p1']);
    expect(await bench.verify(key)).toBe(`${record.id} of w1`);
    await settled();
    expect(bench.observed.count('put', 'apikey')).toBe(1);
  });

  it('is mixed into an earlier key when that is used, once, and not before', async () => {
    const bench = keyService();
    const { key, record } = await bench.keys.create(NEW_KEY);
    const node = bench.anotherNode({ pepper: P1 });
    expect(await node.verify(`${record.id}.${'0'.repeat(32)}`)).toBe('key_secret_invalid');
    await settled();
    expect(await hashesOf(bench, record.id)).toEqual(['sha256$']);

    await Promise.all(Array.from({ length: 20 }, () => node.verify(key)));
    await settled();
    expect(await hashesOf(bench, record.id)).toEqual(['hmac-sha256$p1']);
    expect(bench.observed.count('put', 'apikey')).toBe(2);
    for (let n = 0; n < 5; n++) expect(await node.verify(key)).toBe(`${record.id} of w1`);
    await settled();
    expect(bench.observed.count('put', 'apikey')).toBe(2);
    expect(node.events).toEqual([]);
  });

  it('can be replaced: the earlier one goes on verifying until every key has the new one', async () => {
    const bench = keyService({ pepper: P1 });
    const { key, record } = await bench.keys.create(NEW_KEY);
    const both = bench.anotherNode({ pepper: [P2, P1] });
    expect(await both.verify(key)).toBe(`${record.id} of w1`);
    await settled();
    expect(await hashesOf(bench, record.id)).toEqual(['hmac-sha256$p2']);
    const onlyNew = bench.anotherNode({ pepper: P2 });
    expect(await onlyNew.verify(key)).toBe(`${record.id} of w1`);
  });

  it('hashes only the secret anew that was presented', async () => {
    const bench = keyService();
    const old = await bench.keys.create(NEW_KEY);
    const next = await bench.keys.rotate(old.record.id);
    const node = bench.anotherNode({ pepper: P1 });
    await node.verify(next?.key ?? '');
    await settled();
    expect(await hashesOf(bench, old.record.id)).toEqual(['sha256$', 'hmac-sha256$p1']);
    await node.verify(old.key);
    await settled();
    expect(await hashesOf(bench, old.record.id)).toEqual(['hmac-sha256$p1', 'hmac-sha256$p1']);
    for (const key of [old.key, next?.key ?? ''])
      expect(await node.verify(key)).toBe(`${old.record.id} of w1`);
  });

  it('never undoes a revocation that comes in between', async () => {
    const bench = keyService();
    const { key, record } = await bench.keys.create(NEW_KEY);
    const node = bench.anotherNode({ pepper: P1 });
    let held: (() => void) | undefined;
    bench.observed.before = async (method) => {
      if (method === 'put' && held === undefined) await new Promise<void>((resolve) => (held = resolve));
    };
    await node.verify(key);
    await settled();
    bench.observed.before = null;
    await bench.keys.revoke(record.id);
    held?.();
    await settled();
    await node.feed.poll();
    expect(await node.verify(key)).toBe('key_revoked');
    expect(await bench.keys.find(record.id)).toMatchObject({ revokedAt: bench.clock.now() });
  });

  it('is mixed in by one process for all, which ask the store once to find that out', async () => {
    const bench = keyService();
    const { key, record } = await bench.keys.create(NEW_KEY);
    // Neither hears anything of the other: both read the key as it was, and one of them comes second.
    bench.observed.store.feedWatch = async () => async () => undefined;
    const nodes = [bench.anotherNode({ pepper: P1 }), bench.anotherNode({ pepper: P1 })];
    await Promise.all(nodes.map((node) => node.verify(key)));
    await settled();
    const before = bench.observed.count('get', 'apikey');
    for (let n = 0; n < 20; n++) {
      for (const node of nodes) expect(await node.verify(key)).toBe(`${record.id} of w1`);
      await settled();
    }
    expect(await hashesOf(bench, record.id)).toEqual(['hmac-sha256$p1']);
    // One reads the key as it has become, and the other comes to the end of its attempt: far fewer than the requests.
    expect(bench.observed.count('get', 'apikey') - before).toBeLessThan(10);
    // The creation, the one that was first, and the attempt of the other.
    expect(bench.observed.count('put', 'apikey')).toBe(3);
  });

  it('that is no longer given is an outage and no refusal, for the secrets that need it', async () => {
    const bench = keyService({ pepper: P1 });
    const { key, record } = await bench.keys.create(NEW_KEY);
    const without = bench.anotherNode({ pepper: undefined });
    await expect(without.verify(key)).rejects.toThrow(
      'an API key is hashed with the pepper "p1", which is not among those given; give it after the current one',
    );
    await expect(without.verify(key)).rejects.toBeInstanceOf(StoreError);

    const next = await without.keys.rotate(record.id);
    expect(await without.verify(next?.key ?? '')).toBe(`${record.id} of w1`);
    await without.keys.rotate(record.id, { overlapSeconds: 0 });
    expect(await without.verify(key)).toBe('key_secret_invalid');
    await without.keys.revoke(record.id);
    expect(await without.verify(key)).toBe('key_secret_invalid');
  });

  it('that is missing does not hide that a key is revoked', async () => {
    const bench = keyService({ pepper: P1 });
    const { key, record } = await bench.keys.create(NEW_KEY);
    await bench.keys.revoke(record.id);
    expect(await bench.anotherNode({ pepper: undefined }).verify(key)).toBe('key_revoked');
  });

  it('lets requests go on while the store takes no writes, and is mixed in afterwards', async () => {
    const bench = keyService();
    const { key, record } = await bench.keys.create(NEW_KEY);
    const node = bench.anotherNode({ pepper: P1 });
    bench.observed.down = new Set(['put']);
    for (let n = 0; n < 50; n++) expect(await node.verify(key)).toBe(`${record.id} of w1`);
    await settled();
    expect(bench.observed.count('put', 'apikey')).toBe(2);
    bench.observed.down = null;
    bench.clock.advance(60);
    await node.verify(key);
    await settled();
    expect(await hashesOf(bench, record.id)).toEqual(['hmac-sha256$p1']);
  });

  it('leaves prefix-secret keys as their format says', async () => {
    const bench = keyService({ keyFormat: 'prefix-secret', pepper: P1 });
    const { key, record } = await bench.keys.create(NEW_KEY);
    await bench.verify(key);
    await settled();
    expect(await hashesOf(bench, record.id)).toEqual(['sha512$']);
  });
});
