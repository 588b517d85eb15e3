import {
  authError,
  isAuthError,
  isStoreError,
  type AuthError,
  type FieldProblem,
} from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { Reply } from '../../core/reply.ts';
import type { SocialIdentity } from '../../providers/social-identity.ts';
import type { LoginAttempt } from '../../services/login.ts';
import { secondsToWait } from '../../services/seconds-to-wait.ts';
import type { SocialSignIn } from '../../services/social/contract.ts';
import { findSocialUser } from '../../services/social/find-user.ts';
import type { Identify } from '../endpoints.ts';
import { readFields } from './fields.ts';
import type { JwtPairUser } from './options.ts';
import type { JwtPairParts } from './parts.ts';
import type { JwtPairSocialConfig } from './social-options.ts';
import { startSocialSession } from './social-session.ts';

/** What a sign-in is begun with whose code an API client hands in. */
export const API_PURPOSE = 'api';

/** The codes that the browser flow hands to pages of the host. */
export interface HandOffs {
  /** Uses a code up; `null` for one that is none of these. */
  redeem(exchange: Exchange, code: string): Promise<JwtPairUser | AuthError | null>;
  /** Makes a code that was used up good again, when something else has failed. */
  restore(code: string): Promise<void>;
}

/**
 * Sign-in for API clients, by an access token, a code or an ID token of a provider. Of several the first counts: an access
 * token, then a code.
 */
export function clientSignIn(
  parts: JwtPairParts,
  social: JwtPairSocialConfig,
  signIn: SocialSignIn,
  handOffs: HandOffs,
): (exchange: Exchange, identify: Identify) => Promise<Reply | AuthError> {
  const { loginLimiter, addressOf } = parts;

  async function byCode(exchange: Exchange, code: string, state: string): Promise<JwtPairUser | AuthError> {
    const handedOff = await handOffs.redeem(exchange, code);
    if (handedOff !== null) return handedOff;
    if (state === '') return byForeignCode(exchange, code);
    const finished = await signIn.finish(
      exchange,
      { code, state, error: null, issuer: null },
      // A page can be led to send a code that somebody else began with; nobody leads a program.
      { purpose: API_PURPOSE, dangerouslyFromAnywhere: !isFromBrowser(exchange) },
    );
    if (finished.outcome === 'unavailable') throw finished.cause;
    return finished.outcome === 'identified' ? userOf(finished.identity) : finished.error;
  }

  /** A code of a sign-in that a client of the host began at the provider by itself. */
  async function byForeignCode(exchange: Exchange, code: string): Promise<JwtPairUser | AuthError> {
    const { clientRedirectUri } = social;
    if (clientRedirectUri === undefined || signIn.hasBegun(exchange, API_PURPOSE)) {
      return authError('signin_state_missing');
    }
    return userOf(await signIn.identifyCode(code, clientRedirectUri));
  }

  async function userOf(identity: SocialIdentity | AuthError): Promise<JwtPairUser | AuthError> {
    return isAuthError(identity) ? identity : findSocialUser(social.directory, identity);
  }

  async function judge(exchange: Exchange, input: SocialInput): Promise<JwtPairUser | AuthError> {
    const { accessToken, code, idToken, state } = input;
    if (accessToken !== '') return userOf(await signIn.identifyAccessToken(accessToken));
    if (code !== '') return byCode(exchange, code, state);
    if (idToken !== '' && signIn.identifyIdToken !== undefined)
      return userOf(await signIn.identifyIdToken(idToken));
    return authError('signin_input_missing');
  }

  return async function post(exchange, identify) {
    const attempt: LoginAttempt = { system: 'jwt-pair', name: null, address: addressOf(exchange), exchange };
    const retryAfterSeconds = secondsToWait(await loginLimiter?.check(attempt), 'loginLimiter.check');
    if (retryAfterSeconds !== null) return authError('rate_limited', { retryAfterSeconds });
    const input = await readInput(exchange);
    if (isAuthError(input)) return input;
    const user = await judge(exchange, input);
    if (isAuthError(user)) {
      if (GUESSES.has(user.code)) await loginLimiter?.failed(attempt);
      return user;
    }
    try {
      return await startSocialSession(parts, social, exchange, user, identify);
    } catch (thrown) {
      if (isStoreError(thrown)) await handOffs.restore(input.code);
      throw thrown;
    }
  };
}

/** Empty texts for what was not sent. */
interface SocialInput {
  readonly accessToken: string;
  readonly code: string;
  readonly idToken: string;
  readonly state: string;
}

/** Refusals of something that was made up. */
const GUESSES: ReadonlySet<string> = new Set([
  'signin_credential_refused',
  'signin_code_refused',
  'signin_state_unknown',
]);

async function readInput(exchange: Exchange): Promise<SocialInput | AuthError> {
  const fields = await readFields(exchange);
  if (isAuthError(fields)) return fields;
  const problems: Record<string, FieldProblem> = {};
  const read = (name: string): string => {
    const field = fields.text(name);
    if ('value' in field) return field.value;
    // Each of them may be left out, and may be blank.
    if (field.problem === 'null' || field.problem === 'type') problems[name] = field.problem;
    return '';
  };
  const input = {
    accessToken: read('access_token'),
    code: read('code'),
    idToken: read('id_token'),
    state: read('state'),
  };
  return Object.keys(problems).length > 0 ? authError('body_invalid', { fields: problems }) : input;
}

/** Browsers say where each POST comes from (Fetch section 3.2); programs do not. */
function isFromBrowser(exchange: Exchange): boolean {
  return exchange.headerLines('origin').length > 0 || exchange.headerLines('sec-fetch-site').length > 0;
}
