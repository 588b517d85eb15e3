import { systemClock, type Clock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import type { EventSink } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import { callback, implementing, optional, type Reader } from '../core/options.ts';
import { formatAddress, parseAddress, type Address } from '../network/address.ts';
import { clientAddressResolver, type UntrustedForward } from '../network/client-address.ts';

export type { UntrustedForward } from '../network/client-address.ts';

/** How the address of a request's client is found. */
export interface ClientAddressChoice {
  /**
   * Addresses and CIDR networks of the reverse proxies whose `X-Forwarded-For` is believed; none by default, so that
   * the peer on the socket is the client.
   */
  readonly trustedProxies?: string | readonly string[] | undefined;
  /**
   * Finds the address in place of the built-in resolver: one IPv4 or IPv6 address as text, without a port. `null`,
   * `undefined`, and text that is no address mean that it cannot be known.
   */
  readonly clientAddress?: ((exchange: Exchange) => string | null | undefined) | undefined;
  /**
   * Is told, at most once a minute, that `X-Forwarded-For` came from a private or loopback peer which is not trusted:
   * most likely a proxy that nobody configured. By default that is a process warning, `proxy_untrusted`.
   */
  readonly onUntrustedForward?: EventSink<UntrustedForward> | undefined;
  /** Tells the time for those warnings. */
  readonly clock?: Clock | undefined;
}

/** The address of a request's client, or `null` when it cannot be known. */
export type ClientAddressFinder = (exchange: Exchange) => Address | null;

/** The readers of {@link ClientAddressChoice}, for the options of whatever has these options among others. */
export const clientAddressShape = {
  trustedProxies: unread as Reader<string | readonly string[] | undefined>,
  clientAddress: optional(callback<NonNullable<ClientAddressChoice['clientAddress']>>()),
  onUntrustedForward: optional(callback<EventSink<UntrustedForward>>()),
  clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
} as const;

/**
 * Makes the one way to find a client's address that a guard, or an endpoint beside it, goes by.
 *
 * @param owner The factory whose options these are; it begins every message.
 * @throws {@link ConfigError} `option_conflict` when a callback and proxies are given, since the callback would silently
 *   make the proxies count for nothing; `option_invalid` when a proxy is none.
 */
export function clientAddressFinder(owner: string, choice: ClientAddressChoice): ClientAddressFinder {
  const { trustedProxies, clientAddress, clock = systemClock } = choice;
  if (clientAddress === undefined) {
    const onUntrustedForward = choice.onUntrustedForward ?? warnOncePerInterval(clock);
    return clientAddressResolver({ trustedProxies, onUntrustedForward, clock });
  }
  for (const name of ['trustedProxies', 'onUntrustedForward'] as const) {
    if (choice[name] === undefined) continue;
    throw new ConfigError(
      'option_conflict',
      `${owner}: clientAddress takes the place of the resolver that ${name} is for; give one of the two.`,
    );
  }
  return function findClientAddress(exchange) {
    const found: unknown = clientAddress(exchange);
    if (found === null || found === undefined) return null;
    if (typeof found === 'string') return parseAddress(found);
    throw new TypeError(`${owner}: clientAddress must return text, null or undefined, at once.`);
  };
}

function unread(value: unknown): unknown {
  return value;
}

/** When the process was warned last, by each clock; only the machine's own is used outside of tests. */
const warnedAt = new WeakMap<Clock, number>();
const WARN_INTERVAL_MS = 60_000;

/** Every guard and system has a resolver of its own, and one misconfigured proxy is one warning for all of them. */
function warnOncePerInterval(clock: Clock): EventSink<UntrustedForward> {
  return function warnForAll(notice) {
    const now = clock.now();
    const elapsed = now - (warnedAt.get(clock) ?? Number.NEGATIVE_INFINITY);
    if (elapsed >= 0 && elapsed < WARN_INTERVAL_MS) return;
    warnedAt.set(clock, now);
    warnOfUntrustedForward(notice);
  };
}

function warnOfUntrustedForward({ peer, header }: UntrustedForward): void {
  const address = formatAddress(peer);
  process.emitWarning(
    `${header} came from ${address}, which is not in trustedProxies, so that its clients all count as ${address}. ` +
      'If that is your reverse proxy, name it in trustedProxies; if not, have whatever stands there remove the header.',
    { type: 'PortcullisWarning', code: 'proxy_untrusted' },
  );
}
