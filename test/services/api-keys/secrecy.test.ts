import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ApiKeyFormat } from '../../../src/services/api-keys.ts';
import { closeNodesAfterEach, keyService, NEW_KEY, settled } from './key-service.ts';

closeNodesAfterEach();

const PEPPER = { id: 'p1', secret: 'a pepper that nobody may see, 38 bytes' };

/** Every part of a key that could be of use to whoever finds it. */
function secretsIn(key: string): readonly string[] {
  const secret = key.slice(/[._](?=[^._]*$)/.exec(key)?.index ?? 0).slice(1);
  return [
    key,
    secret,
    secret.slice(0, 12),
    secret.slice(-12),
    Buffer.from(key).toString('base64').slice(24, 40),
  ];
}

describe.each<ApiKeyFormat>(['checksummed', 'prefix-secret'])('a %s key', (keyFormat) => {
  it('is in nothing that is stored, told, returned a second time, thrown or printed', async () => {
    const published: unknown[] = [];
    const listener = (message: unknown): unknown => published.push(message);
    subscribe('portcullis:api_key', listener);
    const bench = keyService({ keyFormat });
    const node = bench.anotherNode({ keyFormat, pepper: PEPPER });
    const { key, record } = await node.keys.create(NEW_KEY, { author: 'Ada' });
    const next = await node.keys.rotate(record.id, { overlapSeconds: 60 });
    const results: unknown[] = [record, next?.record];
    for (const each of [key, next?.key ?? '', `${key}x`]) results.push(await node.keys.verify(each));
    await settled();
    results.push(
      await node.keys.find(record.id),
      await node.keys.list('w1'),
      await node.keys.usage(record.id),
    );
    results.push(await node.keys.finishRotation(record.id, { quietDays: 1 }));

    bench.observed.down = 'all';
    bench.clock.advance(61);
    for (const attempt of [node.verify(key), bench.verify(key), node.keys.rotate(record.id)]) {
      results.push(await attempt.catch((error: unknown) => error));
    }
    bench.observed.down = null;
    results.push(await bench.verify(key).catch((error: unknown) => error));
    results.push(await node.keys.revoke(record.id), await node.keys.revokeAll('w1'));
    await settled();
    unsubscribe('portcullis:api_key', listener);

    const stored = await Promise.all([
      bench.observed.store.get('apikey', record.id),
      bench.observed.store.get('apikey.usage', record.id),
      bench.observed.store.list('apikey', 0, 'w1'),
      bench.observed.store.feedRead(null),
    ]);
    const everything = [
      JSON.stringify(stored),
      bench.observed.written(),
      inspect([results, node.events, published, node.keys], { depth: 20, showHidden: true }),
    ].join('\n');
    expect(everything).toContain(record.id);
    expect(published).not.toEqual([]);
    const secrets = [key, next?.key ?? ''].flatMap(secretsIn);
    expect(secrets.filter((secret) => secret === '' || everything.includes(secret))).toEqual([]);
    expect(everything).not.toContain(PEPPER.secret);
  });
});
