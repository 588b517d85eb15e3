import type { Network } from './network.ts';

/**
 * Whether a network holds IPv4-compatible addresses, as in `::10.0.0.1`. The form is out of use, so that whoever writes it
 * most likely means the IPv4 address, which it is not.
 *
 * @see RFC 4291 section 2.5.5.1
 */
export function isIpv4Compatible(network: Network): boolean {
  if (network.family !== 6) return false;
  const { w0, w1, w2, w3 } = network.first;
  // `::` and `::1` have the same form, and so have the first addresses behind them, which nobody means as IPv4. A network
  // that begins behind those has a prefix above 96.
  return w0 === 0 && w1 === 0 && w2 === 0 && w3 > 0xffff;
}
