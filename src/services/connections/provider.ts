import type { ProviderTransport } from '../../providers/transport.ts';

/** The tokens of a connection as they are between opening and sealing. */
export interface ProviderTokens {
  readonly accessToken: string;
  /** `null` where the provider renews an access token by itself. */
  readonly refreshToken: string | null;
}

/** Tokens and how long they are good for, in milliseconds since the Unix epoch. */
export interface TimedTokens {
  readonly tokens: ProviderTokens;
  /** From this moment on the access token is refused; `null` for never. */
  readonly expiresAt: number | null;
  /** From this moment on whoever needs the access token renews it; `null` for never. */
  readonly refreshAt: number | null;
}

/** What a user has granted at a provider. */
export interface ProviderGrant extends TimedTokens {
  readonly scopes: readonly string[];
  /** The account at the provider, never given to another one; `null` when the provider does not tell. */
  readonly subject: string | null;
  /** The account in words for people. */
  readonly account: string | null;
}

/** What became of tokens that were presented to their provider. */
export type Renewal =
  /** They are good, and these are the ones to use from now on. */
  | ({ readonly kind: 'alive'; readonly scopes: readonly string[] | null } & TimedTokens)
  /** They are good for nothing until the user authorises the connection again. */
  | { readonly kind: 'dead'; readonly reason: 'grant_revoked' | 'token_expired' }
  /** The provider refuses the application, not the tokens. */
  | { readonly kind: 'refused' };

/** One kind of connection: how its provider is spoken to. `googleAds` and `metaAds` make them. */
export interface ConnectionProvider {
  /** The name in paths and records: lower-case letters, digits and `-`. */
  readonly kind: string;
  /** The scopes without which a connection is none. */
  readonly requiredScopes: readonly string[];
  /** The origins that a browser passes on its way to the provider, for the policy of a page whose form leads there. */
  readonly browserOrigins: readonly string[];
  /** Where the user's browser is sent. */
  authorizationUrl(request: AuthorizationRequest): string;
  /** Exchanges a code; `null` when the provider refuses it, or answers with what is no grant. */
  exchange(transport: ProviderTransport, code: AuthorizationCode): Promise<ProviderGrant | null>;
  /** Gets tokens that are good for longer. */
  renew(transport: ProviderTransport, current: TimedTokens, now: number): Promise<Renewal>;
  /** Asks the provider whether the tokens are good. */
  check(transport: ProviderTransport, current: TimedTokens, now: number): Promise<Renewal>;
  /** Takes the grant back at the provider. @returns Whether it is gone, now or before. */
  revoke(transport: ProviderTransport, tokens: ProviderTokens, subject: string | null): Promise<boolean>;
  /** What a call of the provider's API has to carry beside the access token. */
  proofOf?(accessToken: string): string;
}

/** What the address is made of to which a browser is sent (RFC 6749 section 4.1.1). */
export interface AuthorizationRequest {
  readonly callbackUrl: string;
  readonly state: string;
  /** The S256 challenge (RFC 7636 section 4.2). */
  readonly codeChallenge: string;
}

/** What a code is exchanged with (RFC 6749 section 4.1.3, RFC 7636 section 4.5). */
export interface AuthorizationCode {
  readonly code: string;
  readonly callbackUrl: string;
  readonly codeVerifier: string;
  readonly now: number;
}
