import type { EntryGuard } from '../../core/decision.ts';
import type { Directory } from '../../core/directory.ts';
import type { AuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import type { Sessions } from '../../services/sessions.ts';
import type { TokenPairs } from '../../services/token-pairs.ts';
import type { B2bUser } from './options.ts';
import type { B2bPrincipal } from './tokens.ts';

/** What the endpoints work with. */
export interface B2bParts {
  readonly directory: Directory<B2bUser>;
  readonly sessions: Sessions;
  readonly pairs: TokenPairs;
  readonly entry: EntryGuard<B2bPrincipal>;
  readonly limitLogin: ((exchange: Exchange) => MaybePromise<number | null>) | undefined;
  /** Whether the request's address is on the client's list, if the client has one. */
  checkAddress(clientId: number, exchange: Exchange): MaybePromise<AuthError | null>;
}
