import { describe, expect, it } from 'vitest';
import { isAuthError, StoreError } from '../../../src/core/errors.ts';
import { REASONS } from '../../../src/core/reasons.ts';
import type { Json } from '../../../src/core/store.ts';
import { apiKeyTexts } from '../../../src/tokens/api-key-format.ts';
import { closeNodesAfterEach, keyService, NEW_KEY, settled } from './key-service.ts';

closeNodesAfterEach();

const texts = apiKeyTexts('acme');

describe('verify', () => {
  it('gives the principal of the key, frozen, at once when the key is in memory', async () => {
    const { keys, observed } = keyService();
    const { key, record } = await keys.create({
      ...NEW_KEY,
      scopes: ['audiences:read'],
      rateLimit: { limit: 5, windowSeconds: 60 },
    });
    const first = await keys.verify(key);
    await settled();
    const reads = observed.count('get', 'apikey');
    const verified = keys.verify(key);
    expect(verified).toBe(first);
    expect(observed.count('get', 'apikey')).toBe(reads);
    expect(verified).toMatchObject({
      principal: {
        kind: 'api_key',
        id: record.id,
        workspace: 'w1',
        scopes: ['audiences:read'],
        networks: null,
        rateLimit: { limit: 5, windowSeconds: 60 },
      },
      networks: null,
      headers: undefined,
    });
    expect(Object.isFrozen((verified as { principal: object }).principal)).toBe(true);
  });

  it('accepts both formats side by side, whichever new keys have', async () => {
    const { keys, verify, anotherNode } = keyService();
    const drf = anotherNode({ keyFormat: 'prefix-secret' });
    const ours = await keys.create(NEW_KEY);
    const theirs = await drf.keys.create({ ...NEW_KEY, workspace: 'w2' });
    expect(await Promise.all([ours, theirs].map(({ key }) => verify(key)))).toEqual([
      `${ours.record.id} of w1`,
      `${theirs.record.id} of w2`,
    ]);
    expect(await Promise.all([ours, theirs].map(({ key }) => drf.verify(key)))).toEqual([
      `${ours.record.id} of w1`,
      `${theirs.record.id} of w2`,
    ]);
  });

  it('verifies a key that was kept as the published vector says', async () => {
    const { keys, verify, observed } = keyService();
    const { record } = await keys.create(NEW_KEY);
    const secret = {
      ...record.secrets[0],
      format: 'prefix-secret',
      hash: 'sha512$$af90f4e5bb5f7ce18aab9b544b8a1326b978bd5b0f852dab45e8827a673a9fb658bf87427a81cc87fe67fb258695edfc5114f2e0637575753b102841952548cc',
    };
    const { id: _, ...rest } = record;
    const document = { ...rest, rateLimit: null, networks: null, secrets: [secret] };
    await observed.store.put('apikey', 'AbCdEfGh', JSON.parse(JSON.stringify(document)), { lookups: ['w1'] });
    expect(await verify('AbCdEfGh.0123456789abcdefghijABCDEFGHIJ01')).toBe('AbCdEfGh of w1');
    expect(await verify('AbCdEfGh.0123456789abcdefghijABCDEFGHIJ02')).toBe('key_secret_invalid');
  });

  it.each([
    ['no network in its list', []],
    ['texts in its list that are no networks', ['everywhere', '0.0.0.0/33']],
  ])('lets a key with %s come from nowhere', async (_name, networks) => {
    const { keys, observed, anotherNode } = keyService();
    const { key, record } = await keys.create({ ...NEW_KEY, networks: ['10.0.0.0/8'] });
    const kept = await observed.store.get<{ readonly [member: string]: Json }>('apikey', record.id);
    await observed.store.put('apikey', record.id, { ...kept?.data, networks }, { lookups: ['w1'] });
    const verified = await anotherNode().keys.verify(key);
    if (isAuthError(verified)) throw new Error(verified.code);
    expect(verified.networks?.hasText('10.0.0.1')).toBe(false);
  });

  it('AK-01 refuses every near miss of a key, and tells the reasons apart in the process only', async () => {
    const { keys, verify } = keyService();
    const { key, record } = await keys.create(NEW_KEY);
    const sameId = texts.make('checksummed', record.id);
    const otherId = texts.make('checksummed', 'AAAAAAAA');
    expect(await verify(sameId)).toBe('key_secret_invalid');
    expect(await verify(otherId)).toBe('key_unknown');
    expect(await verify(key.slice(0, -1))).toBe('key_malformed');
    expect(await verify(`${key}\0`)).toBe('key_malformed');
    expect(await verify(`${record.id}.${'0'.repeat(32)}`)).toBe('key_secret_invalid');
    expect(await verify(key)).toBe(`${record.id} of w1`);
    const codes = [
      'key_malformed',
      'key_unknown',
      'key_secret_invalid',
      'key_expired',
      'key_revoked',
    ] as const;
    expect(new Set(codes.map((code) => `${REASONS[code].status} ${REASONS[code].disclosure}`))).toEqual(
      new Set(['401 token_invalid']),
    );
  });

  it('asks no store about a text that is no key, whatever it is', async () => {
    const { keys, verify, observed } = keyService();
    const { key } = await keys.create(NEW_KEY);
    const before = observed.count('get') + observed.count('feedRead');
    const wrong = Array.from(key).map(
      (_, at) => key.slice(0, at) + (key[at] === '0' ? '1' : '0') + key.slice(at + 1),
    );
    const codes = new Set(await Promise.all(wrong.map(verify)));
    expect(codes).toEqual(new Set(['key_malformed']));
    for (const value of [undefined, null, [key], { toString: () => key }, 7]) {
      expect(await verify(value as string)).toBe('key_malformed');
    }
    expect(observed.count('get') + observed.count('feedRead')).toBe(before);
  });

  it('AK-06 refuses a key from the millisecond of its expiry on', async () => {
    const { keys, verify, clock } = keyService();
    const { key, record } = await keys.create({ ...NEW_KEY, expiresAt: clock.now() + 30_000 });
    clock.advance(29.999);
    expect(await verify(key)).toBe(`${record.id} of w1`);
    clock.advance(0.001);
    expect(await verify(key)).toBe('key_expired');
    await keys.setExpiry(record.id, clock.now() + 1_000);
    expect(await verify(key)).toBe(`${record.id} of w1`);
    await keys.setExpiry(record.id, null);
    clock.advance(100_000_000);
    expect(await verify(key)).toBe(`${record.id} of w1`);
  });

  it('reads a key once for all who present it at the same time', async () => {
    const { keys, anotherNode, observed } = keyService();
    const { key, record } = await keys.create(NEW_KEY);
    const node = anotherNode();
    const before = observed.count('get', 'apikey');
    const answers = await Promise.all(Array.from({ length: 100 }, () => node.verify(key)));
    expect(new Set(answers)).toEqual(new Set([`${record.id} of w1`]));
    expect(observed.count('get', 'apikey') - before).toBe(1);
  });

  it('reads the store at most once for each unknown id in two seconds, and remembers a bounded number', async () => {
    const { verify, observed, clock } = keyService();
    const unknown = Array.from({ length: 1_000 }, () => texts.make('checksummed', randomId()));
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(unknown.map(verify));
      expect(new Set(answers)).toEqual(new Set(['key_unknown']));
    }
    expect(observed.count('get', 'apikey')).toBe(1_000);
    clock.advance(1.999);
    await verify(unknown[0] as string);
    expect(observed.count('get', 'apikey')).toBe(1_000);
    clock.advance(0.001);
    await verify(unknown[0] as string);
    expect(observed.count('get', 'apikey')).toBe(1_001);
  });

  it('keeps known keys in memory while unknown ones are presented', async () => {
    const { keys, verify, observed } = keyService({ cacheSize: 1 });
    const { key, record } = await keys.create(NEW_KEY);
    await verify(key);
    for (let n = 0; n < 200; n++) await verify(texts.make('checksummed', randomId()));
    const before = observed.count('get', 'apikey');
    expect(await verify(key)).toBe(`${record.id} of w1`);
    expect(observed.count('get', 'apikey')).toBe(before);
  });

  it('remembers no more keys than it may', async () => {
    const { keys, verify, observed } = keyService({ cacheSize: 2 });
    const made = [];
    for (let n = 0; n < 3; n++) made.push(await keys.create(NEW_KEY));
    for (const { key } of made) await verify(key);
    const before = observed.count('get', 'apikey');
    await verify((made[2] as { key: string }).key);
    expect(observed.count('get', 'apikey') - before).toBe(0);
    await verify((made[0] as { key: string }).key);
    expect(observed.count('get', 'apikey') - before).toBe(1);
  });

  it('accepts a key at once whose id was looked up before it existed', async () => {
    const { keys, verify, observed } = keyService();
    const { key, record } = await keys.create(NEW_KEY);
    // The record goes away behind the service's back and comes again, as when a row is restored.
    const kept = await observed.store.get('apikey', record.id);
    await observed.store.delete('apikey', record.id);
    expect(await verify(key)).toBe('key_unknown');
    await observed.store.put('apikey', record.id, kept?.data ?? null, { lookups: ['w1'] });
    await keys.update(record.id, { name: 'restored' });
    expect(await verify(key)).toBe(`${record.id} of w1`);
  });

  it('throws StoreError while the store is down, for known and unknown keys, and is right again afterwards', async () => {
    const { keys, verify, observed, clock } = keyService();
    const { key, record } = await keys.create(NEW_KEY);
    await verify(key);
    observed.down = 'all';
    // What is in memory goes on for as long as it may be believed.
    expect(await verify(key)).toBe(`${record.id} of w1`);
    await expect(verify(texts.make('checksummed', 'AAAAAAAA'))).rejects.toBeInstanceOf(StoreError);
    clock.advance(10.001);
    await expect(verify(key)).rejects.toBeInstanceOf(StoreError);
    expect(await verify('not a key')).toBe('key_malformed');
    observed.down = null;
    expect(await verify(key)).toBe(`${record.id} of w1`);
    expect(await verify(texts.make('checksummed', 'AAAAAAAA'))).toBe('key_unknown');
  });

  it('reads a key again after a minute, though the feed is fresh', async () => {
    const { keys, verify, observed, clock, feed } = keyService();
    const { key } = await keys.create(NEW_KEY);
    await verify(key);
    clock.advance(59.999);
    await feed.poll();
    const before = observed.count('get', 'apikey');
    await verify(key);
    expect(observed.count('get', 'apikey') - before).toBe(0);
    clock.advance(0.001);
    await verify(key);
    expect(observed.count('get', 'apikey') - before).toBe(1);
  });

  it('makes its own reader of the feed when it is given none', async () => {
    const { anotherNode } = keyService();
    const { keys, verify } = anotherNode({ feed: undefined });
    const { key, record } = await keys.create(NEW_KEY);
    expect(await verify(key)).toBe(`${record.id} of w1`);
    await keys.revoke(record.id);
    expect(await verify(key)).toBe('key_revoked');
  });

  it('refuses with one shared value, so that a flood allocates no errors', async () => {
    const { keys } = keyService();
    const [a, b] = [keys.verify('x'), keys.verify('y')];
    expect(a).toBe(b);
    expect(isAuthError(a)).toBe(true);
  });
});

function randomId(): string {
  return Math.random().toString(36).slice(2).padEnd(8, '0').slice(0, 8);
}
