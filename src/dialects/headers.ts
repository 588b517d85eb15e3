import type { AuthError } from '../core/errors.ts';
import type { HeaderLine } from '../core/reply.ts';

/** The headers that a refusal has in every dialect: no caching, the challenges, and what its details call for. */
export function commonHeaders(error: AuthError, challenges: readonly string[]): HeaderLine[] {
  const headers: HeaderLine[] = [['Cache-Control', 'no-store']];
  for (const challenge of challenges) headers.push(['WWW-Authenticate', challenge]);
  const { retryAfterSeconds, allow } = error.details;
  if (retryAfterSeconds !== undefined) headers.push(['Retry-After', String(Math.ceil(retryAfterSeconds))]);
  if (allow !== undefined) headers.push(['Allow', allow.join(', ')]);
  return headers;
}
