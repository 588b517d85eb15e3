import type { User } from '../../core/directory.ts';
import { parseOptions } from '../../core/options.ts';
import { pairOptionReaders, type PairConfig, type PairSystemOptions } from '../pair-options.ts';
import { settleOptions } from '../session-options.ts';

/** A user of the B2B API signs in for a client. */
export interface B2bUser extends User {
  /** The client, an integer; sessions, revocation and the IP allowlist are the client's. */
  readonly clientId: number;
}

/** Access tokens live 3,600 seconds and refresh tokens 604,800 (7 days) by default. */
export type B2bOptions = PairSystemOptions<B2bUser>;

/** @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`. */
export function readB2bOptions(options: B2bOptions): PairConfig<B2bUser> {
  const readers = pairOptionReaders<B2bUser>({ accessSeconds: 3_600, refreshSeconds: 604_800 });
  return settleOptions(parseOptions('b2bSystem', options, readers));
}
