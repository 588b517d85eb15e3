import type { Clock } from '../../core/clock.ts';
import type { User } from '../../core/directory.ts';
import type { AuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import type { Store } from '../../core/store.ts';
import type { LoginVerifier } from '../../services/login.ts';
import type { Endpoint } from '../endpoints.ts';

/**
 * What stands between the protocol and the pages on which people sign in and decide. The package's own pages use nothing
 * else, and neither need a host's: the protocol validates and completes, pages ask.
 *
 * An authorization request goes through three steps, each of which may be a request of its own. Between them a page
 * keeps the raw query alone, in a cookie or in a form, and reads it again:
 *
 * 1. `authorization.read` says whether there is anybody to redirect to at all.
 * 2. The page finds out who is there, by its own session or by `verifyLogin`.
 * 3. `authorization.resume` says whether to ask, and `approve` or `deny` say where to send the browser, with 303.
 */
export interface Interaction {
  readonly authorization: AuthorizationInteraction;
  readonly device: DeviceInteraction;
  /** Verifies a name and a password against the host's directory, under the limits of logins. */
  readonly verifyLogin: LoginVerifier<User>;
  /** The user with this id if there is one and it is active, asked of the directory now. */
  findActiveUser(userId: string): Promise<User | null>;
  /** The URL under which browsers reach the pages, without a slash at its end. */
  readonly webAppUrl: string;
  /** The system's own, so that pages need not be given them again. */
  readonly store: Store;
  readonly clock: Clock;
}

export interface AuthorizationInteraction {
  /** Validates the query of an authorization request (RFC 6749 section 4.1.1); it changes nothing. */
  read(request: Pick<Exchange, 'query'>): Promise<AuthorizationReading>;
  /** What to do once the user is signed in: ask, or go on since the user has agreed to all of this before. */
  resume(request: AuthorizationRequest, userId: string): Promise<AuthorizationStep>;
  /**
   * The user agrees. Everything is checked again: the application, the user, and for a service account whether the user
   * may.
   *
   * @param scopes The names of the scopes that the user grants: all that are asked for, or fewer.
   * @returns Where to redirect to: with a code, or with an error.
   */
  approve(request: AuthorizationRequest, userId: string, scopes?: readonly string[]): Promise<Redirection>;
  /** The user does not agree. */
  deny(request: AuthorizationRequest): Redirection;
  /** A page could not do its work: `temporarily_unavailable` for an outage, else `server_error`. */
  fail(request: AuthorizationRequest, thrown: unknown): Redirection;
}

/** Where to send the browser, with 303. */
export interface Redirection {
  readonly location: string;
  /** Why the application hears of an error, for the event; absent where it gets a code, and for what was thrown. */
  readonly refusal?: AuthError | undefined;
}

/** What an authorization request is. */
export type AuthorizationReading =
  /** There is nobody to redirect to who could be trusted: show a page with status 400 and no way on. */
  | { readonly kind: 'refuse-directly'; readonly refusal: DirectRefusal }
  /** The application is told, with 303; no page is shown. */
  | { readonly kind: 'redirect-error'; readonly location: string; readonly cause: AuthError }
  | { readonly kind: 'request'; readonly request: AuthorizationRequest };

/**
 * A request whose redirect URI cannot be believed: a page says so, and no browser is redirected (RFC 6749 section
 * 4.1.2.1).
 */
export interface DirectRefusal {
  readonly status: 400;
  readonly error: 'invalid_client' | 'invalid_request';
  /** One English sentence for the developer of the application; it repeats nothing of the request. */
  readonly description: string;
  /** The reason, for the event. */
  readonly cause: AuthError;
}

/**
 * A validated request, for pages to show. It is made by `read` and by nothing else: the functions that complete a
 * request refuse any other object with a `TypeError`.
 */
export interface AuthorizationRequest {
  readonly application: ApplicationView;
  /** What is asked for, in the order of the request. */
  readonly scopes: readonly ScopeView[];
  /** Where the browser will be sent: the host and port, or the scheme of an application on the user's own device. */
  readonly redirectTarget: string;
  /** The redirect URI as it is registered or, for a loopback address, as it was sent; for a page's policy, not for people. */
  readonly redirectUri: string;
  /** Whether the user is asked to let a service account act, and not to be acted for. */
  readonly serviceAccount: boolean;
}

/** An application as people may see it. Names come from the operator and are shown as text, never as markup. */
export interface ApplicationView {
  readonly clientId: string;
  readonly name: string;
  /** Who stands behind it, in the operator's words. */
  readonly owner: string;
}

/** A scope as people may see it. */
export interface ScopeView {
  readonly name: string;
  /** What it allows, in words. */
  readonly description: string;
}

/** What a page does with a request of a user who is signed in. */
export type AuthorizationStep =
  /** Nothing to ask: the user has agreed before, or may not decide this. Redirect with 303. */
  | ({ readonly kind: 'redirect' } & Redirection)
  /** The user is gone or inactive: whoever is there has to sign in. */
  | { readonly kind: 'sign-in' }
  | { readonly kind: 'ask'; readonly question: ConsentQuestion };

/** What the user is asked. */
export interface ConsentQuestion extends AuthorizationRequest {
  /** The team in whose name the service account acts; `null` where the user speaks for themselves. */
  readonly team: string | null;
}

export interface DeviceInteraction {
  /**
   * Looks up the code that a signed-in user has entered; upper and lower case, blanks and hyphens do not matter. From
   * then on nobody but this user can decide about it.
   *
   * @param throttleKey Names the browser; the eleventh wrong entry within a minute has to wait. Addresses are bounded
   *   as well.
   */
  lookup(
    exchange: Exchange,
    entry: { readonly userCode: string; readonly throttleKey: string; readonly userId: string },
  ): Promise<DeviceReading>;
  /** The user agrees; `scopes` as for an authorization request. */
  approve(request: DeviceRequest, userId: string, scopes?: readonly string[]): Promise<DeviceDecision>;
  /** The user does not agree. */
  deny(request: DeviceRequest, userId: string): Promise<DeviceDecision>;
}

/** What a page does with a code that a user has entered. */
export type DeviceReading =
  | { readonly kind: 'request'; readonly request: DeviceRequest }
  /** Unknown, expired, decided already, or another user's; which of them is not told apart. */
  | { readonly kind: 'not-valid' }
  /** Too many wrong entries: 429 with `Retry-After`. */
  | { readonly kind: 'wait'; readonly retryAfterSeconds: number };

/** A device's request, for pages to show; made by `lookup` and by nothing else. */
export interface DeviceRequest {
  readonly application: ApplicationView;
  readonly scopes: readonly ScopeView[];
  /** The code as the device shows it, so that the user can compare. */
  readonly userCode: string;
}

/** `not-valid`: it expired meanwhile, or was decided by another request; `sign-in`: the user is gone or inactive. */
export type DeviceDecision = { readonly kind: 'done' | 'not-valid' | 'sign-in' };

/** What the option `pages` takes. `GET /oauth/authorize` and `GET /oauth/device` must be among the endpoints. */
export interface InteractionPages {
  /**
   * The pages' endpoints, all below `/oauth/`. What an endpoint returns is sent as it is, so refusals are pages too;
   * only what is thrown becomes a JSON answer with 500 or 503.
   */
  endpoints(interaction: Interaction): readonly Endpoint[];
  /** Ends what the pages keep going. */
  close?(): MaybePromise<void>;
}

/** Where browsers begin, below `webAppUrl`. */
export const AUTHORIZE_PATH = '/oauth/authorize';
/** Where a user enters the code that a device shows, below `webAppUrl` (RFC 8628 section 3.3). */
export const DEVICE_PATH = '/oauth/device';
