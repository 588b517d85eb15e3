import type { Exchange } from '../../core/exchange.ts';

/** The one `redirect_uri` of a request; `null` for none, and for several. */
export function redirectUriOf({ query }: Pick<Exchange, 'query'>): string | null {
  const values = new URLSearchParams(query).getAll('redirect_uri');
  return values.length === 1 ? (values[0] ?? null) : null;
}
