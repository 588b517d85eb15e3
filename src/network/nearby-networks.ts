import { networkOption } from './network-option.ts';
import { type Network, networkContains } from './network.ts';

/**
 * Addresses that mean nothing in the internet: loopback, private, link-local and shared address space. One's own proxies
 * are there, and no client that comes from outside.
 *
 * @see RFC 6890 section 2.2
 */
export function nearbyNetworks(): readonly Network[] {
  // Read on first use: most guards never ask, and the first IPv6 address has Node compile a large regular expression.
  networks ??= Object.freeze(NEARBY.map((text) => networkOption(text, 'nearby')));
  return networks;
}

/** Whether a whole network lies in that space. */
export function isNearby(network: Network): boolean {
  return nearbyNetworks().some(
    (nearby) => nearby.prefix <= network.prefix && networkContains(nearby, network.first),
  );
}

const NEARBY = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
] as const;

let networks: readonly Network[] | undefined;
