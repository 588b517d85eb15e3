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
});
