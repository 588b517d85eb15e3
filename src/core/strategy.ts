import type { Credential, CredentialClaim } from './credentials.ts';
import type { Recognition } from './decision.ts';
import type { Exchange } from './exchange.ts';
import type { MaybePromise } from './maybe-promise.ts';

/**
 * What `authenticate` takes: something that claims certain credentials and says who they stand for. The strategies of
 * this package are such objects and Passport strategies at once.
 */
export interface CredentialStrategy<P> {
  /** Passport's name of the strategy. */
  readonly name: string;
  /** Which credentials are this strategy's; no two strategies of one chain may claim the same. */
  readonly claims: readonly CredentialClaim[];
  /** Says who the credential stands for. It is only asked about credentials it claims, and its refusal is final. */
  recognise(credential: Credential, exchange: Exchange): MaybePromise<Recognition<P>>;
}
