import { describe, expect, it } from 'vitest';
import { allow, deny, type Decision, type Guard } from '../../src/core/decision.ts';
import { authError, ConfigError } from '../../src/core/errors.ts';
import type { Principal } from '../../src/core/principal.ts';
import { ipAllowlist } from '../../src/middleware/ip-allowlist.ts';
import type { Allowlists } from '../../src/services/allowlists.ts';
import { oneNode } from '../services/allowlists/fixture.ts';
import { exchangeWith } from '../support/fake-exchange.ts';

const CLIENT: Principal = { kind: 'client', id: '1', workspace: 'w1' };

describe('ipAllowlist with networks', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '203.0.113.8', false],
    ['2001:db8::/32', '2001:db8::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['::ffff:10.0.0.0/104', '10.0.0.1', true],
    ['10.0.0.0/8', '::10.0.0.1', false],
    ['10.0.0.0/8', '::ffff:0:10.0.0.1', false],
    ['10.0.0.0/8', '64:ff9b::10.0.0.1', false],
  ])('IP-01 IP-06 judge by %s a peer at %s', (networks, peerAddress, passes) => {
    const decision = ipAllowlist({ networks }).decide(exchangeWith({}, { peerAddress }), CLIENT);
    expect(decision).toMatchObject(passes ? allow(CLIENT) : deny(authError('ip_denied')));
  });

  it('lets a request pass that is in one of several networks', () => {
    const guard = ipAllowlist({ networks: ['192.0.2.1', '10.0.0.0/8', '::1'] });
    expect(['192.0.2.1', '10.1.1.1', '::1', '192.0.2.2', '::2'].map((peer) => kindOf(guard, peer))).toEqual([
      'allow',
      'allow',
      'allow',
      'deny',
      'deny',
    ]);
  });

  it.each([undefined, '', 'fe80::1%eth0', '/run/app.sock'])(
    'refuses a peer whose address is unknown: %o',
    (peerAddress) => {
      const guard = ipAllowlist({ networks: ['0.0.0.0/0', '::/0'] });
      expect(guard.decide(exchangeWith({}, { peerAddress }), CLIENT)).toEqual(deny(authError('ip_unknown')));
    },
  );

  it('judges requests of nobody too', () => {
    const guard = ipAllowlist({ networks: '127.0.0.1' });
    expect(guard.decide(exchangeWith(), null)).toMatchObject(allow(null));
    expect(guard.decide(exchangeWith({}, { peerAddress: '127.0.0.2' }), null)).toEqual(
      deny(authError('ip_denied')),
    );
  });

  it('tells the networks that it took, each once', () => {
    const guard = ipAllowlist({ networks: ['10.0.0.7/8', '10.0.0.0/8', '2001:DB8::1'] });
    expect(guard.name).toBe('ip_allowlist');
    expect(guard.describe()).toEqual({ guard: 'ip_allowlist', networks: ['10.0.0.0/8', '2001:db8::1/128'] });
  });
});

describe('ipAllowlist with lists', () => {
  it('asks for the lists of the principal and for the address of the client', () => {
    const asked: unknown[] = [];
    const lists = listsThat((...args) => {
      asked.push(args);
      return null;
    });
    const guard = ipAllowlist({ lists, subjects: ({ id }) => `client:${id}`, trustedProxies: '127.0.0.1' });
    const exchange = exchangeWith({ 'x-forwarded-for': '10.0.0.1' });
    expect(guard.decide(exchange, CLIENT)).toMatchObject(allow(CLIENT));
    expect(asked).toEqual([['client:1', { family: 4, value: 0x0a000001 }, exchange]]);
  });

  it('asks for every list that can apply, unless told which', () => {
    const asked: unknown[] = [];
    const lists = listsThat((subjects) => {
      asked.push(subjects);
      return null;
    });
    const actor = { kind: 'user', id: 'admin' } as const;
    const principal = { ...CLIENT, account: 5, actor };
    expect(ipAllowlist({ lists }).decide(exchangeWith(), principal)).toMatchObject(allow(principal));
    expect(asked).toEqual([['client:1', 'account:5', 'workspace:w1', 'user:admin']]);
  });

  it.each([
    ['at once', null, allow(CLIENT)],
    ['at once', authError('ip_denied'), deny(authError('ip_denied'))],
    ['later', Promise.resolve(null), allow(CLIENT)],
    ['later', Promise.resolve(authError('ip_unknown')), deny(authError('ip_unknown'))],
  ])('answers %s when the lists do', async (when, refusal, expected) => {
    const decision = ipAllowlist({ lists: listsThat(() => refusal) }).decide(exchangeWith(), CLIENT);
    expect(decision instanceof Promise).toBe(when === 'later');
    expect(await decision).toMatchObject(expected);
  });

  it('refuses a request of nobody without asking, since it cannot know whose lists apply', () => {
    const lists = listsThat(() => {
      throw new Error('nobody was to ask');
    });
    const refusal = deny(authError('credentials_missing'));
    expect(ipAllowlist({ lists }).decide(exchangeWith(), null)).toEqual(refusal);
    expect(ipAllowlist({ lists, subjects: () => [] }).decide(exchangeWith(), null)).toEqual(refusal);
  });

  it('lets a request pass to which no list applies', () => {
    const { lists } = oneNode();
    const decision = ipAllowlist({ lists, subjects: () => [] }).decide(exchangeWith(), CLIENT);
    return expect(Promise.resolve(decision)).resolves.toMatchObject(allow(CLIENT));
  });

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['a promise', Promise.resolve('client:1')],
    ['a list with nothing in it', [undefined]],
  ])('fails when subjects returns %s, and lets nobody pass', async (_, returned) => {
    const { lists } = oneNode();
    const guard = ipAllowlist({ lists, subjects: () => returned as string });
    await expect(async () => guard.decide(exchangeWith(), CLIENT)).rejects.toThrow(TypeError);
  });

  it('says that its networks are live', () => {
    expect(ipAllowlist({ lists: listsThat(() => null) }).describe()).toEqual({
      guard: 'ip_allowlist',
      networks: 'live',
    });
  });
});

