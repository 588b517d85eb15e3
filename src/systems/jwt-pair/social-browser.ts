import { authError, isAuthError, isStoreError, type AuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { ReasonCode } from '../../core/reasons.ts';
import type { HeaderLine, Reply } from '../../core/reply.ts';
import { authorizationStates } from '../../providers/authorization-states.ts';
import { readCallback } from '../../providers/callback.ts';
import type { FinishedSignIn, SocialSignIn } from '../../services/social/contract.ts';
import { findSocialUser } from '../../services/social/find-user.ts';
import type { Identify, OwnRefusal } from '../endpoints.ts';
import type { JwtPairUser } from './options.ts';
import type { JwtPairParts } from './parts.ts';
import type { HandOffs } from './social-client.ts';
import { redirectUriOf } from './redirect-uri.ts';
import type { JwtPairSocialConfig } from './social-options.ts';
import { startSocialSession } from './social-session.ts';

/** The way to a provider and back for browsers. */
export interface BrowserFlow extends HandOffs {
  /** Sends the browser to the provider. */
  readonly start: (exchange: Exchange) => Promise<Reply | AuthError>;
  /** Takes it back, and signs in or sends it on to the page that the sign-in was begun for. */
  readonly callback: (exchange: Exchange, identify: Identify) => Promise<Reply | AuthError | OwnRefusal>;
}

/**
 * A sign-in that a page began ends at that page with a code of our own, never with tokens, which have no place in an
 * address. The page hands the code in from the same browser within a minute, and once.
 */
export function browserFlow(
  parts: JwtPairParts,
  social: JwtPairSocialConfig,
  signIn: SocialSignIn,
): BrowserFlow {
  const { provider, callbackUrl } = signIn;
  const handOffs = authorizationStates(parts.store, parts.clock);

  function backTo(returnTo: string, parameters: Readonly<Record<string, string>>): Reply {
    const query = new URLSearchParams({ ...parameters, provider }).toString();
    return redirect(`${returnTo}${returnTo.includes('?') ? '&' : '?'}${query}`);
  }

  async function handOff(
    exchange: Exchange,
    user: JwtPairUser,
    returnTo: string,
  ): Promise<Reply | AuthError> {
    const browser = signIn.browserOf(exchange);
    if (isAuthError(browser)) return browser;
    const { state } = await handOffs.begin({
      purpose: HAND_OFF,
      provider,
      callbackUrl,
      // A callback without the cookie has been refused already.
      browser: browser ?? '',
      data: user.id,
      ttlSeconds: HAND_OFF_SECONDS,
    });
    return backTo(returnTo, { code: HAND_OFF_PREFIX + state });
  }

  async function complete(
    exchange: Exchange,
    finished: Identified,
    returnTo: string | null,
    identify: Identify,
  ): Promise<Reply | AuthError> {
    const user = await findSocialUser(social.directory, finished.identity);
    if (isAuthError(user)) return user;
    if (returnTo === null) return startSocialSession(parts, social, exchange, user, identify);
    identify({ kind: 'user', id: user.id, workspace: user.workspace });
    return handOff(exchange, user, returnTo);
  }

  /** What a page is told instead of an answer that nobody could read there. */
  function tell(returnTo: string | null, refusal: AuthError): AuthError | OwnRefusal {
    if (returnTo === null) return refusal;
    return { reply: backTo(returnTo, { error: PAGE_ERRORS[refusal.code] ?? 'signin_failed' }), refusal };
  }

  function tellOutage(returnTo: string | null, thrown: unknown): OwnRefusal {
    if (returnTo === null || !isStoreError(thrown)) throw thrown;
    return { reply: backTo(returnTo, { error: 'temporarily_unavailable' }), thrown };
  }

  return {
    async start(exchange) {
      const returnTo = redirectUriOf(exchange);
      const asked = new URLSearchParams(exchange.query).has('redirect_uri');
      if (asked && (returnTo === null || !social.redirectUris.has(returnTo))) {
        return authError('redirect_uri_refused');
      }
      const begun = await signIn.begin(exchange, {
        purpose: BROWSER_PURPOSE,
        redirectUri: callbackUrl,
        data: returnTo,
      });
      return isAuthError(begun) ? begun : redirect(begun.authorizationUrl, [begun.cookie]);
    },

    async callback(exchange, identify) {
      const finished = await signIn.finish(exchange, readCallback(exchange.query), {
        purpose: BROWSER_PURPOSE,
        redirectUri: callbackUrl,
      });
      if (finished.outcome === 'untrusted') return finished.error;
      const returnTo = returnAddressIn(finished, social);
      if (finished.outcome === 'refused') return tell(returnTo, finished.error);
      if (finished.outcome === 'unavailable') return tellOutage(returnTo, finished.cause);
      try {
        const answer = await complete(exchange, finished, returnTo, identify);
        return isAuthError(answer) ? tell(returnTo, answer) : answer;
      } catch (thrown) {
        return tellOutage(returnTo, thrown);
      }
    },

    async redeem(exchange, code) {
      if (!code.startsWith(HAND_OFF_PREFIX)) return null;
      const browser = signIn.browserOf(exchange);
      if (isAuthError(browser)) return browser;
      const finished = await handOffs.finish(code.slice(HAND_OFF_PREFIX.length), {
        purpose: HAND_OFF,
        provider,
        callbackUrl,
        browser,
      });
      if (finished === 'unknown') return authError('signin_code_refused');
      if (finished === 'mismatched') return authError('signin_state_mismatched');
      const user = (await parts.directory.findUser(finished.data as string)) ?? null;
      if (user === null) return authError('signin_code_refused');
      return user.active === true ? user : authError('signin_user_inactive');
    },

    async restore(code) {
      if (code.startsWith(HAND_OFF_PREFIX)) await handOffs.restore(code.slice(HAND_OFF_PREFIX.length));
    },
  };
}

type Identified = Extract<FinishedSignIn, { readonly outcome: 'identified' }>;

const BROWSER_PURPOSE = 'browser';
const HAND_OFF = 'hand-off';
/** Tells our codes from those of providers. */
const HAND_OFF_PREFIX = 'portcullis_';
const HAND_OFF_SECONDS = 60;

/** Where the sign-in was begun for; `null` for nowhere, and for an address that is no longer allowed. */
function returnAddressIn(
  { data }: Exclude<FinishedSignIn, { readonly outcome: 'untrusted' }>,
  { redirectUris }: JwtPairSocialConfig,
): string | null {
  return typeof data === 'string' && redirectUris.has(data) ? data : null;
}

/** What the page can tell its user; the finer reason is in the event. */
const PAGE_ERRORS: Readonly<Partial<Record<ReasonCode, string>>> = {
  signin_denied: 'access_denied',
  signin_email_taken: 'email_taken',
  signin_unregistered: 'not_registered',
  signin_user_inactive: 'account_disabled',
};

function redirect(location: string, headers: readonly HeaderLine[] = []): Reply {
  const fixed: readonly HeaderLine[] = [
    ['Location', location],
    ['Cache-Control', 'no-store'],
    // The address that is left holds the provider's code.
    ['Referrer-Policy', 'no-referrer'],
  ];
  return { status: 302, headers: [...fixed, ...headers], body: '' };
}
