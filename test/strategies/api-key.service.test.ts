import { describe, expect, it } from 'vitest';
import type { Recognition } from '../../src/core/decision.ts';
import { authError } from '../../src/core/errors.ts';
import type { Address } from '../../src/network/address.ts';
import { ApiKeyStrategy, type ApiKeyPrincipal } from '../../strategies/api-key.ts';
import { exchangeWith } from '../support/fake-exchange.ts';

/** What the service of a host may answer: no more than that the key is good. */
const PRINCIPAL = {
  kind: 'api_key',
  id: 'k1',
  workspace: 'w1',
  scopes: [],
  networks: null,
  rateLimit: null,
} as const;
const CREDENTIAL = { header: 'authorization', scheme: 'api-key', value: 'x' } as const;

/** Makes a recognition of keys of which the service answers this, and more. */
function recogniserOf(answer: object, parts: object = {}, options: object = {}) {
  const keys = { verify: () => ({ principal: PRINCIPAL, networks: null, ...answer }) as never };
  const strategy = new ApiKeyStrategy({ keys, ...options });
  return async (): Promise<Recognition<ApiKeyPrincipal>> =>
    strategy.recognise(CREDENTIAL, exchangeWith({}, parts));
}

describe('ApiKeyStrategy with a service of the host', () => {
  it('needs no limit and no watcher from it', async () => {
    for (const more of [{}, { admit: null, seenFrom: null }, { admit: undefined, seenFrom: 'here' }]) {
      const recognition = await recogniserOf(more)();
      expect(recognition).toEqual({ kind: 'authenticated', principal: PRINCIPAL, headers: undefined });
    }
  });

  it('names the key as the rule of a refusal that is about the key', async () => {
    const networks = { has: (address: Address) => address.family === 6 };
    const denied = await recogniserOf({ networks })();
    const unknown = await recogniserOf({ networks }, { peerAddress: undefined })();
    const limited = await recogniserOf({ admit: () => authError('rate_limited') })();
    expect([denied, unknown, limited]).toMatchObject([
      { kind: 'rejected', error: { code: 'ip_denied' }, rule: 'key k1' },
      { kind: 'rejected', error: { code: 'ip_unknown' }, rule: 'key k1' },
      { kind: 'rejected', error: { code: 'rate_limited' }, rule: 'key k1' },
    ]);
  });

  it('names no rule when the key is not known', async () => {
    const keys = { verify: () => authError('key_unknown') };
    const recognition = await new ApiKeyStrategy({ keys }).recognise(CREDENTIAL, exchangeWith());
    expect(recognition).toStrictEqual({ kind: 'rejected', error: authError('key_unknown') });
  });

  it.each([
    ['an object', {}, 1],
    ['a function, which is no request', () => undefined, 3],
    ['nothing', undefined, 3],
    ['null', null, 3],
    ['a text', 'request', 3],
  ])(
    'counts a request that is %s once, or each time where it cannot be known again',
    async (_, native, times) => {
      let counted = 0;
      const admit = (): null => ((counted += 1), null);
      const recognise = recogniserOf({ admit }, { native });
      const recognitions = [await recognise(), await recognise(), await recognise()];
      expect([recognitions.map(({ kind }) => kind), counted]).toEqual([
        ['authenticated', 'authenticated', 'authenticated'],
        times,
      ]);
    },
  );

  it('tells it where the caller is, in canonical text, and nothing when that is not known', async () => {
    const seen: string[] = [];
    const seenFrom = (address: string): unknown => seen.push(address);
    await recogniserOf({ seenFrom }, { peerAddress: '::ffff:192.0.2.7' })();
    await recogniserOf({ seenFrom }, { peerAddress: undefined })();
    await recogniserOf({ seenFrom }, {}, { clientAddress: () => '2001:DB8::1' })();
    await recogniserOf({ seenFrom }, {}, { clientAddress: () => null })();
    expect(seen).toEqual(['192.0.2.7', '2001:db8::1']);
  });

  it('says of what is thrown and is no error that the keys could not be asked, and keeps it as the cause', async () => {
    const verify = (): Promise<never> => Promise.reject('gone');
    const asking = (async () =>
      new ApiKeyStrategy({ keys: { verify } }).recognise(CREDENTIAL, exchangeWith()))();
    await expect(asking).rejects.toMatchObject({ message: 'the API keys could not be asked', cause: 'gone' });
  });
});
