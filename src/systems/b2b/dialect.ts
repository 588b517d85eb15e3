import type { Dialect } from '../../core/dialect.ts';
import { envelope } from '../../dialects/envelope.ts';

/**
 * The dialect of the B2B API: the error envelope with its texts. Every 401 is challenged with the bare word `Bearer`,
 * and whatever is wrong with a refresh token is the same answer.
 */
export function b2bDialect(): Dialect {
  return envelope({
    bareChallenge: true,
    messages: {
      token_invalid: ({ details }) => (details.concerns === 'refresh' ? REFRESH : 'Invalid token'),
      token_expired: ({ details }) => (details.concerns === 'refresh' ? REFRESH : 'Token has expired'),
      body_invalid: ({ details }) =>
        'refresh_token' in (details.fields ?? {})
          ? 'Refresh token is required'
          : 'Username and password are required',
      rate_limited: 'Too many login attempts. Please try again later.',
    },
  });
}

const REFRESH = 'Invalid refresh token';
