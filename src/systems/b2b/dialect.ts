import type { Dialect } from '../../core/dialect.ts';
import type { TokenRole } from '../../core/errors.ts';
import { envelope } from '../../dialects/envelope.ts';

/**
 * The dialect of the B2B API: the error envelope with its texts. Every 401 is challenged with the bare word `Bearer`.
 * Whatever is wrong with a refresh token is the same answer, and so is whatever is wrong with a token that logs out.
 */
export function b2bDialect(): Dialect {
  return envelope({
    bareChallenge: true,
    messages: {
      token_invalid: ({ details }) => (details.concerns === 'refresh' ? REFRESH : INVALID),
      token_expired: ({ details }) => EXPIRED[details.concerns ?? 'access'],
      body_invalid: ({ details }) =>
        'refresh_token' in (details.fields ?? {})
          ? 'Refresh token is required'
          : 'Username and password are required',
      rate_limited: 'Too many login attempts. Please try again later.',
    },
  });
}

const REFRESH = 'Invalid refresh token';
const INVALID = 'Invalid token';

const EXPIRED: Readonly<Record<TokenRole | 'access', string>> = {
  access: 'Token has expired',
  refresh: REFRESH,
  inspected: INVALID,
  ended: INVALID,
};
