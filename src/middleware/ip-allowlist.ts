import { deny, type DecidingRule, type Decision, type Guard } from '../core/decision.ts';
import { authError, ConfigError, type AuthError } from '../core/errors.ts';
import { isPromise } from '../core/maybe-promise.ts';
import { callback, implementing, listOf, optional, parseOptions, type Reader } from '../core/options.ts';
import type { Principal } from '../core/principal.ts';
import { networkOption } from '../network/network-option.ts';
import type { Network } from '../network/network.ts';
import { findMatch, NetworkSet } from '../network/network-set.ts';
import type { Allowlists } from '../services/allowlists.ts';
import { subjectsOf } from '../services/allowlists/subjects.ts';
import {
  clientAddressFinder,
  clientAddressShape,
  type ClientAddressChoice,
  type ClientAddressFinder,
} from './client-address.ts';

export type { ClientAddressChoice, UntrustedForward } from './client-address.ts';

/** Networks that stand in the code. */
export interface StaticIpAllowlistOptions extends ClientAddressChoice {
  /** Addresses and CIDR networks, IPv4 or IPv6, one of which must contain the client's address. */
  readonly networks: string | readonly string[];
  readonly lists?: undefined;
  readonly subjects?: undefined;
}

/** The part of the lists' service that the guard asks; where it can name the rule, events have it. */
export type AskedLists = Pick<Allowlists, 'check'> & Partial<Pick<Allowlists, 'rule'>>;

/** Networks that are kept in the store and edited while requests come in. */
export interface LiveIpAllowlistOptions extends ClientAddressChoice {
  /** The service that keeps them. */
  readonly lists: AskedLists;
  /**
   * The lists that apply to a principal, as in `client:123456`; every one that is enforced must contain the address.
   * None means that no list applies, and everyone may pass. By default all that can apply: those of the party, its
   * account and workspace, and of whoever acts as it.
   */
  readonly subjects?: ((principal: Principal) => string | readonly string[]) | undefined;
  readonly networks?: undefined;
}

/**
 * Lets a request pass only if its client's address is in the allowed networks. It stands behind `authenticate`, so that
 * whoever has no valid credential learns nothing about lists.
 *
 * With `networks` it judges every request, also one of nobody behind `open(reason)`. With `lists` it judges by the
 * principal; where there is none it cannot know which lists apply, and refuses. Where a guard in the same chain selects
 * the workspace, this one stands behind it.
 *
 * A forwarded header is believed from `trustedProxies` only. A network with bits set after its prefix, as in
 * `10.0.0.7/8`, is taken as the whole network; `describe()` shows what was taken.
 *
 * @returns A guard that refuses with `ip_denied`, with `ip_unknown` when the address cannot be known and a list
 *   applies, and with `credentials_missing` when `lists` are asked about nobody.
 * @throws {@link ConfigError} `option_missing` without networks or lists, `option_conflict` with both, `option_invalid`
 *   for a network that is none and for an empty list, `option_unknown`.
 * @see RFC 4632 section 3.1 (CIDR), RFC 4291 section 2.5.5.2 (IPv4-mapped addresses)
 */
export function ipAllowlist(options: StaticIpAllowlistOptions | LiveIpAllowlistOptions): Guard {
  const { networks, lists, subjects, ...choice } = parseOptions('ipAllowlist', options, {
    networks: optional(allowedNetworks),
    lists: optional(implementing<AskedLists>('what allowlists({ store }) returns', 'check')),
    subjects: optional(callback<NonNullable<LiveIpAllowlistOptions['subjects']>>()),
    ...clientAddressShape,
  });
  const addressOf = clientAddressFinder('ipAllowlist', choice);
  if (networks !== undefined) {
    if (lists === undefined && subjects === undefined) return staticGuard(networks, addressOf);
    throw new ConfigError(
      'option_conflict',
      'ipAllowlist: networks stand in the code and lists in the store; give one of the two, or use two guards to demand both.',
    );
  }
  if (lists !== undefined) return liveGuard(lists, subjects ?? subjectsOf, addressOf);
  throw new ConfigError(
    'option_missing',
    "ipAllowlist: give networks, such as ['10.0.0.0/8'], or lists, which allowlists({ store }) makes.",
  );
}

function staticGuard(networks: readonly Network[], addressOf: ClientAddressFinder): Guard {
  const allowed = NetworkSet.of(networks);
  const texts = Object.freeze([...new Set(networks.map((network) => network.text))]);
  return {
    name: NAME,
    decide(exchange, principal) {
      const address = addressOf(exchange);
      if (address === null) return deny(authError('ip_unknown'));
      if (!allowed.has(address)) return deny(authError('ip_denied'));
      return { kind: 'allow', principal, rule: () => findMatch(networks, address)?.text ?? null };
    },
    describe: () => ({ guard: NAME, networks: texts }),
  };
}

function liveGuard(
  lists: AskedLists,
  subjectsOfPrincipal: (principal: Principal) => string | readonly string[],
  addressOf: ClientAddressFinder,
): Guard {
  return {
    name: NAME,
    decide(exchange, principal) {
      if (principal === null) return deny(authError('credentials_missing'));
      const subjects = subjectsOfPrincipal(principal);
      const address = addressOf(exchange);
      const rule = (): string | null => lists.rule?.(subjects, address) ?? null;
      const refusal = lists.check(subjects, address, exchange);
      return isPromise(refusal)
        ? refusal.then((later) => decisionOn(later, principal, rule))
        : decisionOn(refusal, principal, rule);
    },
    describe: () => ({ guard: NAME, networks: 'live' }),
  };
}

const NAME = 'ip_allowlist';

function decisionOn(
  refusal: AuthError | null,
  principal: Principal,
  rule: DecidingRule,
): Decision<Principal> {
  return refusal === null ? { kind: 'allow', principal, rule } : deny(refusal, rule);
}

const allowedNetworks: Reader<readonly Network[]> = (value, path) => {
  if (Array.isArray(value) && value.length === 0) {
    throw new ConfigError(
      'option_invalid',
      `${path} is empty, so that nobody could pass; name the networks that may, or leave the guard out.`,
    );
  }
  return listOf(allowedNetwork)(value, path);
};

const allowedNetwork: Reader<Network> = (value, path) => {
  const network = networkOption(value, path);
  if (!network.warnings.includes('mapped_prefix_short')) return network;
  throw new ConfigError(
    'option_invalid',
    `${path} is an IPv4-mapped network with a prefix below 96, which contains no IPv4 address; write the IPv4 network.`,
  );
};
