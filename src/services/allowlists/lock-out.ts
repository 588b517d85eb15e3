import { formatAddress, parseAddress } from '../../network/address.ts';
import type { Address } from '../../network/address.ts';
import { isTrustTooBroad } from '../../network/broad-trust.ts';
import { networkContains, parseNetwork, problemOfAddress, type Network } from '../../network/network.ts';
import { enforcesAt, isEnforcing, isLive, type Allowlist } from './document.ts';
import { type EditRefusal, refused } from './refusal.ts';

/** What keeps an edit from locking out whoever makes it. */
export interface LockOutOptions {
  /** The address that the person who makes the edit comes from: an edit that would refuse it is not made. */
  readonly from?: string | undefined;
  /** Makes the edit although it locks out `from`, or everyone; default false. */
  readonly confirmed?: boolean | undefined;
  /** The proxies that the application believes: while strangers are among them, no list begins to enforce. */
  readonly trustedProxies?: readonly string[] | undefined;
}

/** The same, read. */
export interface LockOutGuard {
  readonly from: Address | null;
  readonly confirmed: boolean;
  readonly broadTrust: string | undefined;
}

/** Reads what was given; an address that is none is refused, since ignoring it would leave nobody guarded. */
export function readLockOutOptions(options: LockOutOptions): LockOutGuard | EditRefusal {
  const { from, confirmed = false, trustedProxies = [] } = options;
  const address = from === undefined ? null : parseAddress(from);
  if (from !== undefined && address === null) {
    return refused('address_invalid', `The address that you come from: ${problemOfAddress(from)}`);
  }
  return {
    from: address,
    confirmed: confirmed === true,
    broadTrust: trustedProxies.find((text) => {
      const reading = parseNetwork(text);
      return reading.ok && isTrustTooBroad(reading.network);
    }),
  };
}

/**
 * Why a list must not come to be what an edit makes of it; `null` when it may. An override is looked through, because
 * the list is in force again when it ends.
 */
export function refusalOfChange(
  before: Allowlist,
  after: Allowlist,
  { from, confirmed, broadTrust }: LockOutGuard,
  now: number,
): EditRefusal | null {
  if (!isEnforcing(after)) return null;
  const begins = !isEnforcing(before) || (!enforcesAt(before, now) && enforcesAt(after, now));
  if (begins && broadTrust !== undefined) return refused('address_spoofable', spoofable(broadTrust));
  if (confirmed) return null;
  const live = liveNetworks(after, now);
  if (begins && live.length === 0) {
    return refused(
      'lock_out',
      'The list has no live entry, so that nobody could pass; add entries first, or confirm.',
    );
  }
  if (from === null || isIn(live, from)) return null;
  // An edit of a list that refuses the address already takes nothing away from it.
  if (!begins && !isIn(liveNetworks(before, now), from)) return null;
  const text = formatAddress(from);
  return refused(
    'lock_out',
    `${text}, which you come from, would be locked out: it is in none of the live entries; add it first, or confirm.`,
  );
}

/** The networks of the entries that are live, in the order of the list. */
function liveNetworks({ entries }: Allowlist, now: number): readonly Network[] {
  return entries.flatMap((entry) => {
    const reading = parseNetwork(entry.network);
    return isLive(entry, now) && reading.ok ? [reading.network] : [];
  });
}

function isIn(networks: readonly Network[], address: Address): boolean {
  return networks.some((network) => networkContains(network, address));
}

function spoofable(network: string): string {
  return (
    `Clients can choose their own address, since X-Forwarded-For is believed from ${network}, where strangers are: a list ` +
    'would keep nobody out. Name only the addresses of your reverse proxies in trustedProxies, then enforce.'
  );
}
