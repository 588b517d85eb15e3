import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/core/errors.ts';
import type { NewApiKey } from '../../../src/services/api-keys.ts';
import { closeNodesAfterEach, keyService, NEW_KEY } from './key-service.ts';

closeNodesAfterEach();

const START = 1_767_225_600_000;

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  const thrown: unknown = await attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
  return thrown instanceof ConfigError ? thrown.code : String(thrown);
}

describe('create', () => {
  it('gives the key once, and a record without anything that could be presented', async () => {
    const { keys, verify } = keyService();
    const { key, record } = await keys.create({
      workspace: 'w1',
      name: 'Nightly export',
      label: 'runs on the big machine',
      scopes: ['audiences:read', 'audiences:read', 'audiences:write'],
      networks: ['10.0.0.7', '2001:db8::/32', '::ffff:192.0.2.0/120'],
      expiresAt: START + 60_000,
      rateLimit: { limit: 100, windowSeconds: 60 },
    });
    expect(key).toMatch(/^acme_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}$/);
    expect(record).toEqual({
      id: key.slice(5, 13),
      workspace: 'w1',
      name: 'Nightly export',
      label: 'runs on the big machine',
      scopes: ['audiences:read', 'audiences:write'],
      networks: ['10.0.0.7/32', '2001:db8::/32', '192.0.2.0/24'],
      rateLimit: { limit: 100, windowSeconds: 60 },
      createdAt: START,
      expiresAt: START + 60_000,
      revokedAt: null,
      secrets: [{ serial: 1, format: 'checksummed', createdAt: START, supersededAt: null, endsAt: null }],
    });
    expect(await keys.find(record.id)).toEqual(record);
    expect(await verify(key)).toBe(`${record.id} of w1`);
  });

  it('makes keys without scope, network, expiry and limit when nothing is said of them', async () => {
    const { keys } = keyService();
    const { record } = await keys.create(NEW_KEY);
    expect(record).toMatchObject({
      label: null,
      scopes: [],
      networks: null,
      expiresAt: null,
      rateLimit: null,
    });
  });

  it.each<[string, object, string]>([
    ['no workspace', { name: 'x' }, 'option_missing'],
    ['an empty workspace', { ...NEW_KEY, workspace: '' }, 'option_invalid'],
    ['no name', { workspace: 'w1' }, 'option_missing'],
    ['a name of 51 characters', { ...NEW_KEY, name: 'x'.repeat(51) }, 'option_invalid'],
    ['a name of two lines', { ...NEW_KEY, name: 'a\nb' }, 'option_invalid'],
    ['a name with an escape sequence', { ...NEW_KEY, name: '\u001b[2J' }, 'option_invalid'],
    ['a name that is written backwards', { ...NEW_KEY, name: 'a\u202eb' }, 'option_invalid'],
    ['a scope with a blank', { ...NEW_KEY, scopes: ['a b'] }, 'option_invalid'],
    ['a network that is none', { ...NEW_KEY, networks: ['10.0.0.0/33'] }, 'option_invalid'],
    ['an address in octal', { ...NEW_KEY, networks: ['010.0.0.1'] }, 'option_invalid'],
    [
      'a mapped network of no IPv4 address',
      { ...NEW_KEY, networks: ['::ffff:10.0.0.0/8'] },
      'option_invalid',
    ],
    ['no network at all', { ...NEW_KEY, networks: [] }, 'option_invalid'],
    ['an expiry in seconds', { ...NEW_KEY, expiresAt: 1_767_300_000 }, 'option_invalid'],
    ['an expiry now', { ...NEW_KEY, expiresAt: START }, 'option_invalid'],
    ['an expiry of NaN', { ...NEW_KEY, expiresAt: Number.NaN }, 'option_invalid'],
    ['a limit of nothing', { ...NEW_KEY, rateLimit: { limit: 0, windowSeconds: 60 } }, 'option_invalid'],
    ['half a limit', { ...NEW_KEY, rateLimit: { limit: 5 } }, 'option_missing'],
    ['a misspelt member', { ...NEW_KEY, expires: START + 1 }, 'option_unknown'],
    ['an id of its own', { ...NEW_KEY, id: 'AbCdEfGh' }, 'option_unknown'],
    ['an author of two lines', NEW_KEY, 'option_invalid'],
  ])('refuses %s, and writes nothing', async (name, key, code) => {
    const { keys, observed } = keyService();
    const author = name.startsWith('an author') ? 'a\nb' : 'Ada';
    expect(await codeOf(keys.create(key as NewApiKey, { author }))).toBe(code);
    expect(observed.count('put')).toBe(0);
  });

  it('takes a name of 50 characters, however many units of text they are', async () => {
    const { keys } = keyService();
    const name = '\u{1f511}'.repeat(50);
    expect((await keys.create({ ...NEW_KEY, name })).record.name).toBe(name);
  });

  it('makes keys of the format that is configured', async () => {
    const { keys, verify } = keyService({ keyFormat: 'prefix-secret' });
    const { key, record } = await keys.create(NEW_KEY);
    expect(key).toMatch(/^[0-9A-Za-z]{8}\.[0-9A-Za-z]{32}$/);
    expect(record.id).toBe(key.slice(0, 8));
    expect(record.secrets[0]?.format).toBe('prefix-secret');
    expect(await verify(key)).toBe(`${record.id} of w1`);
  });

  it('AK-05 is a function and has no endpoint', () => {
    const { keys } = keyService();
    expect(Object.keys(keys).toSorted()).toEqual([
      'close',
      'create',
      'find',
      'finishRotation',
      'list',
      'revoke',
      'revokeAll',
      'rotate',
      'setExpiry',
      'update',
      'usage',
      'verify',
    ]);
  });

  it('tells of itself in an event', async () => {
    const { keys, events } = keyService();
    const { record } = await keys.create(NEW_KEY, { author: 'Ada' });
    expect(events).toEqual([
      { type: 'api_key', action: 'created', author: 'Ada', keyId: record.id, workspace: 'w1', at: START },
    ]);
  });
});

