import type { EntryGuard } from '../../core/decision.ts';
import type { Principal } from '../../core/principal.ts';
import type { PairParts } from '../pair-parts.ts';
import type { JwtPairConfig, JwtPairUser } from './options.ts';
import type { JwtPairPrincipal } from './tokens.ts';

/** What the endpoints work with. */
export interface JwtPairParts
  extends
    Pick<
      JwtPairConfig,
      'directory' | 'rotate' | 'revokeAccessOnLogout' | 'trimPassword' | 'store' | 'clock' | 'loginLimiter'
    >,
    Pick<
      PairParts<JwtPairUser, JwtPairPrincipal>,
      'sessions' | 'pairs' | 'revoked' | 'verifyLogin' | 'addressOf'
    > {
  readonly entry: EntryGuard<Principal>;
}
