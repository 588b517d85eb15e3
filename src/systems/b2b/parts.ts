import type { EntryGuard, Guard } from '../../core/decision.ts';
import type { Directory } from '../../core/directory.ts';
import type { PairParts } from '../pair-parts.ts';
import type { B2bUser } from './options.ts';
import type { B2bPrincipal } from './tokens.ts';

/** What the endpoints work with. */
export interface B2bParts extends Pick<
  PairParts<B2bUser, B2bPrincipal>,
  'sessions' | 'pairs' | 'verifyLogin' | 'addressOf'
> {
  readonly directory: Directory<B2bUser>;
  readonly entry: EntryGuard<B2bPrincipal>;
  /** Refuses an address that is not on the client's list, if the client has one. */
  readonly addressGuard: Guard;
}
