import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/network/address.ts';
import { clientAddressResolver } from '../../src/network/client-address.ts';
import { NetworkSet } from '../../src/network/network-set.ts';
import { exchangeOf } from './exchange-of.ts';
import { networkOf } from './network-of.ts';

const TRUSTED = ['10.0.0.0/8', '2001:db8::/32'];

/** What stands between two commas: proxies, clients, and what is neither. */
const hop = fc.constantFrom(
  '10.0.0.1',
  ' 10.9.9.9\t',
  '2001:db8::7',
  '192.0.2.1',
  '1.2.3.4:80',
  'unknown',
  '',
  '::ffff:10.0.0.2',
);
const line = fc.oneof(
  fc.array(hop, { minLength: 1, maxLength: 40 }).map((hops) => hops.join(',')),
  fc.string({ unit: 'binary' }),
);

describe('clientAddressResolver', () => {
  it('IP-03 IP-04 walks any header as a naive reading of the same rules does', () => {
    const resolve = clientAddressResolver({ trustedProxies: TRUSTED });
    fc.assert(
      fc.property(
        fc.constantFrom('10.0.0.9', '192.0.2.9'),
        fc.array(line, { maxLength: 3 }),
        (peer, lines) => {
          expect(resolve(exchangeOf(peer, { 'x-forwarded-for': lines }))).toEqual(naively(peer, lines));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

function naively(peer: string, lines: readonly string[]): unknown {
  const trusted = NetworkSet.of(TRUSTED.map((text) => networkOf(text)));
  // Of no lines there is no list, while an empty line is a list of one entry that is empty.
  const hops = lines.length === 0 ? [] : lines.join(',').split(',').toReversed();
  const path = [peer, ...hops.map((entry) => entry.replace(/^[ \t]+|[ \t]+$/g, ''))];
  let client = null;
  for (const [index, text] of path.entries()) {
    if (index > 32) return null;
    client = parseAddress(text);
    if (client === null || !trusted.has(client)) return client;
  }
  return client;
}
