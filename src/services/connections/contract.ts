import type { AuthError } from '../../core/errors.ts';
import type { PageOptions } from '../../core/store.ts';
import type { ConnectionProblem, ConnectionRecord } from './document.ts';

/** Which connection, and whose: one of another workspace is as if it did not exist. A {@link ConnectionRecord} is one. */
export interface ConnectionRef {
  readonly workspace: string;
  readonly id: string;
}

/** A user who wants to connect an account. */
export interface NewConnection {
  readonly kind: string;
  readonly workspace: string;
  readonly user: string;
  /** Our own address that the provider sends the browser back to, as it is registered there. */
  readonly callbackUrl: string;
  /** What only the user's browser knows, such as what its cookie holds. Only a hash is kept. */
  readonly browser: string;
  /** Where the browser goes at the end; `null` for nowhere. The caller has checked it. */
  readonly returnTo: string | null;
}

/** What the provider has sent the browser back with. */
export interface ProviderAnswerToUser {
  readonly kind: string;
  readonly callbackUrl: string;
  readonly browser: string | null;
  readonly state: string | null;
  readonly code: string | null;
  /** The `error` parameter (RFC 6749 section 4.1.2.1). */
  readonly error: string | null;
  /** The user who is signed in to the host's pages in this browser, where the host knows. */
  readonly user?: string | null | undefined;
}

/** What came of an authorization, with where the browser goes then; `null` for nowhere. */
export type Completion =
  | { readonly outcome: 'connected'; readonly connection: ConnectionRecord; readonly returnTo: string | null }
  /** `returnTo` is where the user may be told so; `null` when that must not be believed, or is nowhere. */
  | { readonly outcome: 'refused'; readonly error: AuthError; readonly returnTo: string | null };

/** An access token that is good for a call at once, or why there is none. What is over is never handed out. */
export type AccessTokenResult =
  | {
      readonly outcome: 'token';
      readonly accessToken: string;
      /** In milliseconds since the Unix epoch; `null` for never. */
      readonly expiresAt: number | null;
      /** The proof that calls of the Graph API carry beside the token; `null` where there is no such thing. */
      readonly appsecretProof: string | null;
    }
  /** A user of the workspace has to authorise the connection again. */
  | { readonly outcome: 'error'; readonly reason: ConnectionProblem; readonly since: number }
  | { readonly outcome: 'unknown' };

/** What became of the grant at the provider. */
export type Revocation =
  | 'revoked'
  /** The provider did not answer, or refused. The tokens are forgotten all the same: the user removes the grant there. */
  | 'failed'
  /** Another connection lives by the same account's grant, which was therefore left; the last one takes it back. */
  | 'shared'
  /** There was nothing to present: the tokens cannot be opened, or no provider of this kind is configured. */
  | 'skipped';

/** A part of a workspace's connections. */
export interface ConnectionPage {
  readonly items: readonly ConnectionRecord[];
  /** Hand it in as `after` for the next page; `null` at the end. */
  readonly next: string | null;
}

/** The connections of workspaces to accounts at providers. What breaks is thrown as `StoreError`: 503, ask again later. */
export interface Connections {
  /** The kinds that are configured. */
  readonly kinds: readonly string[];
  /** The origins that a browser passes on its way to the provider of a kind; none for a kind that is not configured. */
  browserOriginsOf(kind: string): readonly string[];
  /**
   * Begins an authorization, which has to be finished within ten minutes.
   *
   * @returns Where to send the browser. Refusals: `not_found` for a kind that is not configured, `permission_denied` for
   *   who is no member of the workspace.
   */
  start(connection: NewConnection): Promise<{ readonly authorizationUrl: string } | AuthError>;
  /**
   * Finishes an authorization. Of several calls with one state one gets through; one that ends in a `StoreError` may be
   * repeated. An account that the workspace is connected to already keeps its connection, with the new tokens.
   *
   * Refusals: `connection_state_invalid`, `connection_denied`, `permission_denied` for who is no member any more or is
   * not who began, `connection_exchange_failed`, `connection_scope_missing`.
   */
  complete(answer: ProviderAnswerToUser): Promise<Completion>;
  /** A workspace's connections in the order of their ids. */
  list(workspace: string, page?: PageOptions): Promise<ConnectionPage>;
  find(connection: ConnectionRef): Promise<ConnectionRecord | null>;
  /**
   * A token for the provider's API, renewed when it is about to expire. Of all callers in all processes one asks the
   * provider; the others get what they have while it is good, and wait otherwise.
   *
   * @throws {@link StoreError} when the token has expired and the provider or the store is out of reach.
   */
  getAccessToken(connection: ConnectionRef): Promise<AccessTokenResult>;
  /**
   * Asks the provider now whether the connection is good, and notes what it says.
   *
   * @returns `null` when there is no such connection.
   */
  check(connection: ConnectionRef): Promise<ConnectionRecord | null>;
  /**
   * Forgets the tokens, and then takes the grant back at the provider. Nothing is left at rest whether or not the
   * provider answers.
   *
   * @returns `null` when there is no such connection.
   */
  disconnect(connection: ConnectionRef, options?: DisconnectOptions): Promise<Revocation | null>;
  /**
   * Seals again what is sealed under a former key, in the background of whatever goes on. When it is through, the former
   * key is needed no more.
   *
   * @returns How many were sealed again, and how many no key opens.
   */
  reseal(): Promise<{ readonly resealed: number; readonly unreadable: number }>;
}

export interface DisconnectOptions {
  /** Who does it, for the event: at most 100 characters on one line. */
  readonly author?: string | undefined;
}
