import { describe, expect, it } from 'vitest';
import { authError } from '../../src/core/errors.ts';
import { ApiKeyStrategy } from '../../strategies/api-key.ts';
import { complaint } from '../support/complaint.ts';

const GOOD = { keys: { verify: () => authError('key_unknown') } };

/** What constructing with these options in place of, or beside, the good ones is refused with. */
function judge(options: object): string {
  return complaint(() => new ApiKeyStrategy({ ...GOOD, ...options }));
}

const ONE_WORD = 'option_invalid: ApiKeyStrategy.scheme must be one word, as in "Api-Key", not a string.';
const OTHER_SCHEME =
  'option_invalid: ApiKeyStrategy.scheme must be a word of its own: this one stands for another kind of credential, not a string.';
const ONE_HEADER =
  'option_invalid: ApiKeyStrategy.header must be the name of a header, as in "X-API-Key", not a string.';
const OTHER_HEADER =
  'option_invalid: ApiKeyStrategy.header must be a header of its own: this one holds other credentials, not a string. For Authorization give scheme.';

describe('new ApiKeyStrategy', () => {
  it('takes keys from Authorization: Api-Key alone unless told otherwise', () => {
    expect(new ApiKeyStrategy(Object.freeze(GOOD))).toMatchObject({
      name: 'api-key',
      claims: [{ headers: ['authorization'], scheme: 'Api-Key', shape: 'any', value: 'verbatim' }],
    });
  });

  it('takes them from the header that is named, in lower case, and under the name that is given', () => {
    const options = { ...GOOD, scheme: null, header: 'X-API-Key', name: 'machines' };
    expect(new ApiKeyStrategy(Object.freeze(options))).toMatchObject({
      name: 'machines',
      claims: [{ headers: ['x-api-key'], scheme: null, shape: 'any', value: 'verbatim' }],
    });
    expect(new ApiKeyStrategy({ ...GOOD, header: 'X-API-Key' }).claims).toHaveLength(2);
  });

  it.each([
    ['basic', OTHER_SCHEME],
    ['Basic', OTHER_SCHEME],
    ['bearer', OTHER_SCHEME],
    ['DIGEST', OTHER_SCHEME],
    ['DPoP', OTHER_SCHEME],
    ['Negotiate', OTHER_SCHEME],
    ['Api Key', ONE_WORD],
    [' Key', ONE_WORD],
    ['Key:', ONE_WORD],
    ['(Key', ONE_WORD],
    ['', 'option_invalid: ApiKeyStrategy.scheme must be a string that is not empty, not an empty string.'],
    [7, 'option_invalid: ApiKeyStrategy.scheme must be a string that is not empty, not the number 7.'],
    ['K', 'nothing was thrown'],
    ['Basically', 'nothing was thrown'],
  ])('judges the scheme %j', (scheme, message) => {
    expect(judge({ scheme })).toBe(message);
  });

  it.each([
    ['authorization', OTHER_HEADER],
    ['AUTHORIZATION', OTHER_HEADER],
    ['Cookie', OTHER_HEADER],
    ['Proxy-Authorization', OTHER_HEADER],
    ['X-API-Key:', ONE_HEADER],
    [':X-API-Key', ONE_HEADER],
    ['X API Key', ONE_HEADER],
    ['X-API-Key\n', ONE_HEADER],
    ['', 'option_invalid: ApiKeyStrategy.header must be a string that is not empty, not an empty string.'],
    [7, 'option_invalid: ApiKeyStrategy.header must be a string that is not empty, not the number 7.'],
    ['K', 'nothing was thrown'],
    ['X-Cookie', 'nothing was thrown'],
  ])('judges the header %j', (header, message) => {
    expect(judge({ header })).toBe(message);
  });

  it.each<[string, object, string]>([
    [
      'no service',
      { keys: undefined },
      'option_missing: ApiKeyStrategy.keys is required: give the service apiKeys({ … }), which has a method "verify".',
    ],
    [
      'a service that verifies nothing',
      { keys: { create: () => null } },
      'option_invalid: ApiKeyStrategy.keys must be the service apiKeys({ … }), which has a method "verify", not an object.',
    ],
    [
      'neither scheme nor header',
      { scheme: null, header: null },
      'option_conflict: ApiKeyStrategy: scheme and header are both null, so that no key could be sent; give one of them.',
    ],
    [
      'no header and a scheme that is switched off',
      { scheme: null },
      'option_conflict: ApiKeyStrategy: scheme and header are both null, so that no key could be sent; give one of them.',
    ],
    [
      'a misspelt option',
      { headers: 'X-API-Key' },
      'option_unknown: ApiKeyStrategy: unknown option "headers"; did you mean "header"?',
    ],
    [
      'an empty name',
      { name: '' },
      'option_invalid: ApiKeyStrategy.name must be a string that is not empty, not an empty string.',
    ],
    [
      'a client address that is no function',
      { clientAddress: '10.0.0.1' },
      'option_invalid: ApiKeyStrategy.clientAddress must be a function, not a string.',
    ],
  ])('refuses %s', (_name, options, message) => {
    expect(judge(options)).toBe(message);
  });

  it('refuses a proxy that is no address', () => {
    expect(judge({ trustedProxies: 'localhost' })).toMatch(/^option_invalid: .*trustedProxies must be an IP/);
  });
});
