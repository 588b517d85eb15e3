import type { PageOptions } from '../../core/store.ts';
import type { OAuthClient } from './document.ts';
import type { NewOAuthClient, OAuthClientChanges } from './new-client.ts';
import type { ServiceAccount } from './service-accounts.ts';

/**
 * The applications of an OAuth server and their service accounts. An operator manages them; there is no endpoint for it.
 *
 * An edit that rejects with `StoreError` may have been made or not: repeat it.
 */
export interface OAuthClients {
  /**
   * Makes an application.
   *
   * @returns With the secret of a confidential one, which is shown this once and kept as a hash alone.
   * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`; `option_conflict` for what no
   *   application may be, and for a client id that is taken.
   */
  create(client: NewOAuthClient, options?: EditOptions): Promise<IssuedOAuthClient>;
  find(clientId: string): Promise<OAuthClient | null>;
  /** All applications in the order of their ids, disabled ones among them. */
  list(page?: PageOptions): Promise<OAuthClientPage>;
  /**
   * Changes what is given and leaves the rest. What was granted before keeps no more scopes than are left.
   *
   * @returns `null` when there is no such application.
   * @throws {@link ConfigError} As for `create`.
   */
  update(clientId: string, changes: OAuthClientChanges, options?: EditOptions): Promise<OAuthClient | null>;
  /**
   * Refuses the application from now on and ends for good what it was granted: codes, refresh tokens and, as soon as each
   * process reads the feed, access tokens.
   *
   * @returns Whether this call did it; `null` when there is no such application.
   */
  disable(clientId: string, options?: EditOptions): Promise<boolean | null>;
  /** Lets the application in again. @returns As for `disable`. */
  enable(clientId: string, options?: EditOptions): Promise<boolean | null>;
  /**
   * Gives a confidential application a new secret, which works at once.
   *
   * @returns `null` when there is no such application, or it is public.
   * @throws {@link ConfigError} `option_invalid`; `option_conflict` when four earlier secrets would still work.
   */
  rotateSecret(clientId: string, options?: RotateSecretOptions): Promise<IssuedOAuthClient | null>;
  /**
   * The one service account of an application and a team, made when it is first asked for: by a user's consent, or here,
   * so that something can be shared with it before.
   *
   * @returns `null` when there is no such application, or it has no service accounts.
   */
  obtainServiceAccount(clientId: string, team: string): Promise<ServiceAccount | null>;
  /** The service accounts of an application, one for each team. */
  serviceAccounts(clientId: string): Promise<readonly ServiceAccount[]>;
  /** Ends the tokens of a service account for good. @returns Whether this call did it; `null` when there is none. */
  disableServiceAccount(id: string, options?: EditOptions): Promise<boolean | null>;
  enableServiceAccount(id: string, options?: EditOptions): Promise<boolean | null>;
}

export interface EditOptions {
  /** Who does it, for the event: at most 100 characters on one line. */
  readonly author?: string | undefined;
}

export interface RotateSecretOptions extends EditOptions {
  /** For how long the earlier secrets go on working; by default they end now. */
  readonly overlapSeconds?: number | undefined;
}

/** An application when it is registered, or its secret is rotated, and never again. */
export interface IssuedOAuthClient {
  /** The secret, which cannot be had again; `null` for a public application. */
  readonly clientSecret: string | null;
  readonly client: OAuthClient;
}

/** A part of the applications. */
export interface OAuthClientPage {
  readonly items: readonly OAuthClient[];
  /** Hand it in as `after` for the next page; `null` at the end. */
  readonly next: string | null;
}
