import { authError, isStoreError, type AuthError } from '../../core/errors.ts';
import { codeChallenge } from '../../providers/pkce.ts';
import type { BegunAuthorization } from '../../providers/authorization-states.ts';
import { textOf } from '../../providers/social-identity.ts';
import type { ProviderObject, ProviderTransport } from '../../providers/transport.ts';
import { runStrategy, type StrategyOutcome } from '../../passport/run-strategy.ts';
import type { BeginOptions, ProviderGrant } from './contract.ts';

/** The parts of passport-oauth2's strategies that are used or replaced. */
export interface UpstreamStrategy {
  name: string;
  authenticate(request: unknown, options?: unknown): void;
  authorizationParams(options: object): object;
  readonly _oauth2: { _request: UpstreamRequest };
}

/** A class of passport-oauth2's family; its own types know neither the state store's arguments nor our options. */
export type UpstreamClass = new (options: object, verify: () => void) => UpstreamStrategy;

type UpstreamRequest = (
  method: 'GET' | 'POST',
  url: string,
  headers: unknown,
  body: string,
  accessToken: string | null,
  done: (error: unknown, body?: string, response?: unknown) => void,
) => void;

/** What has to go into the options of every class of the family for {@link upstreamRunner}. */
export const UPSTREAM_OPTIONS = { skipUserProfile: true } as const;

/** It is never called: each run brings a verification of its own. */
export function neverVerify(): void {
  throw new Error('passport-oauth2 was run without its runner');
}

export interface UpstreamRunnerOptions {
  /** The class's own `authenticate`, which the subclass has overridden. */
  readonly authenticate: UpstreamStrategy['authenticate'];
  readonly transport: ProviderTransport;
  readonly scopes: readonly string[];
  /** What every authorization request asks for besides, in passport-oauth2's words. */
  readonly hints: Readonly<Record<string, unknown>>;
  /** Whether the provider checks PKCE. */
  readonly pkce: boolean;
  /** Whether the provider repeats the nonce in an ID token. */
  readonly nonce: boolean;
  /** Whether an error of the token endpoint is about the code, and not about the application's configuration. */
  readonly isAboutCode: (body: ProviderObject) => boolean;
}

/** Runs a strategy of passport-oauth2's family for its two tasks, each on an object of its own. */
export interface UpstreamRunner {
  authorizationUrl(begun: BegunAuthorization, options: BeginOptions): Promise<string>;
  exchange(
    code: string,
    redirectUri: string,
    codeVerifier: string | null,
  ): Promise<ProviderGrant | AuthError>;
}

/**
 * Lets passport-oauth2 write authorization requests and exchange codes, and keeps it from the rest: it gets neither the
 * request, whose query it reads in ways that differ from host to host, nor a session, nor the network.
 */
