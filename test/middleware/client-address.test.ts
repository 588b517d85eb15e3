import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import { clientAddressFinder } from '../../src/middleware/client-address.ts';
import { formatAddress } from '../../src/network/address.ts';
import { exchangeWith } from '../support/fake-exchange.ts';
import { movableClock } from '../support/movable-clock.ts';

const FORWARDED = { 'x-forwarded-for': '203.0.113.7' };

afterEach(() => {
  vi.restoreAllMocks();
});

describe('clientAddressFinder', () => {
  it('IP-02 takes the peer, and a forwarded header only from a trusted proxy', () => {
    const exchange = exchangeWith(FORWARDED, { peerAddress: '192.0.2.1' });
    expect(found(clientAddressFinder('test', {})(exchange))).toBe('192.0.2.1');
    expect(found(clientAddressFinder('test', { trustedProxies: '192.0.2.0/24' })(exchange))).toBe(
      '203.0.113.7',
    );
  });

  describe('with a callback', () => {
    it('hands it the exchange and never looks at socket or headers itself', () => {
      const seen: unknown[] = [];
      const exchange = exchangeWith(FORWARDED);
      const find = clientAddressFinder('test', {
        clientAddress: (each) => {
          seen.push(each);
          return '2001:db8::1';
        },
      });
      expect(found(find(exchange))).toBe('2001:db8::1');
      expect(seen).toEqual([exchange]);
    });

    it.each([
      ['203.0.113.7', '203.0.113.7'],
      ['::ffff:203.0.113.7', '203.0.113.7'],
      [null, null],
      [undefined, null],
      ['', null],
      ['unknown', null],
      ['203.0.113.7:443', null],
      ['[2001:db8::1]', null],
      [' 203.0.113.7', null],
      ['203.0.113.7, 10.0.0.1', null],
      ['010.0.0.1', null],
      ['2130706433', null],
      ['fe80::1%eth0', null],
    ])('IP-06 reads %o strictly', (returned, expected) => {
      const find = clientAddressFinder('test', { clientAddress: () => returned });
      expect(found(find(exchangeWith()))).toBe(expected);
    });

    it.each([
      ['a promise', Promise.resolve('203.0.113.7')],
      ['a list', ['203.0.113.7']],
      ['a number', 2130706433],
      ['an object that looks like an address', { family: 4, value: 0 }],
    ])('throws when it returns %s, so that the request fails', (_, returned) => {
      const find = clientAddressFinder('test', { clientAddress: () => returned as never });
      expect(() => find(exchangeWith())).toThrow(
        'test: clientAddress must return text, null or undefined, at once.',
      );
    });

    it.each(['trustedProxies', 'onUntrustedForward'] as const)('refuses %s beside it', (name) => {
      const choice = {
        clientAddress: () => null,
        [name]: name === 'trustedProxies' ? ['10.0.0.1'] : () => null,
      };
      const attempt = (): unknown => clientAddressFinder('test', choice);
      expect(attempt).toThrow(ConfigError);
      expect(attempt).toThrow(
        `test: clientAddress takes the place of the resolver that ${name} is for; give one of the two.`,
      );
    });
  });

  describe('when a forwarded header comes from a nearby peer that is not trusted', () => {
    it('warns, at most once a minute, and says what to do', () => {
      const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
      const clock = movableClock();
      const find = clientAddressFinder('test', { clock });
      const ask = (): unknown => find(exchangeWith(FORWARDED, { peerAddress: '::ffff:10.0.0.9' }));

      ask();
      clock.advance(59.999);
      ask();
      expect(warn.mock.calls).toEqual([
        [
          'x-forwarded-for came from 10.0.0.9, which is not in trustedProxies, so that its clients all count as ' +
            '10.0.0.9. If that is your reverse proxy, name it in trustedProxies; if not, have whatever stands there ' +
            'remove the header.',
          { type: 'PortcullisWarning', code: 'proxy_untrusted' },
        ],
      ]);
      clock.advance(0.001);
      ask();
      expect(warn).toHaveBeenCalledTimes(2);
    });

    it('warns once for all finders of a process together', () => {
      const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
      const clock = movableClock();
      const finders = ['login', 'guard', 'key'].map((owner) => clientAddressFinder(owner, { clock }));
      const askAll = (): void =>
        finders.forEach((find) => void find(exchangeWith(FORWARDED, { peerAddress: '10.0.0.9' })));

      askAll();
      clock.advance(59.999);
      askAll();
      expect(warn).toHaveBeenCalledTimes(1);
      clock.advance(0.001);
      askAll();
      expect(warn).toHaveBeenCalledTimes(2);
    });

    it('tells the host instead, when it wants to be told', () => {
      const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
      const told: unknown[] = [];
      const find = clientAddressFinder('test', {
        onUntrustedForward: (notice) => told.push(notice),
        clock: movableClock(),
      });
      find(exchangeWith(FORWARDED, { peerAddress: '127.0.0.1' }));
      expect(told).toEqual([{ peer: { family: 4, value: 0x7f000001 }, header: 'x-forwarded-for' }]);
      expect(warn).not.toHaveBeenCalled();
    });
  });
});

function found(address: Parameters<typeof formatAddress>[0] | null): string | null {
  return address === null ? null : formatAddress(address);
}
