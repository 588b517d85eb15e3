import { authError, isAuthError, isStoreError, type AuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { randomToken } from '../../core/secrets.ts';
import type { AuthorizationStates, BegunAuthorization } from '../../providers/authorization-states.ts';
import type { CallbackAnswer } from '../../providers/callback.ts';
import type { SocialIdentity } from '../../providers/social-identity.ts';
import { ProviderOutage } from '../../providers/transport.ts';
import type { BrowserState, Interactions } from '../interactions.ts';
import type { BeginOptions, FinishedSignIn, ProviderGrant, SocialSignIn } from './contract.ts';

/** What one provider adds to the way there and back. */
export interface SignInParts extends Pick<SocialSignIn, 'identifyAccessToken' | 'identifyIdToken'> {
  readonly provider: string;
  readonly issuer: string;
  readonly callbackUrl: string;
  readonly states: AuthorizationStates;
  readonly interactions: Interactions;
  /** The address of the authorization request. */
  authorizationUrl(begun: BegunAuthorization, options: BeginOptions): Promise<string>;
  /** Exchanges a code; `null` where it was asked for without PKCE. */
  exchange(
    code: string,
    redirectUri: string,
    codeVerifier: string | null,
  ): Promise<ProviderGrant | AuthError>;
  /** Who a grant stands for; the nonce is `null` where none was sent. */
  identify(grant: ProviderGrant, nonce: string | null): Promise<SocialIdentity | AuthError>;
}

/**
 * The way to a provider and back: the state first, which is bound to browser, provider and callback and good once; then
 * what the provider says; then the code. Nothing that comes with a bad state is looked at.
 */
export function socialSignIn(parts: SignInParts): SocialSignIn {
  const { provider, issuer, callbackUrl, states, interactions } = parts;

  async function redeem(
    code: string,
    redirectUri: string,
    secrets: { readonly codeVerifier: string; readonly nonce: string } | null,
  ): Promise<{ readonly identity: SocialIdentity; readonly grant: ProviderGrant } | AuthError> {
    const grant = await parts.exchange(code, redirectUri, secrets?.codeVerifier ?? null);
    if (isAuthError(grant)) return grant;
    const identity = await parts.identify(grant, secrets?.nonce ?? null);
    return isAuthError(identity) ? identity : { identity, grant };
  }

  function begunName(purpose: string): string {
    return `${provider} ${purpose}`;
  }

  function browserOf(exchange: Exchange): string | null | AuthError {
    const browser = interactions.open(exchange);
    return isAuthError(browser) ? browser : secretOf(browser);
  }

  return {
    provider,
    callbackUrl,
    browserOf,
    identifyAccessToken: parts.identifyAccessToken,
    ...(parts.identifyIdToken === undefined ? {} : { identifyIdToken: parts.identifyIdToken }),

    hasBegun(exchange, purpose) {
      const browser = interactions.open(exchange);
      return !isAuthError(browser) && browser.find(begunName(purpose)) === true;
    },

    async begin(exchange, options) {
      const browser = interactions.open(exchange);
      if (isAuthError(browser)) return browser;
      // One secret for all tabs of a browser: each sign-in has a state of its own besides.
      const secret = secretOf(browser) ?? randomToken(128);
      const { purpose, redirectUri, data } = options;
      const begun = await states.begin({
        purpose,
        provider,
        callbackUrl: redirectUri,
        browser: secret,
        data,
      });
      return {
        authorizationUrl: await parts.authorizationUrl(begun, options),
        cookie: browser.with(BROWSER, secret).with(begunName(purpose), true).cookie,
      };
    },

    async finish(
      exchange,
      answer,
      { purpose, redirectUri, dangerouslyFromAnywhere },
    ): Promise<FinishedSignIn> {
      const browser = browserOf(exchange);
      if (isAuthError(browser)) return { outcome: 'untrusted', error: browser };
      if (answer === 'repeated') return untrusted('signin_state_mismatched');
      if (answer.state === null) return untrusted('signin_state_missing');
      const expected = { purpose, provider, callbackUrl: redirectUri, browser, dangerouslyFromAnywhere };
      const authorization = await states.finish(answer.state, expected);
      if (authorization === 'unknown') return untrusted('signin_state_unknown');
      if (authorization === 'mismatched') return untrusted('signin_state_mismatched');
      const { data } = authorization;
      try {
        // RFC 9207 section 2.4: an answer that another server gives is not exchanged at this one.
        if (answer.issuer !== null && answer.issuer !== issuer) return untrusted('signin_state_mismatched');
        const code = codeOf(answer);
        const redeemed = isAuthError(code)
          ? code
          : await redeem(code, authorization.callbackUrl, authorization);
        if (isAuthError(redeemed)) return { outcome: 'refused', error: redeemed, data };
        return { outcome: 'identified', ...redeemed, data };
      } catch (cause) {
        if (!isStoreError(cause)) throw cause;
        await states.restore(answer.state);
        return { outcome: 'unavailable', cause, data };
      }
    },

    async identifyCode(code, redirectUri) {
      const redeemed = await redeem(code, redirectUri, null);
      return isAuthError(redeemed) ? redeemed : redeemed.identity;
    },
  };
}

/** The interaction that names a browser for as long as it is on its way to a provider. */
const BROWSER = 'provider-browser';

function secretOf(browser: BrowserState): string | null {
  const secret = browser.find(BROWSER);
  return typeof secret === 'string' ? secret : null;
}

/** The code of an answer, or why there is none. */
function codeOf({ code, error }: CallbackAnswer): string | AuthError {
  if (error === 'access_denied') return authError('signin_denied');
  if (error === 'temporarily_unavailable' || error === 'server_error') {
    throw new ProviderOutage('failing', 'the provider says that it cannot answer just now');
  }
  if (error !== null) return authError('signin_exchange_failed');
  return code ?? authError('signin_code_refused');
}

function untrusted(code: Parameters<typeof authError>[0]): FinishedSignIn {
  return { outcome: 'untrusted', error: authError(code) };
}