describe('list', () => {
  it('goes through the keys of one workspace in pages, revoked ones among them', async () => {
    const { keys } = keyService();
    const made = await Promise.all([1, 2, 3].map((n) => keys.create({ ...NEW_KEY, name: `key ${n}` })));
    await keys.create({ ...NEW_KEY, workspace: 'w2' });
    const ids = made.map(({ record }) => record.id).toSorted();
    await keys.revoke(ids[0] as string);

    const first = await keys.list('w1', { limit: 2 });
    const second = await keys.list('w1', { limit: 2, after: first.next as string });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    expect(second.next).toBeNull();
    expect(first.items[0]?.revokedAt).toBe(START);
  });

  it('finds nothing for a workspace without keys, and for text that is no workspace', async () => {
    const { keys } = keyService();
    expect(await keys.list('nobody')).toEqual({ items: [], next: null });
    expect(await keys.list('\0')).toEqual({ items: [], next: null });
    expect(await keys.find('\0')).toBeNull();
  });
});

describe('update', () => {
  it('changes what is given, leaves the rest, and takes effect on the next request', async () => {
    const { keys, events } = keyService();
    const { key, record } = await keys.create({ ...NEW_KEY, scopes: ['a'], label: 'old' });
    await keys.verify(key);
    const changed = await keys.update(
      record.id,
      { scopes: ['b'], networks: ['10.0.0.0/8'] },
      { author: 'Ada' },
    );
    expect(changed).toEqual({ ...record, scopes: ['b'], networks: ['10.0.0.0/8'] });
    expect(await keys.verify(key)).toMatchObject({ principal: { scopes: ['b'], networks: ['10.0.0.0/8'] } });
    expect(events.at(-1)).toMatchObject({ action: 'updated', author: 'Ada', keyId: record.id });
    expect(await keys.update(record.id, { scopes: [], networks: null, label: null })).toEqual({
      ...record,
      scopes: [],
      label: null,
    });
  });

  it('counts all of many edits that are made at the same time, also in another process', async () => {
    const { keys, anotherNode } = keyService();
    const other = anotherNode();
    const { record } = await keys.create(NEW_KEY);
    await Promise.all([
      keys.update(record.id, { name: 'new name' }),
      other.keys.update(record.id, { label: 'new label' }),
      keys.update(record.id, { scopes: ['a'] }),
      other.keys.setExpiry(record.id, START + 5_000),
    ]);
    expect(await keys.find(record.id)).toMatchObject({
      name: 'new name',
      label: 'new label',
      scopes: ['a'],
      expiresAt: START + 5_000,
    });
  });

  it('knows no key that does not exist or was revoked', async () => {
    const { keys } = keyService();
    const { record } = await keys.create(NEW_KEY);
    expect(await keys.update('AbCdEfGh', { name: 'x' })).toBeNull();
    await keys.revoke(record.id);
    expect(await keys.update(record.id, { name: 'x' })).toBeNull();
    expect(await keys.setExpiry(record.id, null)).toBeNull();
    expect(await keys.rotate(record.id)).toBeNull();
    expect(await keys.finishRotation(record.id, { quietDays: 1 })).toBeNull();
  });

  it('refuses to move a key to another workspace', async () => {
    const { keys } = keyService();
    const { record } = await keys.create(NEW_KEY);
    const changes = { workspace: 'w2' } as object;
    expect(await codeOf(keys.update(record.id, changes))).toBe('option_unknown');
  });
});

describe('apiKeys', () => {
  it.each([
    ['no product prefix', { productPrefix: undefined }, 'option_missing'],
    ['a product prefix in upper case', { productPrefix: 'ACME' }, 'option_invalid'],
    ['an unknown format', { keyFormat: 'checksumed' }, 'option_invalid'],
    ['a store that is none', { store: {} }, 'option_invalid'],
    ['a cache of nothing', { cacheSize: 0 }, 'option_invalid'],
    ['a weak pepper', { pepper: { id: 'p', secret: 'x' } }, 'key_weak'],
    ['a misspelt option', { peper: { id: 'p', secret: 'x' } }, 'option_unknown'],
  ])('refuses %s', (_name, options, code) => {
    let thrown: unknown;
    try {
      keyService(options as object);
    } catch (error) {
      thrown = error;
    }
    expect((thrown as ConfigError).code).toBe(code);
  });
});
