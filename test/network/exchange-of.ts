import type { Exchange } from '../../src/core/exchange.ts';

/** As much of a request as the resolver of client addresses looks at. */
export function exchangeOf(
  peerAddress: string | undefined,
  headers: Readonly<Record<string, readonly string[]>>,
): Pick<Exchange, 'peerAddress' | 'headerLines'> {
  return { peerAddress, headerLines: (name) => headers[name] ?? [] };
}
