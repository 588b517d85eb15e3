import { createHmac } from 'node:crypto';
import { nowSeconds, type Clock } from '../../core/clock.ts';
import { authError, type AuthError } from '../../core/errors.ts';
import { emailOf, pictureOf, textOf, type SocialIdentity } from '../../providers/social-identity.ts';
import {
  ProviderOutage,
  type ProviderAnswer,
  type ProviderObject,
  type ProviderRequest,
  type ProviderTransport,
} from '../../providers/transport.ts';

export interface FacebookIdentitiesOptions {
  /** The Graph API with its version, such as `https://graph.facebook.com/v24.0`. */
  readonly graphUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly transport: ProviderTransport;
  readonly clock: Clock;
}

/** Finds out who a credential of Facebook stands for. A refusal is `signin_credential_refused`. */
export interface FacebookIdentities {
  /** Asks Facebook for which application an access token was made, and then who it stands for. */
  ofAccessToken(accessToken: string): Promise<SocialIdentity | AuthError>;
  /** Who an access token stands for that Facebook has just handed to this very application. */
  ofOwnAccessToken(accessToken: string): Promise<SocialIdentity | AuthError>;
}

export function facebookIdentities(options: FacebookIdentitiesOptions): FacebookIdentities {
  const { graphUrl, clientId, clientSecret, transport, clock } = options;

  /** The body of a success; `null` for a refusal. */
  async function call(request: Omit<ProviderRequest, 'url'>, path: string): Promise<ProviderObject | null> {
    const answer = await transport.send({ ...request, url: `${graphUrl}/${path}` });
    if (isPassing(answer))
      throw new ProviderOutage('failing', 'the Graph API says that it cannot answer just now');
    return answer.status === 200 && answer.body?.['error'] === undefined ? answer.body : null;
  }

  /** The person that a token of this application stands for; `null` for a token that is none. */
  async function subjectOf(accessToken: string): Promise<string | null> {
    const answer = await call(
      {
        method: 'POST',
        // A POST that says it is a GET keeps the token out of the address; Facebook's own libraries call the API so.
        form: { method: 'get', input_token: accessToken },
        bearer: `${clientId}|${clientSecret}`,
      },
      'debug_token',
    );
    const { is_valid: isValid, app_id: appId, user_id: userId, type, expires_at: expiresAt } = dataOf(answer);
    if (isValid !== true || String(appId) !== clientId) return null;
    if (type !== undefined && type !== 'USER') return null;
    // 0 stands for a token that does not expire.
    if (typeof expiresAt === 'number' && expiresAt !== 0 && expiresAt <= nowSeconds(clock)) return null;
    return textOf(userId);
  }

  async function ofPerson(accessToken: string, subject: string | null): Promise<SocialIdentity | AuthError> {
    const person = await call(
      {
        method: 'GET',
        query: { fields: FIELDS, appsecret_proof: proofOf(accessToken) },
        bearer: accessToken,
      },
      'me',
    );
    const id = textOf(person?.['id']);
    if (person === null || id === null || (subject !== null && subject !== id)) return REFUSED;
    return {
      provider: 'facebook',
      issuer: FACEBOOK_ISSUER,
      subject: id,
      email: emailOf(person['email']),
      // Facebook does not say, whatever an answer may hold.
      emailVerified: false,
      name: textOf(person['name']),
      givenName: textOf(person['first_name']),
      familyName: textOf(person['last_name']),
      pictureUrl: pictureOf(dataOf(person['picture'])['url']),
      hostedDomain: null,
    };
  }

  /** Shows that the call comes from who has the application's secret, so that a stolen token is of no use elsewhere. */
  function proofOf(accessToken: string): string {
    return createHmac('sha256', clientSecret).update(accessToken).digest('hex');
  }

  return {
    async ofAccessToken(accessToken) {
      const subject = await subjectOf(accessToken);
      return subject === null ? REFUSED : ofPerson(accessToken, subject);
    },
    ofOwnAccessToken: (accessToken) => ofPerson(accessToken, null),
  };
}

/** The `iss` of Facebook's own ID tokens; identities of its access tokens are the same people. */
export const FACEBOOK_ISSUER = 'https://www.facebook.com';
const FIELDS = 'id,name,first_name,last_name,email,picture';
const REFUSED = authError('signin_credential_refused');

/** What the Graph API wraps as `{"data":{…}}`. */
function dataOf(value: unknown): Readonly<Record<string, unknown>> {
  const { data } = (typeof value === 'object' && value !== null ? value : {}) as { data?: unknown };
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
}

/** Errors that pass by themselves, and say nothing about the token: an outage of the API, or too many calls. */
function isPassing({ body }: ProviderAnswer): boolean {
  const error = body?.['error'];
  if (typeof error !== 'object' || error === null) return false;
  const { code, is_transient: isTransient } = error as { code?: unknown; is_transient?: unknown };
  return isTransient === true || PASSING_CODES.has(code);
}

/** Unknown error and service outage; too many calls by the application, by the user, or at all. */
const PASSING_CODES: ReadonlySet<unknown> = new Set([2, 4, 17, 341]);
