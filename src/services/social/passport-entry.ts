import { authError, ConfigError, isAuthError, type AuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import { REASONS, type ReasonCode } from '../../core/reasons.ts';
import type { Json } from '../../core/store.ts';
import { exchangeOf, type NativeRequest } from '../../passport/request-view.ts';
import { actionsOf, actOn, type StrategyActions } from '../../passport/run-strategy.ts';
import { addHeaders, type NativeResponse } from '../../passport/write-reply.ts';
import { isCallback, readCallback } from '../../providers/callback.ts';
import type { SocialIdentity } from '../../providers/social-identity.ts';
import type { FinishedSignIn, ProviderGrant, SocialSignIn } from './contract.ts';

/**
 * Finds the host's user of an identity, when Passport runs the strategy. `null` refuses.
 *
 * @param identity Who it is, with what is verified and what is not.
 * @param grant The provider's tokens. They are secrets; most hosts need none of them.
 * @param context `state` is what `passport.authenticate` was given as the option `state` when the sign-in began.
 */
export type VerifyIdentity<U> = (
  identity: SocialIdentity,
  grant: ProviderGrant,
  context: { readonly state: Json; readonly request: unknown },
) => MaybePromise<U | null | undefined>;

/** The options of `passport.authenticate` that a strategy for a provider reads; the others are Passport's own. */
export interface SocialAuthenticateOptions {
  /** Comes back as `state` of `req.authInfo`; any JSON. */
  readonly state?: Json | undefined;
  /** The response, which the cookie is set on, where requests do not have it: on `node:http` and Connect. */
  readonly response?: NativeResponse | undefined;
  readonly [hint: string]: unknown;
}

export interface PassportEntry<U> {
  readonly owner: string;
  readonly name: string;
  readonly signIn: SocialSignIn;
  readonly verify: VerifyIdentity<U> | undefined;
}

/**
 * Passport's entry of a strategy for a provider: a request without an answer of the provider is sent there, one with an
 * answer signs in. A refusal becomes `fail` with a status, an outage becomes `error` with one.
 */
export function authenticateByProvider<U>(
  run: unknown,
  entry: PassportEntry<U>,
  request: NativeRequest,
  options: SocialAuthenticateOptions = {},
): void {
  const actions = actionsOf(run);
  const exchange = exchangeOf(request);
  if (!isCallback(exchange.query)) {
    actOn(
      actions,
      () => begin(entry, exchange, request, options),
      (begun) => (isAuthError(begun) ? fail(actions, begun) : actions.redirect(begun)),
    );
    return;
  }
  actOn(
    actions,
    () => finish(entry, exchange, request),
    (finished) => {
      if (finished.outcome === 'user') actions.success(finished.user, { state: finished.state });
      else if (finished.outcome === 'unavailable') actions.error(finished.cause);
      else fail(actions, finished.error);
    },
  );
}

/** The address to redirect to, once the cookie is on the response. */
async function begin<U>(
  { owner, name, signIn }: PassportEntry<U>,
  exchange: Exchange,
  request: NativeRequest,
  options: SocialAuthenticateOptions,
): Promise<string | AuthError> {
  const response = options.response ?? responseOf(request);
  if (response === undefined) {
    throw new ConfigError(
      'option_missing',
      `${owner}: requests of this server do not lead to their response, which the cookie is set on. ` +
        `Hand it in: passport.authenticate('${name}', { session: false, response }).`,
    );
  }
  const begun = await signIn.begin(exchange, {
    purpose: purposeOf(name),
    redirectUri: signIn.callbackUrl,
    data: options.state ?? null,
    hints: options,
  });
  if (isAuthError(begun)) return begun;
  addHeaders(response, [begun.cookie, ['Cache-Control', 'no-store']]);
  return begun.authorizationUrl;
}

/** Express keeps the response with the request. So does koa-passport, but its own has half of the methods: Koa has all. */
function responseOf(request: NativeRequest): NativeResponse | undefined {
  const { ctx, res } = request as {
    readonly ctx?: { readonly res?: NativeResponse };
    readonly res?: NativeResponse;
  };
  return ctx?.res ?? res;
}

type Finished<U> =
  | { readonly outcome: 'user'; readonly user: U | SocialIdentity; readonly state: Json }
  | Exclude<FinishedSignIn, { readonly outcome: 'identified' }>;

async function finish<U>(
  { name, signIn, verify }: PassportEntry<U>,
  exchange: Exchange,
  request: NativeRequest,
): Promise<Finished<U>> {
  const finished = await signIn.finish(exchange, readCallback(exchange.query), {
    purpose: purposeOf(name),
    redirectUri: signIn.callbackUrl,
  });
  if (finished.outcome !== 'identified') return finished;
  const { identity, grant, data } = finished;
  if (verify === undefined) return { outcome: 'user', user: identity, state: data };
  const user = await verify(identity, grant, { state: data, request });
  if (user !== null && user !== undefined) return { outcome: 'user', user, state: data };
  return { outcome: 'refused', error: UNREGISTERED, data };
}

const UNREGISTERED = authError('signin_unregistered');

function fail(actions: StrategyActions, error: AuthError): void {
  actions.fail(
    { code: error.code, message: REASONS[error.code].summary },
    STATUSES[error.code] ?? error.status,
  );
}

/** Passport has one status for a refusal; the dialects of the package answer otherwise. */
const STATUSES: Readonly<Partial<Record<ReasonCode, number>>> = {
  signin_denied: 403,
  signin_state_missing: 403,
  signin_state_unknown: 403,
  signin_state_mismatched: 403,
  signin_code_refused: 401,
  signin_credential_refused: 401,
  signin_unregistered: 403,
  signin_exchange_failed: 502,
};

/** Two strategies of one provider, under two names, do not finish what the other has begun. */
function purposeOf(name: string): string {
  return `passport ${name}`;
}
