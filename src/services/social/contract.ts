import type { AuthError, StoreError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { HeaderLine } from '../../core/reply.ts';
import type { Json } from '../../core/store.ts';
import type { CallbackAnswer } from '../../providers/callback.ts';
import type { SocialIdentity } from '../../providers/social-identity.ts';

/** What a provider has handed out for an authorization code. Both tokens are secrets. */
export interface ProviderGrant {
  readonly accessToken: string;
  /** `null` unless offline access was asked for. */
  readonly refreshToken: string | null;
  readonly idToken: string | null;
  /** What was granted, which may be less than was asked for; `null` when the provider does not say. */
  readonly scopes: readonly string[] | null;
  /** `null` when the provider does not say. */
  readonly expiresInSeconds: number | null;
}

/** What a sign-in that a browser goes through is begun with. */
export interface BeginOptions {
  /** What it is part of; the answer must be finished with the same. */
  readonly purpose: string;
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string;
  /** Given back at the end. */
  readonly data: Json;
  /** What else the provider is asked for, such as `loginHint` or `prompt`; what it does not know is left out. */
  readonly hints?: Readonly<Record<string, unknown>> | undefined;
}

export interface BegunSignIn {
  /** Where to send the browser. */
  readonly authorizationUrl: string;
  /** The cookie that has to go along. */
  readonly cookie: HeaderLine;
}

/** What an answer of a provider must agree with. */
export interface FinishOptions {
  readonly purpose: string;
  /** Where the answer came to; absent where an API client hands it in. */
  readonly redirectUri?: string | undefined;
  /** See `ExpectedAuthorization` of the states. */
  readonly dangerouslyFromAnywhere?: boolean | undefined;
}

/** What came of a sign-in. `data` is what it was begun with, once the state was good. */
export type FinishedSignIn =
  | {
      readonly outcome: 'identified';
      readonly identity: SocialIdentity;
      readonly grant: ProviderGrant;
      readonly data: Json;
    }
  /** Nothing may be trusted: there is nowhere to redirect to. */
  | { readonly outcome: 'untrusted'; readonly error: AuthError }
  | { readonly outcome: 'refused'; readonly error: AuthError; readonly data: Json }
  /** The provider or the store failed; the state is good again. */
  | { readonly outcome: 'unavailable'; readonly cause: StoreError; readonly data: Json };

/** One provider's sign-in, without sessions: what the strategies for Google and Facebook are to a system. */
export interface SocialSignIn {
  /** As in the paths of the API. */
  readonly provider: string;
  /** Where browsers come back to by default. */
  readonly callbackUrl: string;
  begin(exchange: Exchange, options: BeginOptions): Promise<BegunSignIn | AuthError>;
  finish(
    exchange: Exchange,
    answer: CallbackAnswer | 'repeated',
    options: FinishOptions,
  ): Promise<FinishedSignIn>;
  /** What the cookie says this browser is; `null` when it says nothing. */
  browserOf(exchange: Exchange): string | null | AuthError;
  /** Whether this browser has begun a sign-in with this purpose within ten minutes, as its cookie says. */
  hasBegun(exchange: Exchange, purpose: string): boolean;
  /** Who a code stands for that a client of the host got on its own. */
  identifyCode(code: string, redirectUri: string): Promise<SocialIdentity | AuthError>;
  identifyAccessToken(accessToken: string): Promise<SocialIdentity | AuthError>;
  /** Absent where the provider has none that can be checked. */
  identifyIdToken?(idToken: string): Promise<SocialIdentity | AuthError>;
}
