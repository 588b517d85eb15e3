import { ConfigError } from '../../core/errors.ts';
import { isNearby } from '../../network/nearby-networks.ts';
import { clientAddressResolver } from '../../network/client-address.ts';
import { parseNetwork } from '../../network/network.ts';
import { doubtful, sound, wrongFinding, type Finding } from './finding.ts';

/** Whether somebody could choose the address that the application takes for theirs. */
export function checkProxies(trustedProxies: readonly string[] | undefined): Finding[] {
  if (trustedProxies === undefined) {
    return [
      doubtful(
        'proxies',
        'not in the configuration',
        'Export what the application trusts as "trustedProxies", an empty list for nobody, so that it is checked here.',
      ),
    ];
  }
  if (trustedProxies.length === 0) {
    return [
      sound('proxies', 'nobody is trusted: right without a proxy; behind one, all clients have its address'),
    ];
  }
  return trustedProxies.map(checkProxy);
}

/** A public network of more than so many addresses is more than the proxies of one operator. */
const LEAST_PUBLIC_PREFIX = { 4: 20, 6: 40 } as const;

function checkProxy(text: string): Finding {
  const check = `proxy ${text}`;
  const reading = typeof text === 'string' ? parseNetwork(text) : null;
  try {
    clientAddressResolver({ trustedProxies: [text] });
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return wrongFinding(
      check,
      thrown.message,
      'Name the addresses or networks that the proxies have when they connect to this server.',
    );
  }
  if (reading?.ok !== true)
    return wrongFinding(check, 'it is no network', 'Write an address or a CIDR network.');
  const { network } = reading;
  if (isNearby(network)) return sound(check, `${network.text}, of this machine or a private network`);
  if (network.prefix >= LEAST_PUBLIC_PREFIX[network.family]) return sound(check, network.text);
  return doubtful(
    check,
    `${network.text} is public and broad: whoever has an address in it says where requests come from`,
    'Name the networks of the proxies alone, as their operator publishes them.',
  );
}
