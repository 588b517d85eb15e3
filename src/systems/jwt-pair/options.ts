import type { Directory, User } from '../../core/directory.ts';
import { flag, implementing, oneOf, optional, parseOptions } from '../../core/options.ts';
import type { Principal } from '../../core/principal.ts';
import type { CredentialStrategy } from '../../core/strategy.ts';
import type { ImpersonationRules } from '../../services/impersonation.ts';
import { pairOptionReaders, type PairConfig, type PairSystemOptions } from '../pair-options.ts';
import { settleOptions } from '../session-options.ts';
import {
  boundSocialDirectory,
  readSocialOptions,
  type JwtPairSocialConfig,
  type JwtPairSocialOptions,
} from './social-options.ts';

/** A user signs in by e-mail, which `findLogin` gets without blanks around it, and has one workspace or none. */
export type JwtPairUser = User;

/** Access tokens live 300 seconds and refresh tokens 86,400 by default. */
export interface JwtPairOptions extends PairSystemOptions<JwtPairUser> {
  /** The host's users; with `mayImpersonate` it lets some act as others. */
  readonly directory: Directory & ImpersonationRules<JwtPairUser>;
  /** Also accepts API keys on protected routes; none by default. */
  readonly apiKeys?: CredentialStrategy<Principal> | undefined;
  /** Whether a refresh gives a new refresh token and ends the old one; default false. */
  readonly rotate?: boolean | undefined;
  /** Whether a logout ends the session's access tokens at once; default false: they live to their expiry. */
  readonly revokeAccessOnLogout?: boolean | undefined;
  /** Whether "Token is invalid or expired" is said of both kinds of bad tokens; default false. */
  readonly legacyTokenMessages?: boolean | undefined;
  /** `drf` does what the stack does beyond its documented API: it takes the blanks off passwords. None by default. */
  readonly compat?: 'drf' | undefined;
  /** Sign-in with Google and Facebook, at `/api/v1/auth/`; none by default. */
  readonly social?: JwtPairSocialOptions | undefined;
  /** Whether blanks around a password are taken off; default true under `compat: 'drf'`, otherwise false. */
  readonly trimPassword?: boolean | undefined;
}

export interface JwtPairConfig extends PairConfig<JwtPairUser> {
  readonly directory: Directory & ImpersonationRules<JwtPairUser>;
  readonly apiKeys: CredentialStrategy<Principal> | undefined;
  readonly rotate: boolean;
  readonly revokeAccessOnLogout: boolean;
  readonly legacyTokenMessages: boolean;
  readonly trimPassword: boolean;
  readonly social: JwtPairSocialConfig | undefined;
}

/** @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`. */
export function readJwtPairOptions(options: JwtPairOptions): JwtPairConfig {
  const { compat, trimPassword, ...config } = parseOptions('jwtPairSystem', options, {
    ...pairOptionReaders<JwtPairUser>({ accessSeconds: 300, refreshSeconds: 86_400 }),
    apiKeys: optional(implementing<CredentialStrategy<Principal>>('a strategy for API keys', 'recognise')),
    rotate: optional(flag, false),
    revokeAccessOnLogout: optional(flag, false),
    legacyTokenMessages: optional(flag, false),
    compat: optional(oneOf('drf')),
    trimPassword: optional(flag),
    social: optional(readSocialOptions),
  });
  return settleOptions({
    ...config,
    trimPassword: trimPassword ?? compat === 'drf',
    social: config.social && boundSocialDirectory(config.social, config.deadlineMs),
  });
}