describe('the options of ipAllowlist', () => {
  const lists = listsThat(() => null);
  const networks = '10.0.0.0/8';
  it.each<[string, unknown, string, RegExp]>([
    ['nothing', undefined, 'option_invalid', /options must be an object/],
    [
      'neither networks nor lists',
      {},
      'option_missing',
      /give networks, such as \['10\.0\.0\.0\/8'\], or lists/,
    ],
    ['networks that are undefined', { networks: undefined }, 'option_missing', /give networks/],
    ['subjects without lists', { subjects: () => '' }, 'option_missing', /or lists/],
    ['networks and lists', { networks, lists }, 'option_conflict', /give one of the two, or use two guards/],
    ['networks and subjects', { networks, subjects: () => '' }, 'option_conflict', /give one of the two/],
    [
      'an empty list',
      { networks: [] },
      'option_invalid',
      /networks is empty, so that nobody could pass; name the/,
    ],
    ['null', { networks: null }, 'option_invalid', /ipAllowlist\.networks must be a string/],
    ['a hole', { networks: [networks, ''] }, 'option_invalid', /ipAllowlist\.networks\[1\] must be a string/],
    [
      'a name',
      { networks: ['localhost'] },
      'option_invalid',
      /networks\[0\] must be an IP address or a CIDR network/,
    ],
    [
      'a zero too many',
      { networks: ['10.0.0.1', '010.0.0.1'] },
      'option_invalid',
      /networks\[1\].*leave the zero out/,
    ],
    ['a prefix too long', { networks: '10.0.0.0/33' }, 'option_invalid', /The prefix is larger than 32/],
    ['several in one text', { networks: '10.0.0.1, 10.0.0.2' }, 'option_invalid', /It holds a blank/],
    ['a short mapped prefix', { networks: '::ffff:10.0.0.0/8' }, 'option_invalid', /write the IPv4 network/],
    [
      'lists that are none',
      { lists: {} },
      'option_invalid',
      /must be what allowlists\(\{ store \}\) returns/,
    ],
    [
      'subjects that are a text',
      { lists, subjects: 'client:1' },
      'option_invalid',
      /subjects must be a function/,
    ],
    ['a misspelling', { network: networks }, 'option_unknown', /did you mean "networks"/],
    ['a proxy that is none', { networks, trustedProxies: 'proxy' }, 'option_invalid', /trustedProxies/],
    [
      'trust in everybody',
      { networks, trustedProxies: '0.0.0.0/0' },
      'option_invalid',
      /trusts every address/,
    ],
    [
      'two resolvers',
      { networks, trustedProxies: [], clientAddress: () => null },
      'option_conflict',
      /one of the two/,
    ],
  ])('are refused at wiring: %s', (_, options, code, sentence) => {
    const attempt = (): unknown => ipAllowlist(options as never);
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(expect.objectContaining({ code }));
    expect(attempt).toThrow(sentence);
  });
});

function kindOf(guard: Guard, peerAddress: string): string {
  return (guard.decide(exchangeWith({}, { peerAddress }), CLIENT) as Decision<Principal>).kind;
}

function listsThat(check: Allowlists['check']): Pick<Allowlists, 'check'> {
  return { check };
}
