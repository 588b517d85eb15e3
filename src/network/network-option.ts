import { ConfigError } from '../core/errors.ts';
import { type Reader, text } from '../core/options.ts';
import { type Network, parseNetwork } from './network.ts';

/**
 * Reads an option that is one address or CIDR network; use it under `listOf`. What the network warns of stays with the
 * caller.
 *
 * @throws {@link ConfigError} `option_missing`, `option_invalid`.
 */
export const networkOption: Reader<Network> = (value, path) => {
  const reading = parseNetwork(text(value, path));
  if (!reading.ok) {
    throw new ConfigError(
      'option_invalid',
      `${path} must be an IP address or a CIDR network. ${reading.problem}`,
    );
  }
  return reading.network;
};