export function upstreamRunner(strategy: UpstreamStrategy, options: UpstreamRunnerOptions): UpstreamRunner {
  const { transport, scopes, hints: fixed, pkce, nonce, isAboutCode } = options;
  // oxlint-disable-next-line no-underscore-dangle -- passport-oauth2 documents it as what subclasses may use
  strategy._oauth2._request = requestBy(transport);

  function run(query: object, members: object, hints: object): Promise<StrategyOutcome> {
    const inner = Object.assign(Object.create(strategy) as object, members, {
      authenticate: options.authenticate,
      _callbackURL: undefined,
      _createOAuthError: (_message: string, error: unknown) => error,
    });
    return Promise.resolve(runStrategy(inner, { query, headers: {} }, hints));
  }

  return {
    async authorizationUrl(begun, { redirectUri, hints = {} }) {
      const outcome = await run(
        {},
        {
          authorizationParams: (asked: object) => ({
            ...strategy.authorizationParams(asked),
            redirect_uri: redirectUri,
            ...(nonce ? { nonce: begun.nonce } : {}),
            ...(pkce
              ? { code_challenge: codeChallenge(begun.codeVerifier), code_challenge_method: 'S256' }
              : {}),
          }),
          // Told apart by the number of their parameters: this form gets the callback last, after four others.
          _stateStore: {
            store: (_a: unknown, _b: unknown, _c: unknown, _d: unknown, done: StateDone) =>
              done(null, begun.state),
          },
        },
        // A `state` of the caller would go out as it is, and nothing would be kept of it.
        { ...hints, ...fixed, scope: scopes, state: undefined, callbackURL: undefined },
      );
      if (outcome.action === 'redirect') return outcome.url;
      throw new Error('passport-oauth2 did not write an authorization request');
    },

    async exchange(code, redirectUri, codeVerifier) {
      const outcome = await run(
        { code },
        {
          tokenParams: () => ({ redirect_uri: redirectUri }),
          _stateStore: {
            verify: (_a: unknown, _b: unknown, _c: unknown, done: StateDone) =>
              done(null, pkce && codeVerifier !== null ? codeVerifier : true),
          },
          _verify: (
            accessToken: unknown,
            refresh: unknown,
            params: object,
            _profile: unknown,
            done: VerifyDone,
          ) => done(null, { ...params, access_token: accessToken, refresh_token: refresh }),
        },
        {},
      );
      if (outcome.action === 'success') return grantOf(outcome.user as ProviderObject);
      if (outcome.action === 'error') return refusalOf(outcome.error, isAboutCode);
      throw new Error('passport-oauth2 did not exchange the code');
    },
  };
}

type StateDone = (error: null, value: unknown) => void;
type VerifyDone = (error: null, user: object) => void;

/** The token endpoint has answered, and not with tokens. */
class TokenRefusal {
  readonly body: ProviderObject | null;

  constructor(body: ProviderObject | null) {
    this.body = body;
  }
}

/** Takes the place of the network code of the package `oauth`, which has no timeout and no limit. */
function requestBy(transport: ProviderTransport): UpstreamRequest {
  return function request(method, url, _headers, body, accessToken, done) {
    const form = Object.fromEntries(new URLSearchParams(body));
    transport
      .send({ method, url, form, ...(accessToken === null ? {} : { bearer: accessToken }) })
      .then(({ status, body: answer }) => {
        if (status === 200 && answer !== null && answer['error'] === undefined)
          done(null, JSON.stringify(answer), {});
        else done(new TokenRefusal(answer));
        return undefined;
      })
      .catch((error: unknown) => done(error));
  };
}

function refusalOf(error: unknown, isAboutCode: (body: ProviderObject) => boolean): AuthError {
  if (isStoreError(error)) throw error;
  if (error instanceof TokenRefusal) {
    const aboutCode = error.body !== null && isAboutCode(error.body);
    return authError(aboutCode ? 'signin_code_refused' : 'signin_exchange_failed');
  }
  // What passport-oauth2 says of an answer without an access token.
  if (error instanceof Error && error.message === 'Failed to obtain access token') return NONSENSE;
  throw error;
}

const NONSENSE = authError('signin_exchange_failed');
/** Tokens of providers have a few hundred characters, ID tokens more. */
const MOST_CHARACTERS = 8192;

function grantOf(answer: ProviderObject): ProviderGrant | AuthError {
  const accessToken = textOf(answer['access_token'], MOST_CHARACTERS);
  if (accessToken === null) return NONSENSE;
  const { id_token: idToken, scope, expires_in: expiresIn } = answer;
  return {
    accessToken,
    refreshToken: textOf(answer['refresh_token'], MOST_CHARACTERS),
    idToken: textOf(idToken, MOST_CHARACTERS),
    scopes: typeof scope === 'string' ? scope.split(/[ ,]+/).filter((each) => each !== '') : null,
    expiresInSeconds:
      Number.isSafeInteger(expiresIn) && (expiresIn as number) >= 0 ? (expiresIn as number) : null,
  };
}
