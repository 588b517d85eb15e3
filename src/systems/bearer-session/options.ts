import type { KeyObject } from 'node:crypto';
import type { Directory, User } from '../../core/directory.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import { implementing, integer, oneOf, optional, parseOptions } from '../../core/options.ts';
import type { ImpersonationRules } from '../../services/impersonation.ts';
import { keyMaterial, type KeyInput } from '../../tokens/key-material.ts';
import {
  sessionOptionReaders,
  settleOptions,
  type SessionConfig,
  type SessionSystemOptions,
} from '../session-options.ts';

/** A user has one home account and may have access to others. */
export interface AccountsDirectory<U extends User = User> extends Directory<U>, ImpersonationRules<U> {
  /** The account that the user works in without choosing one. */
  homeAccount(user: U): MaybePromise<number>;
  /**
   * What the user may do in an account now; `null` for an account that does not exist or that the user has no access
   * to. Asked at login, at refresh, at an account switch and on each request.
   */
  permissionsIn(userId: string, accountId: number): MaybePromise<readonly string[] | null>;
}

/**
 * Bearer tokens live 3,600 seconds; refresh tokens 29 days more, 2,509,200 seconds from their issue. A session has no
 * absolute end by default.
 */
export interface BearerSessionOptions extends Omit<SessionSystemOptions<User>, 'directory'> {
  /** The host's users, with the accounts that they belong to. */
  readonly directory: AccountsDirectory;
  /** At least 32 bytes; tokens are derived with it and only their hashes are kept. */
  readonly secret: KeyInput;
  /** The status of an expired bearer token; default 401. */
  readonly expiredStatus?: 401 | 403 | undefined;
  /** The most sessions that are remembered by their tokens; default 10,000, and 0 switches it off. */
  readonly cacheSize?: number | undefined;
}

export interface BearerSessionConfig extends Omit<SessionConfig<User>, 'directory'> {
  readonly directory: AccountsDirectory;
  readonly secret: KeyObject;
  readonly expiredStatus: 401 | 403;
  readonly cacheSize: number;
}

const OWNER = 'bearerSessionSystem';

/** @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_weak`, `key_invalid`. */
export function readBearerSessionOptions(options: BearerSessionOptions): BearerSessionConfig {
  const config = parseOptions(OWNER, options, {
    ...sessionOptionReaders<User>({ accessSeconds: 3_600, refreshSeconds: 2_509_200, absoluteSeconds: null }),
    directory: implementing<AccountsDirectory>(
      'a directory of users and their accounts',
      'findLogin',
      'verifyPassword',
      'findUser',
      'homeAccount',
      'permissionsIn',
    ),
    secret: (value, path) => keyMaterial((value ?? '') as KeyInput, 'HS256', path).verify,
    expiredStatus: optional(oneOf(401, 403), 401),
    cacheSize: optional(integer(0, 10_000_000), 10_000),
  });
  return settleOptions(config);
}
