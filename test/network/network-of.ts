import { type Network, parseNetwork } from '../../src/network/network.ts';

/** The network that a test's own text means. */
export function networkOf(text: string): Network {
  const reading = parseNetwork(text);
  if (!reading.ok) throw new Error(`${text}: ${reading.problem}`);
  return reading.network;
}
