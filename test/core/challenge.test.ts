import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { challengesFor, formatChallenge } from '../../src/core/challenge.ts';
import { authError } from '../../src/core/errors.ts';
import { REASONS, type ReasonCode } from '../../src/core/reasons.ts';

const CODES = Object.keys(REASONS) as readonly ReasonCode[];

describe('challengesFor', () => {
  it.each<[ReasonCode, readonly string[]]>([
    ['credentials_missing', ['Bearer']],
    ['scheme_unsupported', ['Bearer']],
    ['credentials_malformed', ['Bearer error="invalid_request"']],
    ['credentials_repeated', ['Bearer error="invalid_request"']],
    ['credentials_joined', ['Bearer error="invalid_request"']],
    ['token_malformed', ['Bearer error="invalid_token"']],
    ['token_expired', ['Bearer error="invalid_token"']],
    ['token_signature_invalid', ['Bearer error="invalid_token"']],
    ['subject_unknown', ['Bearer error="invalid_token"']],
    ['scope_insufficient', ['Bearer error="insufficient_scope"']],
    ['permission_denied', []],
    ['ip_denied', []],
    ['body_invalid', []],
    ['not_found', []],
    ['rate_limited', []],
    ['internal_error', []],
    ['dependency_unavailable', []],
  ])('BT-01 BT-02 challenges for %s as RFC 6750 section 3.1 says', (code, challenges) => {
    expect(challengesFor(authError(code), ['Bearer'], null)).toEqual(challenges);
  });

  it('gives every 401 a challenge, since RFC 9110 section 15.5.2 demands one', () => {
    const without = CODES.filter((code) => REASONS[code].status === 401).filter(
      (code) => challengesFor(authError(code), ['Bearer'], null).length === 0,
    );
    expect(without).toEqual([]);
  });

  it('BT-02 names the scopes that would have been enough', () => {
    const error = authError('scope_insufficient', { scopes: ['orders:read', 'orders:write'] });
    expect(challengesFor(error, ['Bearer'], 'api')).toEqual([
      'Bearer realm="api", error="insufficient_scope", scope="orders:read orders:write"',
    ]);
  });

  it('writes one line for each scheme, with the error on Bearer only, in whatever case it is configured', () => {
    expect(challengesFor(authError('token_expired'), ['Api-Key', 'BEARER'], 'api')).toEqual([
      'Api-Key realm="api"',
      'BEARER realm="api", error="invalid_token"',
    ]);
  });

  it('is empty for a chain that accepts no scheme', () => {
    expect(challengesFor(authError('credentials_missing'), [], 'api')).toEqual([]);
  });
});

describe('formatChallenge', () => {
  it('BT-13 writes a quoted string that no value can leave', () => {
    const written = formatChallenge('Bearer', [['realm', 'a"b\\c\r\nSet-Cookie: x=1\u0000\u00e9\u2028']]);
    expect(written).toBe('Bearer realm="a\\"b\\\\cSet-Cookie: x=1"');
  });

  it('BT-13 reads back as what was written, less what a header cannot hold', () => {
    const name = fc.constantFrom('realm', 'error', 'scope', 'nonce');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))), (params) => {
        const written = formatChallenge('Bearer', params);
        expect(written).not.toMatch(/[^\x20-\x7e]/);
        expect(readChallenge(written)).toEqual([
          'Bearer',
          ...params.map(([key, value]) => [key, value.replaceAll(/[^\x20-\x7e]/g, '')]),
        ]);
      }),
    );
  });
});

/** A reader of challenges by the grammar of RFC 9110 sections 5.6.4 and 11.2, written without a look at the writer. */
function readChallenge(text: string): readonly unknown[] {
  const scheme = /^[A-Za-z]+/.exec(text)?.[0] ?? '';
  const params: (readonly [string, string])[] = [];
  let at = scheme.length;
  while (at < text.length) {
    at += params.length === 0 ? 1 : 2;
    const equals = text.indexOf('=', at);
    const key = text.slice(at, equals);
    let value = '';
    for (at = equals + 2; text[at] !== '"'; at += 1) {
      if (text[at] === '\\') at += 1;
      value += text[at];
    }
    at += 1;
    params.push([key, value]);
  }
  return [scheme, ...params];
}
