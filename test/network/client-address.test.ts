import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/network/address.ts';
import { type ClientAddressOptions, clientAddressResolver } from '../../src/network/client-address.ts';
import { exchangeOf } from './exchange-of.ts';

const PROXY = '127.0.0.2';
const STRANGER = '127.0.0.3';
const CLIENT = '203.0.113.7';
const SPOOFED = '10.0.0.1';

describe('clientAddressResolver', () => {
  describe('without trusted proxies', () => {
    it.each([
      ['no options', undefined],
      ['an empty object', {}],
      ['an empty list', { trustedProxies: [] }],
    ])('IP-02 takes the peer and never asks for a header with %s', (_, options) => {
      const asked: string[] = [];
      const exchange = {
        peerAddress: '127.0.0.1',
        headerLines: (name: string): string[] => {
          asked.push(name);
          return [SPOOFED];
        },
      };

      const address = clientAddressResolver(options)(exchange);

      expect(address).toEqual({ family: 4, value: 0x7f000001 });
      expect(asked).toEqual([]);
    });

    it.each([
      ['a socket without an address', undefined],
      ['an empty address', ''],
      ['a peer with a zone', 'fe80::1%eth0'],
      ['a path', '/run/app.sock'],
    ])('knows no client for %s', (_, peerAddress) => {
      expect(resolve({}, peerAddress, [CLIENT])).toBeNull();
      expect(resolve({ trustedProxies: ['127.0.0.0/8', 'fe80::/10'] }, peerAddress, [CLIENT])).toBeNull();
    });

    it.each([
      ['::ffff:127.0.0.1', '127.0.0.1'],
      ['::ffff:cb00:7107', '203.0.113.7'],
      ['2001:DB8:0::1', '2001:db8::1'],
    ])('normalises the peer %s', (peer, client) => {
      expect(resolve({}, peer)).toBe(client);
    });
  });

  it.each([
    ['the trusted peer', PROXY, CLIENT],
    ['the trusted peer of a dual-stack socket', `::ffff:${PROXY}`, CLIENT],
    ['another loopback peer', STRANGER, STRANGER],
    ['a dual-stack spelling of another', `::ffff:${STRANGER}`, STRANGER],
    ['the IPv4-compatible look-alike of the proxy', `::${PROXY}`, '::7f00:2'],
    ['the client itself', CLIENT, CLIENT],
  ])('IP-02 believes the header of the trusted peer only: %s', (_, peer, client) => {
    expect(resolve({ trustedProxies: PROXY }, peer, [CLIENT])).toBe(client);
  });

  it.each([
    ['one entry', [CLIENT], CLIENT],
    ['a spoofed entry on the left', [`${SPOOFED}, ${CLIENT}`], CLIENT],
    ['many spoofed entries', [`${SPOOFED}, ${PROXY}, ${SPOOFED}, ${CLIENT}`], CLIENT],
    ['a trusted proxy on the right', [`${CLIENT}, 192.0.2.10`], CLIENT],
    [
      'a spoofed entry left of the client behind two proxies',
      [`${SPOOFED}, ${CLIENT}, 192.0.2.10, ${PROXY}`],
      CLIENT,
    ],
    ['trusted proxies only: the leftmost', [`192.0.2.9, 192.0.2.10, ${PROXY}`], '192.0.2.9'],
    ['no header: the proxy itself', [], PROXY],
    ['an IPv6 client', ['2001:db8::1'], '2001:db8::1'],
    ['a mapped entry', [`::ffff:${CLIENT}`], CLIENT],
    ['a mapped proxy', [`${CLIENT}, ::ffff:192.0.2.10`], CLIENT],
    ['no blanks', [`${SPOOFED},${CLIENT},192.0.2.10`], CLIENT],
    ['many blanks and tabs', [` \t${SPOOFED} ,\t ${CLIENT}\t, \t192.0.2.10 \t`], CLIENT],
    ['rubbish left of the client', [`rubbish, , 010.0.0.1, ${CLIENT}`], CLIENT],
    ['nothing left of the client', [`,${CLIENT}`], CLIENT],
  ])('IP-03 walks the list from right to left: %s', (_, lines, client) => {
    expect(resolve({ trustedProxies: [PROXY, '192.0.2.0/24'] }, PROXY, lines)).toBe(client);
  });

  it.each([
    ['the client on the last line', [SPOOFED, CLIENT], CLIENT],
    ['the proxy on the last line', [`${SPOOFED}, ${CLIENT}`, '192.0.2.10'], CLIENT],
    ['a line for each hop', [SPOOFED, CLIENT, '192.0.2.9', '192.0.2.10'], CLIENT],
    ['a blank last line', [CLIENT, ''], null],
    ['a blank line between', [CLIENT, ' ', '192.0.2.10'], null],
    ['a blank line left of the client', ['', CLIENT], CLIENT],
  ])('IP-04 reads several lines as one list, in their order: %s', (_, lines, client) => {
    expect(resolve({ trustedProxies: [PROXY, '192.0.2.0/24'] }, PROXY, lines)).toBe(client);
  });

  it.each([
    ['forwarded', `for=${SPOOFED}`],
    ['x-real-ip', SPOOFED],
    ['x-client-ip', SPOOFED],
    ['x-cluster-client-ip', SPOOFED],
    ['x-forwarded', SPOOFED],
    ['forwarded-for', SPOOFED],
    ['x-original-forwarded-for', SPOOFED],
    ['x-envoy-external-address', SPOOFED],
    ['cf-connecting-ip', SPOOFED],
    ['true-client-ip', SPOOFED],
    ['fastly-client-ip', SPOOFED],
  ])('IP-05 never believes %s, from a trusted peer nor from another', (name, value) => {
    const resolver = clientAddressResolver({ trustedProxies: PROXY });

    const answers = [PROXY, STRANGER].map((peer) => [
      resolver(exchangeOf(peer, { [name]: [value] })),
      resolver(exchangeOf(peer, { [name]: [value], 'x-forwarded-for': [CLIENT] })),
    ]);

    expect(answers.map((pair) => pair.map((each) => each && formatAddress(each)))).toEqual([
      [PROXY, CLIENT],
      [STRANGER, STRANGER],
    ]);
  });

  it('IP-05 reads the header that is named, in any case, and then no other', () => {
    const resolver = clientAddressResolver({ trustedProxies: PROXY, header: 'CF-Connecting-IP' });

    const both = resolver(exchangeOf(PROXY, { 'cf-connecting-ip': [CLIENT], 'x-forwarded-for': [SPOOFED] }));
    const other = resolver(exchangeOf(PROXY, { 'x-forwarded-for': [SPOOFED] }));

    expect([both, other].map((each) => each && formatAddress(each))).toEqual([CLIENT, PROXY]);
  });

  it.each([
    ['a port', `${CLIENT}:4711`],
    ['brackets', '[2001:db8::1]'],
    ['brackets and a port', '[2001:db8::1]:80'],
    ['quotes', `"${CLIENT}"`],
    ['unknown', 'unknown'],
    ['a name', 'localhost'],
    ['an obfuscated name', '_hidden'],
    ['octal', '010.0.0.1'],
    ['hex', '0x7f.1'],
    ['a short form', '127.1'],
    ['one number', '2130706433'],
    ['a zone', 'fe80::1%eth0'],
    ['a prefix', `${CLIENT}/32`],
    ['two addresses', `${SPOOFED} ${CLIENT}`],
    ['a semicolon', `${SPOOFED};${CLIENT}`],
    ['a blank that is no optional whitespace', `\u00a0${CLIENT}`],
    ['an empty line', ''],
    ['blanks', ' \t '],
    ['a comma', ','],
    ['a comma after the client', `${CLIENT},`],
  ])('IP-06 knows no client when the entry it must read is %s', (_, entry) => {
    const options = { trustedProxies: [PROXY, '192.0.2.0/24'] };

    expect(resolve(options, PROXY, [entry])).toBeNull();
    expect(resolve(options, PROXY, [CLIENT, entry])).toBeNull();
    expect(resolve(options, PROXY, [`${CLIENT}, ${entry}, 192.0.2.10`])).toBeNull();
  });

  it.each([
    ['addresses left of the client', [`${`${SPOOFED},`.repeat(780)}${CLIENT}`], CLIENT],
    ['commas left of the client', [`${','.repeat(7_000)}${CLIENT}`], CLIENT],
    ['lines left of the client', [...Array.from({ length: 1_000 }, () => SPOOFED), CLIENT], CLIENT],
    ['commas', [','.repeat(7_000)], null],
    ['blanks', [' '.repeat(7_000)], null],
    ['blanks around the client', [`${' '.repeat(3_500)}${CLIENT}${'\t'.repeat(3_500)}`], CLIENT],
    ['digits', ['1'.repeat(7_000)], null],
    ['trusted proxies', [`192.0.2.1,`.repeat(700) + CLIENT, `${'192.0.2.1,'.repeat(700)}192.0.2.1`], null],
    ['lines of trusted proxies', [CLIENT, ...Array.from({ length: 700 }, () => '192.0.2.1')], null],
  ])('IP-07 answers a list of 7 KB of %s', (_, lines, client) => {
    expect(resolve({ trustedProxies: [PROXY, '192.0.2.0/24'] }, PROXY, lines)).toBe(client);
  });

  it.each([
    ['32 trusted proxies', 31, CLIENT],
    ['33 trusted proxies', 32, null],
  ])('IP-07 goes through at most 32 proxies: %s, the peer included', (_, listed, client) => {
    const line = [CLIENT, ...Array.from({ length: listed }, () => '192.0.2.1')].join(', ');

    expect(resolve({ trustedProxies: [PROXY, '192.0.2.0/24'] }, PROXY, [line])).toBe(client);
  });
});

function resolve(
  options: ClientAddressOptions,
  peerAddress: string | undefined,
  forwardedFor?: readonly string[],
): string | null {
  const headers: Record<string, readonly string[]> =
    forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
  const address = clientAddressResolver(options)(exchangeOf(peerAddress, headers));
  return address && formatAddress(address);
}
