import type { User } from '../../core/directory.ts';
import type { Exchange } from '../../core/exchange.ts';
import { parseOptions } from '../../core/options.ts';
import { pairOptionReaders, unread, type PairConfig, type PairSystemOptions } from '../pair-options.ts';

/** A user of the B2B API signs in for a client. */
export interface B2bUser extends User {
  /** The client, an integer; sessions, revocation and the IP allowlist are the client's. */
  readonly clientId: number;
}

/** Access tokens live 3,600 seconds and refresh tokens 604,800 (7 days) by default. */
export interface B2bOptions extends PairSystemOptions<B2bUser> {
  /** Addresses and networks of the proxies in front of this server; none by default. */
  readonly trustedProxies?: string | readonly string[] | undefined;
  /** Finds a request's client address in place of the built-in resolver; `null` when it cannot be known. */
  readonly clientAddress?: ((exchange: Exchange) => string | null | undefined) | undefined;
}

export interface B2bConfig
  extends PairConfig<B2bUser>, Pick<B2bOptions, 'trustedProxies' | 'clientAddress'> {}

/** @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`. */
export function readB2bOptions(options: B2bOptions): B2bConfig {
  return parseOptions('b2bSystem', options, {
    ...pairOptionReaders<B2bUser>({ accessSeconds: 3_600, refreshSeconds: 604_800 }),
    trustedProxies: unread as (value: unknown) => B2bOptions['trustedProxies'],
    clientAddress: unread as (value: unknown) => B2bOptions['clientAddress'],
  });
}
