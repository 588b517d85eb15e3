import type { Exchange } from '../../src/core/exchange.ts';

/** Header lines by lower-case name; a list stands for several lines. */
export type FakeHeaders = Readonly<Record<string, string | readonly string[]>>;

/** An exchange with these header lines and nothing else of interest. */
export function exchangeWith(headers: FakeHeaders = {}, parts: Partial<Exchange> = {}): Exchange {
  return {
    method: 'GET',
    path: '/things',
    mountedPath: '/things',
    query: '',
    peerAddress: '127.0.0.1',
    native: {},
    headerLines(name) {
      const lines = headers[name];
      if (lines === undefined) return [];
      return typeof lines === 'string' ? [lines] : lines;
    },
    body: () => Promise.reject(new Error('no test reads the body of this exchange')),
    ...parts,
  };
}
