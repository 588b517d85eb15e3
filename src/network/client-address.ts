import { type Clock, systemClock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import { deliver, type EventSink } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import {
  callback,
  implementing,
  integer,
  listOf,
  optional,
  parseOptions,
  type Reader,
  text,
} from '../core/options.ts';
import { type Address, parseAddress } from './address.ts';
import { isTrustTooBroad } from './broad-trust.ts';
import { nearbyNetworks } from './nearby-networks.ts';
import { networkOption } from './network-option.ts';
import type { Network } from './network.ts';
import { NetworkSet } from './network-set.ts';

export interface ClientAddressOptions {
  /**
   * The reverse proxies whose forwarded header is believed: addresses or CIDR networks (default none). They are what
   * the socket sees, the nearest proxy first of all. A network broader than /8 (IPv4) or /7 (IPv6) is refused, since
   * strangers would be in it.
   */
  readonly trustedProxies?: string | readonly string[] | undefined;
  /**
   * The one header that the proxies write, a list of plain addresses to which each proxy appends its own peer (default
   * `x-forwarded-for`). No other header is read.
   */
  readonly header?: string | undefined;
  /**
   * Is told when the header comes from a private or loopback peer that is not trusted: most likely a proxy that nobody
   * configured, so that every client seems to have the proxy's address.
   */
  readonly onUntrustedForward?: EventSink<UntrustedForward> | undefined;
  /** The least time between two calls of `onUntrustedForward` in milliseconds (default 60 000; 0 for every request). */
  readonly warnIntervalMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** A forwarded header that was not believed. */
export interface UntrustedForward {
  /** Who sent it. */
  readonly peer: Address;
  /** The header's name in lower case. Its value is the sender's, and is not passed on. */
  readonly header: string;
}

/** Finds the address of a request's client; `null` when it cannot be known, which whoever asks must refuse. */
export type ClientAddressResolver = (
  exchange: Pick<Exchange, 'peerAddress' | 'headerLines'>,
) => Address | null;

/**
 * Makes the one resolver of client addresses, the same under every framework.
 *
 * The client is the peer on the socket. Only when that peer is a trusted proxy, the header is walked from right to
 * left, over all its lines as one list (RFC 9110 section 5.3): each trusted proxy vouches for the entry that it
 * appended, and the first entry that is not a trusted proxy is the client. Entries further left are the client's own
 * words and are not looked at. When all entries are trusted proxies, the leftmost is the client; when a trusted proxy
 * sends no header, the proxy is.
 *
 * The answer is `null` when the socket has no address, when an entry that had to be read is not exactly one address (a
 * port, brackets, a zone, `unknown`, nothing between two commas), and after more than 32 trusted proxies.
 *
 * @throws {@link ConfigError} `option_unknown`, `option_missing`, `option_invalid`.
 */
export function clientAddressResolver(options: ClientAddressOptions = {}): ClientAddressResolver {
  const parsed = parseOptions('clientAddressResolver', options, {
    trustedProxies: optional(trustedProxies, []),
    header: optional(forwardedHeader, 'x-forwarded-for'),
    onUntrustedForward: optional(callback<EventSink<UntrustedForward>>()),
    warnIntervalMs: optional(integer(0), 60_000),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
  });
  const { header, onUntrustedForward } = parsed;
  const trusted = NetworkSet.of(parsed.trustedProxies);
  const warn =
    onUntrustedForward === undefined
      ? undefined
      : untrustedForwardWarning(onUntrustedForward, parsed.warnIntervalMs, parsed.clock);

  return function resolveClientAddress(exchange) {
    const { peerAddress } = exchange;
    const peer = peerAddress === undefined ? null : parseAddress(peerAddress);
    if (peer === null) return null;
    if (trusted.has(peer)) return behindProxies(peer, exchange.headerLines(header), trusted);
    if (warn !== undefined && exchange.headerLines(header).length > 0) warn({ peer, header });
    return peer;
  };
}

/** More proxies in a row than any real path has; it bounds what a list can make the walk cost. */
const MOST_TRUSTED_PROXIES = 32;

/** Walks the list of a trusted peer. Nothing is split: what stands left of the client is never touched. */
function behindProxies(peer: Address, lines: readonly string[], trusted: NetworkSet): Address | null {
  let client = peer;
  let proxies = 1;
  for (const line of lines.toReversed()) {
    let end = line.length;
    while (end !== -1) {
      if (proxies > MOST_TRUSTED_PROXIES) return null;
      // From -1 it looks at 0 and may find the comma there again: the entry is empty either way, which ends the walk.
      const comma = line.lastIndexOf(',', end - 1);
      const hop = parseAddress(entryBetween(line, comma + 1, end));
      if (hop === null || !trusted.has(hop)) return hop;
      client = hop;
      proxies++;
      end = comma;
    }
  }
  return client;
}

/** The list entry without the optional whitespace around it, which is spaces and tabs (RFC 9110 section 5.6.3). */
function entryBetween(line: string, start: number, end: number): string {
  while (start < end && isBlank(line.charCodeAt(start))) start++;
  while (start < end && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function untrustedForwardWarning(
  sink: EventSink<UntrustedForward>,
  intervalMs: number,
  clock: Clock,
): (notice: UntrustedForward) => void {
  const nearby = NetworkSet.of(nearbyNetworks());
  let warnedAt = Number.NEGATIVE_INFINITY;
  return function warnOfUntrustedForward(notice) {
    if (!nearby.has(notice.peer)) return;
    const now = clock.now();
    const elapsed = now - warnedAt;
    // A clock that was set back must not silence the warning until it has caught up.
    if (elapsed >= 0 && elapsed < intervalMs) return;
    warnedAt = now;
    deliver(notice, sink);
  };
}

/** No proxy may be written as an empty list, since a deployment that has none is not a mistake. */
const trustedProxies: Reader<readonly Network[]> = (value, path) =>
  Array.isArray(value) && value.length === 0 ? [] : listOf(trustedProxy)(value, path);

/** One proxy or a network of them, written exactly: trust that is wider than what was meant lets clients lie. */
const trustedProxy: Reader<Network> = (value, path) => {
  const network = networkOption(value, path);
  if (network.prefix === 0) {
    throw new ConfigError(
      'option_invalid',
      `${path} trusts every address, so that every client could choose its own; name the networks of the proxies.`,
    );
  }
  if (isTrustTooBroad(network)) {
    throw new ConfigError(
      'option_invalid',
      `${path} trusts ${network.text}, which is so broad that strangers are in it, who could choose their own address; name the networks of the proxies.`,
    );
  }
  if (network.warnings.includes('mapped_prefix_short')) {
    throw new ConfigError(
      'option_invalid',
      `${path} is an IPv4-mapped network with a prefix below 96, which contains no IPv4 address; write the IPv4 network.`,
    );
  }
  if (network.warnings.includes('host_bits_set')) {
    throw new ConfigError(
      'option_invalid',
      `${path} has bits set after its prefix; write ${network.text} to trust that network, or one address without a prefix.`,
    );
  }
  return network;
};

const forwardedHeader: Reader<string> = (value, path) => {
  const name = text(value, path).toLowerCase();
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) {
    throw new ConfigError(
      'option_invalid',
      `${path} must be the name of one header, such as "x-forwarded-for".`,
    );
  }
  if (name === 'forwarded') {
    throw new ConfigError(
      'option_invalid',
      `${path} must not be "forwarded": its syntax (RFC 7239) is not a list of plain addresses. Have the proxy write X-Forwarded-For, and name that.`,
    );
  }
  return name;
};
