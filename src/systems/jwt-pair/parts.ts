import type { EntryGuard } from '../../core/decision.ts';
import type { AuthError } from '../../core/errors.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import type { Claims, Principal } from '../../core/principal.ts';
import type { Sessions } from '../../services/sessions.ts';
import type { TokenPairs } from '../../services/token-pairs.ts';
import type { JwtPairConfig } from './options.ts';

/** What the endpoints work with. */
export interface JwtPairParts extends Pick<
  JwtPairConfig,
  'directory' | 'limitLogin' | 'rotate' | 'revokeAccessOnLogout' | 'trimPassword'
> {
  readonly sessions: Sessions;
  readonly pairs: TokenPairs;
  readonly entry: EntryGuard<Principal>;
  revoked(claims: Claims): MaybePromise<AuthError | null>;
}
