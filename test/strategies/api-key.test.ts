import { describe, expect, it } from 'vitest';
import { authError, StoreError } from '../../src/core/errors.ts';
import { authenticate } from '../../src/middleware/authenticate.ts';
import type { VerifiedApiKey } from '../../src/services/api-keys.ts';
import { ApiKeyStrategy } from '../../strategies/api-key.ts';
import { closeNodesAfterEach, NEW_KEY } from '../services/api-keys/key-service.ts';
import { exchangeWith, type FakeHeaders } from '../support/fake-exchange.ts';
import { apiKeyBench as bench } from './api-key-bench.ts';

closeNodesAfterEach();

describe('ApiKeyStrategy', () => {
  it('recognises Authorization: Api-Key with the scheme in any case, without a promise when the key is in memory', async () => {
    const { ask, entry, key, id } = await bench();
    for (const scheme of ['Api-Key', 'api-key', 'API-KEY', 'aPI-kEY']) {
      expect(await ask({ authorization: `${scheme} ${key}` })).toBe(id);
    }
    expect(entry.enterChain(exchangeWith({ authorization: `Api-Key ${key}` }))).toEqual({
      kind: 'allow',
      principal: {
        kind: 'api_key',
        id,
        workspace: 'w1',
        scopes: ['audiences:read'],
        networks: null,
        rateLimit: null,
      },
    });
  });

  it.each<[string, (key: string) => FakeHeaders, string]>([
    ['two spaces', (key) => ({ authorization: `Api-Key  ${key}` }), 'key_malformed'],
    ['a tab in place of the space', (key) => ({ authorization: `Api-Key\t${key}` }), 'key_malformed'],
    ['a space and a tab', (key) => ({ authorization: `Api-Key \t${key}` }), 'key_malformed'],
    ['a blank behind the key', (key) => ({ authorization: `Api-Key ${key} ` }), 'key_malformed'],
    ['a blank in front of the scheme', (key) => ({ authorization: ` Api-Key ${key}` }), 'scheme_unsupported'],
    [
      'a no-break space behind the key',
      (key) => ({ authorization: `Api-Key ${key}\u00a0` }),
      'key_malformed',
    ],
    ['no key', () => ({ authorization: 'Api-Key' }), 'key_malformed'],
    ['a space and no key', () => ({ authorization: 'Api-Key ' }), 'key_malformed'],
    ['a key and a word', (key) => ({ authorization: `Api-Key ${key} x` }), 'key_malformed'],
    ['two keys with a comma', (key) => ({ authorization: `Api-Key ${key},${key}` }), 'key_malformed'],
    [
      'two credentials with a comma',
      (key) => ({ authorization: `Api-Key ${key}, Api-Key ${key}` }),
      'key_malformed',
    ],
    ['NUL behind the key', (key) => ({ authorization: `Api-Key ${key}\0` }), 'key_malformed'],
    ['the key in quotes', (key) => ({ authorization: `Api-Key "${key}"` }), 'key_malformed'],
    ['the scheme and a colon', (key) => ({ authorization: `Api-Key: ${key}` }), 'scheme_unsupported'],
    ['the word ApiKey', (key) => ({ authorization: `ApiKey ${key}` }), 'scheme_unsupported'],
    ['no scheme', (key) => ({ authorization: key }), 'scheme_unsupported'],
    [
      'the key in the other case',
      (key) => ({ authorization: `Api-Key ${key.toUpperCase()}` }),
      'key_malformed',
    ],
    ['a truncated key', (key) => ({ authorization: `Api-Key ${key.slice(0, -1)}` }), 'key_malformed'],
  ])('refuses %s', async (_name, headers, code) => {
    const { ask, key } = await bench();
    expect(await ask(headers(key))).toBe(code);
  });

  it('AK-02 takes no key from a query, a cookie, a body, a Bearer or a Basic credential', async () => {
    const { ask, key, entry } = await bench({ header: 'X-API-Key' });
    expect(await ask({}, { query: `api_key=${key}&key=${key}`, path: `/things/${key}` })).toBe(
      'credentials_missing',
    );
    expect(await ask({ cookie: `api-key=${key}; X-API-Key=${key}` })).toBe('credentials_missing');
    expect(await ask({ authorization: `Bearer ${key}` })).toBe('token_malformed');
    const basic = Buffer.from(`${key}:`).toString('base64');
    expect(await ask({ authorization: `Basic ${basic}` })).toBe('scheme_unsupported');
    for (const header of [
      'api-key',
      'x-api-token',
      'proxy-authorization',
      'authentication',
      'x-authorization',
    ]) {
      expect(await ask({ [header]: `Api-Key ${key}` })).toBe('credentials_missing');
    }
    // The fake exchange rejects when a body is read, and this one allows without reading it.
    expect(await entry.enterChain(exchangeWith({ 'x-api-key': key }))).toMatchObject({ kind: 'allow' });
  });

  it('AK-03 refuses more than one credential in a request, equal ones as well', async () => {
    const { ask, key, bearer, keys } = await bench({ header: 'X-API-Key' });
    const other = await keys.create({ ...NEW_KEY, workspace: 'w2' });
    const both = [`Api-Key ${key}`, `Api-Key ${key}`];
    expect(await ask({ authorization: both })).toBe('credentials_repeated');
    expect(await ask({ authorization: [`Bearer ${bearer}`, `Api-Key ${key}`] })).toBe('credentials_repeated');
    expect(await ask({ authorization: [`Basic x`, `Api-Key ${key}`] })).toBe('credentials_repeated');
    expect(await ask({ 'x-api-key': [key, key] })).toBe('credentials_repeated');
    expect(await ask({ 'x-api-key': [key, other.key] })).toBe('credentials_repeated');
    expect(await ask({ authorization: `Api-Key ${key}`, 'x-api-key': key })).toBe('credentials_repeated');
    expect(await ask({ authorization: `Bearer ${bearer}`, 'x-api-key': key })).toBe('credentials_repeated');
    expect(await ask({ 'x-api-key': `${key}, ${key}` })).toBe('key_malformed');
  });

  it('AK-04 rescues no refused credential by another', async () => {
    const { ask, key, bearer, id } = await bench({ header: 'X-API-Key' });
    const bad = `${bearer.slice(0, -4)}AAAA`;
    expect(await ask({ authorization: `Bearer ${bad}` })).toBe('token_signature_invalid');
    expect(await ask({ authorization: `Bearer ${bad}`, 'x-api-key': key })).toBe('credentials_repeated');
    expect(await ask({ authorization: [`Bearer ${bad}`, `Api-Key ${key}`] })).toBe('credentials_repeated');
    expect(await ask({ authorization: `Api-Key ${key.slice(0, -1)}`, 'x-api-key': key })).toBe(
      'credentials_repeated',
    );
    expect(await ask({ authorization: `Bearer ${bearer}` })).toBe('ada');
    expect(await ask({ 'x-api-key': key })).toBe(id);
  });

  it('takes a key bare from a header of its own, and from that alone when it has no scheme', async () => {
    const { ask, key, id } = await bench({ scheme: null, header: 'X-API-Key' });
    expect(await ask({ 'x-api-key': key })).toBe(id);
    expect(await ask({ 'x-api-key': `Api-Key ${key}` })).toBe('key_malformed');
    expect(await ask({ 'x-api-key': ` ${key}` })).toBe('key_malformed');
    expect(await ask({ 'x-api-key': '' })).toBe('credentials_missing');
    expect(await ask({ authorization: `Api-Key ${key}` })).toBe('scheme_unsupported');
  });

  it('may have another scheme, whose characters mean nothing but themselves', async () => {
    const { ask, key, id } = await bench({ scheme: "Key+$.*'" });
    expect(await ask({ authorization: `Key+$.*' ${key}` })).toBe(id);
    expect(await ask({ authorization: `Keyyy ${key}` })).toBe('scheme_unsupported');
    expect(await ask({ authorization: `Api-Key ${key}` })).toBe('scheme_unsupported');
  });

  it('hands the key to the service as it came, characters of regular expressions included', async () => {
    const seen: string[] = [];
    const keys = {
      verify(key: string) {
        seen.push(key);
        return authError('key_unknown');
      },
    };
    const entry = authenticate(new ApiKeyStrategy({ keys, header: 'X-API-Key' }));
    for (const key of ['$& (x|y)* ', '^', 'Api-Key', '\u00fc']) {
      await entry.enterChain(exchangeWith({ authorization: `Api-Key ${key}` }));
      await entry.enterChain(exchangeWith({ 'x-api-key': key }));
    }
    expect(seen).toEqual(['$& (x|y)* ', '$& (x|y)* ', '^', '^', 'Api-Key', 'Api-Key', '\u00fc', '\u00fc']);
  });

  it.each([
    [
      'throws',
      (): never => {
        throw new StoreError('down');
      },
    ],
    ['rejects', () => Promise.reject(new StoreError('down'))],
    ['rejects with nothing', () => Promise.reject(undefined as unknown as Error)],
    [
      'rejects late',
      async () => {
        await Promise.resolve();
        throw new StoreError('down');
      },
    ],
  ])('is no refusal when the service %s', async (_name, verify) => {
    const entry = authenticate(new ApiKeyStrategy({ keys: { verify } }));
    const asking = (async () => entry.enterChain(exchangeWith({ authorization: 'Api-Key x' })))();
    await expect(asking).rejects.toThrow(/^(?:down|the API keys could not be asked)$/);
  });

  it.each([undefined, null, false, 0, ''])(
    'refuses when the service answers %j, now or later',
    async (answer) => {
      for (const verify of [() => answer, async () => answer]) {
        const keys = { verify: verify as unknown as () => VerifiedApiKey };
        const entry = authenticate(new ApiKeyStrategy({ keys }));
        expect(await entry.enterChain(exchangeWith({ authorization: 'Api-Key x' }))).toMatchObject({
          kind: 'deny',
          error: { code: 'key_malformed' },
        });
      }
    },
  );

  it('passes on the refusal of the service, now or later', async () => {
    for (const verify of [() => authError('key_revoked'), async () => authError('key_revoked')]) {
      const entry = authenticate(new ApiKeyStrategy({ keys: { verify } }));
      expect(await entry.enterChain(exchangeWith({ authorization: 'Api-Key x' }))).toMatchObject({
        kind: 'deny',
        error: { code: 'key_revoked' },
      });
    }
  });

  it('asks the service about no key that is empty', async () => {
    let asked = 0;
    const verify = () => ((asked += 1), authError('key_unknown'));
    const strategy = new ApiKeyStrategy({ keys: { verify } });
    const credential = { header: 'authorization', scheme: 'api-key', value: '' };
    expect(await strategy.recognise(credential, exchangeWith())).toMatchObject({
      kind: 'rejected',
      error: { code: 'key_malformed' },
    });
    expect(asked).toBe(0);
  });
});

