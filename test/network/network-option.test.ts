import { describe, expect, it } from 'vitest';
import { networkOption } from '../../src/network/network-option.ts';

describe('networkOption', () => {
  it('reads a network and leaves its warnings to the caller', () => {
    expect(networkOption('10.0.0.7/8', 'ipAllowlist.networks[0]')).toMatchObject({
      text: '10.0.0.0/8',
      warnings: ['host_bits_set'],
    });
  });

  it('refuses text that is no network with the option, the mend, and not the text', () => {
    expect(() => networkOption('10/8', 'ipAllowlist.networks[3]')).toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        code: 'option_invalid',
        message:
          'ipAllowlist.networks[3] must be an IP address or a CIDR network. An IPv4 address has four octets, as in 10.0.0.0/8.',
      }),
    );
  });

  it.each([
    ['nothing', undefined, 'option_missing', 'guard.network is required: give a string that is not empty.'],
    ['null', null, 'option_invalid', 'guard.network must be a string that is not empty, not null.'],
    [
      'a number',
      10,
      'option_invalid',
      'guard.network must be a string that is not empty, not the number 10.',
    ],
    [
      'an empty string',
      '',
      'option_invalid',
      'guard.network must be a string that is not empty, not an empty string.',
    ],
  ])('refuses %s', (_, value, code, message) => {
    expect(() => networkOption(value, 'guard.network')).toThrow(expect.objectContaining({ code, message }));
  });
});
