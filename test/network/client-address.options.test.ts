import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/network/address.ts';
import {
  type ClientAddressOptions,
  type ClientAddressResolver,
  clientAddressResolver,
  type UntrustedForward,
} from '../../src/network/client-address.ts';
import { exchangeOf } from './exchange-of.ts';

const PROXY = '127.0.0.2';
const STRANGER = '127.0.0.3';
const CLIENT = '203.0.113.7';

const TRUSTS_ALL =
  'clientAddressResolver.trustedProxies[1] trusts every address, so that every client could choose its own; name the networks of the proxies.';
const tooBroad = (network: string): string =>
  `clientAddressResolver.trustedProxies[1] trusts ${network}, which is so broad that strangers are in it, who could choose their own address; name the networks of the proxies.`;
const ONE_HEADER = 'clientAddressResolver.header must be the name of one header, such as "x-forwarded-for".';

describe('clientAddressResolver', () => {
  describe('onUntrustedForward', () => {
    it.each([
      ['loopback', '127.0.0.1'],
      ['loopback of a dual-stack socket', '::ffff:127.0.0.1'],
      ['private 10/8', '10.1.2.3'],
      ['private 172.16/12', '172.31.255.255'],
      ['private 192.168/16', '192.168.0.1'],
      ['link-local', '169.254.1.1'],
      ['shared address space', '100.64.0.1'],
      ['IPv6 loopback', '::1'],
      ['IPv6 unique local', 'fd00::1'],
      ['IPv6 link-local', 'fe80::1'],
    ])('tells of a header from an untrusted peer that is near: %s', (_, peer) => {
      const { notices, resolver } = listening({ trustedProxies: PROXY });

      const address = resolver(exchangeOf(peer, { 'x-forwarded-for': [CLIENT] }));

      expect(notices).toEqual([{ peer: address, header: 'x-forwarded-for' }]);
      expect(Object.keys(notices[0] ?? {})).toEqual(['peer', 'header']);
    });

    it.each([
      ['the header is absent', STRANGER, {}],
      ['another header is sent', STRANGER, { 'x-real-ip': [CLIENT] }],
      ['the peer is trusted', PROXY, { 'x-forwarded-for': [CLIENT] }],
      ['the peer is far away', '203.0.113.9', { 'x-forwarded-for': [CLIENT] }],
      ['the peer lies just outside a private network', '172.32.0.0', { 'x-forwarded-for': [CLIENT] }],
      ['the peer is unknown', undefined, { 'x-forwarded-for': [CLIENT] }],
    ])('stays silent when %s', (_, peer, headers) => {
      const { notices, resolver } = listening({ trustedProxies: PROXY });

      resolver(exchangeOf(peer, headers));

      expect(notices).toEqual([]);
    });

    it.each([
      ['the default of a minute', {}, 60_000],
      ['the given one', { warnIntervalMs: 1_000 }, 1_000],
    ])('tells once in an interval: %s', (_, options, intervalMs) => {
      const { notices, resolver, clock } = listening(options);
      const request = exchangeOf(STRANGER, { 'x-forwarded-for': [CLIENT] });
      const toldAt = (elapsedMs: number): number => {
        clock.time = 1_000_000 + elapsedMs;
        resolver(request);
        resolver(exchangeOf('10.0.0.9', { 'x-forwarded-for': [CLIENT] }));
        return notices.length;
      };

      expect([0, 1, intervalMs - 1, intervalMs, 2 * intervalMs - 1, 2 * intervalMs].map(toldAt)).toEqual([
        1, 1, 1, 2, 2, 3,
      ]);
    });

    it('tells again after the clock was set back', () => {
      const { notices, resolver, clock } = listening({});
      const request = exchangeOf(STRANGER, { 'x-forwarded-for': [CLIENT] });

      resolver(request);
      clock.time -= 3_600_000;
      resolver(request);
      resolver(request);

      expect(notices.length).toBe(2);
    });

    it('tells of every request when the interval is 0', () => {
      const { notices, resolver } = listening({ warnIntervalMs: 0 });
      const request = exchangeOf(STRANGER, { 'x-forwarded-for': [CLIENT] });

      resolver(request);
      resolver(request);

      expect(notices.length).toBe(2);
    });

    it('names the header that is configured', () => {
      const { notices, resolver } = listening({ header: 'X-Client' });

      resolver(exchangeOf(STRANGER, { 'x-client': [CLIENT] }));

      expect(notices.map(({ header }) => header)).toEqual(['x-client']);
    });

    it('answers the request although the listener throws', () => {
      const resolver = clientAddressResolver({
        onUntrustedForward: () => {
          throw new Error('the log is full');
        },
      });

      const address = resolver(exchangeOf(STRANGER, { 'x-forwarded-for': [CLIENT] }));

      expect(address && formatAddress(address)).toBe(STRANGER);
    });
  });

  describe('options', () => {
    it.each([
      ['every IPv4 address', '0.0.0.0/0', TRUSTS_ALL],
      ['every IPv6 address', '::/0', TRUSTS_ALL],
      ['every mapped address', '::ffff:0:0/96', TRUSTS_ALL],
      ['every IPv4 address, from an address', '10.0.0.1/0', TRUSTS_ALL],
      ['half of all IPv4 addresses', '128.0.0.0/1', tooBroad('128.0.0.0/1')],
      ['two private networks and all between', '10.0.0.0/7', tooBroad('10.0.0.0/7')],
      ['all public IPv6 addresses', '2000::/3', tooBroad('2000::/3')],
      [
        'bits after the prefix',
        '10.0.0.1/8',
        'clientAddressResolver.trustedProxies[1] has bits set after its prefix; write 10.0.0.0/8 to trust that network, or one address without a prefix.',
      ],
      [
        'a mapped network with the prefix of the IPv4 network',
        '::ffff:10.0.0.0/8',
        'clientAddressResolver.trustedProxies[1] is an IPv4-mapped network with a prefix below 96, which contains no IPv4 address; write the IPv4 network.',
      ],
      [
        'text that is no network',
        'loopback',
        'clientAddressResolver.trustedProxies[1] must be an IP address or a CIDR network. It is neither an IPv4 nor an IPv6 address, such as 10.0.0.0/8 or 2001:db8::/32.',
      ],
    ])('IP-02 refuses to trust %s', (_, network, message) => {
      expect(() => clientAddressResolver({ trustedProxies: [PROXY, network] })).toThrow(
        expect.objectContaining({ name: 'ConfigError', code: 'option_invalid', message }),
      );
    });

    it.each(['10.0.0.0/8', 'fc00::/7', '192.0.2.1', '::ffff:10.0.0.0/104'])(
      'lets %s be the network of the proxies',
      (network) => {
        expect(() => clientAddressResolver({ trustedProxies: network })).not.toThrow();
      },
    );

    it.each([
      [
        'the header of RFC 7239',
        'Forwarded',
        'clientAddressResolver.header must not be "forwarded": its syntax (RFC 7239) is not a list of plain addresses. Have the proxy write X-Forwarded-For, and name that.',
      ],
      ['two headers', 'x-forwarded-for, x-real-ip', ONE_HEADER],
      ['a header with its colon', 'x-forwarded-for:', ONE_HEADER],
      [
        'no name',
        '',
        'clientAddressResolver.header must be a string that is not empty, not an empty string.',
      ],
    ])('IP-05 refuses %s as the header', (_, header, message) => {
      expect(() => clientAddressResolver({ header })).toThrow(
        expect.objectContaining({ code: 'option_invalid', message }),
      );
    });

    it.each([
      ['a boolean', { trustedProxies: true }, 'option_invalid'],
      ['a number of hops', { trustedProxies: 1 }, 'option_invalid'],
      ['null', { trustedProxies: null }, 'option_invalid'],
      ['an unknown option', { trustedProxy: PROXY }, 'option_unknown'],
      ['a listener that is no function', { onUntrustedForward: 'warn' }, 'option_invalid'],
      ['a negative interval', { warnIntervalMs: -1 }, 'option_invalid'],
      ['a clock that is none', { clock: {} }, 'option_invalid'],
      ['options that are none', 'loopback', 'option_invalid'],
    ])('refuses %s', (_, options, code) => {
      expect(() => clientAddressResolver(options as ClientAddressOptions)).toThrow(
        expect.objectContaining({ name: 'ConfigError', code }),
      );
    });

    it('says what a clock has to have', () => {
      expect(() => clientAddressResolver({ clock: {} as never })).toThrow(
        'clientAddressResolver.clock must be a clock, which has a method "now", not an object.',
      );
    });
  });
});

interface Listening {
  readonly clock: { time: number; now(): number };
  readonly notices: UntrustedForward[];
  readonly resolver: ClientAddressResolver;
}

function listening(options: ClientAddressOptions): Listening {
  const clock = { time: 1_000_000, now: () => clock.time };
  const notices: UntrustedForward[] = [];
  const resolver = clientAddressResolver({
    ...options,
    clock,
    onUntrustedForward: (notice) => notices.push(notice),
  });
  return { clock, notices, resolver };
}