describe('the networks of a key', () => {
  it('are held to for its requests, also where no other guard asks', async () => {
    const { ask, keys, key, id } = await bench();
    await keys.update(id, { networks: ['10.0.0.0/8', '2001:db8::/32'] });
    const authorization = `Api-Key ${key}`;
    expect(await ask({ authorization }, { peerAddress: '10.1.2.3' })).toBe(id);
    expect(await ask({ authorization }, { peerAddress: '::ffff:10.1.2.3' })).toBe(id);
    expect(await ask({ authorization }, { peerAddress: '2001:db8::1' })).toBe(id);
    expect(await ask({ authorization }, { peerAddress: '11.0.0.1' })).toBe('ip_denied');
    expect(await ask({ authorization }, { peerAddress: '::10.1.2.3' })).toBe('ip_denied');
    expect(await ask({ authorization }, { peerAddress: undefined })).toBe('ip_unknown');
    expect(await ask({ authorization: `${authorization}x` }, { peerAddress: '11.0.0.1' })).toBe(
      'key_malformed',
    );
  });

  it('are asked of the peer, and of a forwarded address only from a trusted proxy', async () => {
    const headers = { 'x-forwarded-for': '10.1.2.3' };
    const direct = await bench();
    await direct.keys.update(direct.id, { networks: ['10.0.0.0/8'] });
    const authorization = `Api-Key ${direct.key}`;
    expect(await direct.ask({ ...headers, authorization }, { peerAddress: '192.0.2.1' })).toBe('ip_denied');

    const proxied = await bench({ trustedProxies: '192.0.2.1' });
    await proxied.keys.update(proxied.id, { networks: ['10.0.0.0/8'] });
    const other = `Api-Key ${proxied.key}`;
    expect(await proxied.ask({ ...headers, authorization: other }, { peerAddress: '192.0.2.1' })).toBe(
      proxied.id,
    );
    expect(await proxied.ask({ ...headers, authorization: other }, { peerAddress: '192.0.2.2' })).toBe(
      'ip_denied',
    );
  });

  it.each<[string, unknown, string | null]>([
    ['an address in the network', '10.0.0.1', null],
    ['an address outside', '11.0.0.1', 'ip_denied'],
    ['nothing', undefined, 'ip_unknown'],
    ['null', null, 'ip_unknown'],
    ['text that is no address', '10.0.0.1, 11.0.0.1', 'ip_unknown'],
    ['a promise', Promise.resolve('10.0.0.1'), 'ip_unknown'],
    ['an object that reads as an address', { toString: () => '10.0.0.1' }, 'ip_unknown'],
  ])('are asked of what the host says: %s', async (_name, said, code) => {
    const { ask, keys, key, id } = await bench({ clientAddress: () => said as string });
    await keys.update(id, { networks: ['10.0.0.0/8'] });
    expect(await ask({ authorization: `Api-Key ${key}` })).toBe(code ?? id);
  });
});
