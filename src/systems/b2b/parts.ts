import type { EntryGuard, Guard } from '../../core/decision.ts';
import type { Directory } from '../../core/directory.ts';
import type { Sessions } from '../../services/sessions.ts';
import type { TokenPairs } from '../../services/token-pairs.ts';
import type { LimitLogin } from '../session-options.ts';
import type { B2bUser } from './options.ts';
import type { B2bPrincipal } from './tokens.ts';

/** What the endpoints work with. */
export interface B2bParts {
  readonly directory: Directory<B2bUser>;
  readonly sessions: Sessions;
  readonly pairs: TokenPairs;
  readonly entry: EntryGuard<B2bPrincipal>;
  readonly limitLogin: LimitLogin | undefined;
  /** Refuses an address that is not on the client's list, if the client has one. */
  readonly addressGuard: Guard;
}
