import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../src/core/errors.ts';
import { drf } from '../../src/dialects/drf.ts';
import { authenticate } from '../../src/middleware/authenticate.ts';
import { ApiKeyStrategy } from '../../strategies/api-key.ts';
import { closeNodesAfterEach, keyService, NEW_KEY, settled } from '../services/api-keys/key-service.ts';
import { exchangeWith } from '../support/fake-exchange.ts';
import { onEachFramework, stopHostsAfterEach } from '../support/frameworks.ts';

closeNodesAfterEach();
stopHostsAfterEach();

const RATE = { limit: 2, windowSeconds: 60 };

async function bench(more: object = {}, options: object = {}) {
  const service = keyService(options);
  const { key, record } = await service.keys.create({ ...NEW_KEY, rateLimit: RATE, ...more });
  const strategy = new ApiKeyStrategy({ keys: service.keys });
  const entry = authenticate(strategy);
  async function ask(presented = key, parts: object = {}): Promise<string> {
    const decision = await entry.enterChain(exchangeWith({ authorization: `Api-Key ${presented}` }, parts));
    return decision.kind === 'allow' ? 'passes' : decision.error.code;
  }
  return { ...service, key, id: record.id, strategy, entry, ask };
}

onEachFramework('AK-06 a key with a limit', (framework) => {
  it('is answered 429 beyond it, not 401, with no guard for it, and works again in the next window', async () => {
    const { entry, key, id, clock, keys } = await bench();
    const events: unknown[] = [];
    const host = await framework.start({
      chain: [entry, { dialect: drf(), onEvent: (event) => events.push(event) }],
    });
    const statuses = [];
    for (let count = 0; count < 3; count++) statuses.push((await host.get(`Api-Key ${key}`)).status);
    expect(statuses).toEqual([200, 200, 429]);
    const refused = await host.get(`Api-Key ${key}`);
    expect([refused.header('Retry-After'), refused.text, refused.header('WWW-Authenticate')]).toEqual([
      '60',
      '{"detail":"Request was throttled. Expected available in 60 seconds."}',
      undefined,
    ]);
    expect(events.at(-1)).toMatchObject({ reason: 'rate_limited', rule: `key ${id}`, principal: null });
    const other = await keys.create(NEW_KEY);
    expect((await host.get(`Api-Key ${other.key}`)).status).toBe(200);
    clock.advance(60);
    expect((await host.get(`Api-Key ${key}`)).status).toBe(200);
  });
});

describe('the limit of a key', () => {
  it('holds for all secrets of the key together, and in all processes', async () => {
    const { keys, id, key, ask, anotherNode } = await bench();
    const rotated = await keys.rotate(id);
    const elsewhere = authenticate(new ApiKeyStrategy({ keys: anotherNode().keys }));
    expect([await ask(key), await ask(rotated?.key)]).toEqual(['passes', 'passes']);
    const decision = await elsewhere.enterChain(exchangeWith({ authorization: `Api-Key ${key}` }));
    expect(decision).toMatchObject({ kind: 'deny', error: { code: 'rate_limited' } });
  });

  it('is not used up by who does not have the key, or comes from elsewhere', async () => {
    const { ask, id } = await bench({ networks: ['10.0.0.0/8'] });
    for (let count = 0; count < 5; count++) {
      expect(await ask(undefined, { peerAddress: '192.0.2.1' })).toBe('ip_denied');
      expect(await ask(`${id}.${'0'.repeat(32)}`)).toBe('key_secret_invalid');
    }
    expect(await ask(undefined, { peerAddress: '10.1.2.3' })).toBe('passes');
  });

  it('counts a request once, however many guards it passes', async () => {
    const { ask } = await bench();
    const native = {};
    for (let count = 0; count < 5; count++) expect(await ask(undefined, { native })).toBe('passes');
    expect([await ask(), await ask()]).toEqual(['passes', 'rate_limited']);
  });

  it('can be changed and taken away, at once', async () => {
    const { keys, id, ask } = await bench();
    expect([await ask(), await ask(), await ask()]).toEqual(['passes', 'passes', 'rate_limited']);
    await keys.update(id, { rateLimit: { limit: 1, windowSeconds: 60 } });
    expect([await ask(), await ask()]).toEqual(['passes', 'rate_limited']);
    await keys.update(id, { rateLimit: null });
    for (let count = 0; count < 5; count++) expect(await ask()).toBe('passes');
  });

  it("is counted by the host's own limiter in place of the store", async () => {
    const asked: unknown[] = [];
    const limiter = { take: (request: unknown) => (asked.push(request), 9) };
    const { ask, id, key, keys } = await bench({}, { limiter });
    expect(await ask()).toBe('rate_limited');
    expect(asked).toEqual([{ name: `api_key ${id}`, ...RATE }]);
    const unlimited = await keys.create(NEW_KEY);
    expect([await ask(unlimited.key), asked.length]).toEqual(['passes', 1]);
    const verified = await keys.verify(key);
    expect(isAuthError(verified) ? verified.code : typeof verified.admit).toBe('function');
  });

  it('lets nobody pass while the store is down, and keys without a limit go on from memory', async () => {
    const { ask, observed, keys } = await bench();
    const unlimited = await keys.create(NEW_KEY);
    await ask(unlimited.key);
    await settled();
    observed.before = (method) => (method === 'use' ? Promise.reject(new Error('down')) : Promise.resolve());
    await expect(ask()).rejects.toThrow('down');
    expect(await ask(unlimited.key)).toBe('passes');
  });
});

describe('usage of a key that is being rotated', () => {
  it('says where the earlier secret is still used from, and does not watch the current one', async () => {
    const { keys, id, key, ask, anotherNode, clock } = await bench({ rateLimit: null });
    const rotated = await keys.rotate(id);
    await ask(key, { peerAddress: '::ffff:192.0.2.7' });
    await settled();
    clock.advance(60);
    await ask(rotated?.key, { peerAddress: '192.0.2.8' });
    await settled();
    const seen = (await anotherNode().keys.usage(id))?.secrets;
    expect(seen?.map(({ lastUsedAt, lastUsedFrom }) => [lastUsedAt, lastUsedFrom])).toEqual([
      [clock.now() - 60_000, '192.0.2.7'],
      [clock.now(), null],
    ]);
  });

  it('keeps the last address that is known when a later use has none', async () => {
    const { keys, id, key, ask, clock, verify } = await bench({ rateLimit: null });
    await keys.rotate(id);
    await ask(key, { peerAddress: '192.0.2.7' });
    clock.advance(60);
    await verify(key);
    await settled();
    expect((await keys.usage(id))?.secrets[0]).toMatchObject({
      lastUsedAt: clock.now(),
      lastUsedFrom: '192.0.2.7',
    });
  });

  it('refuses nobody because the address cannot be found', async () => {
    const { keys, id, key } = await bench({ rateLimit: null });
    await keys.rotate(id);
    const strategy = new ApiKeyStrategy({
      keys,
      clientAddress: () => {
        throw new Error('no address');
      },
    });
    const decision = await authenticate(strategy).enterChain(
      exchangeWith({ authorization: `Api-Key ${key}` }),
    );
    expect(decision.kind).toBe('allow');
  });
});
