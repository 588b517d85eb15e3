import { createHmac } from 'node:crypto';
import { listOf, optional, parseOptions, text, wrong, type Reader } from '../../core/options.ts';
import { endpointUrl } from '../../providers/endpoint-url.ts';
import type { ProviderAnswer, ProviderObject, ProviderTransport } from '../../providers/transport.ts';
import type { ConnectionProvider, ProviderTokens, Renewal, TimedTokens } from './provider.ts';
import { readTokenAnswer, senseless, type TokenAnswer } from './token-answer.ts';

export interface MetaAdsOptions {
  /** The id of the app at Meta. */
  readonly clientId: string;
  /** The app's secret. Calls of the Graph API carry a proof of it. */
  readonly clientSecret: string;
  /**
   * The version of the Graph API, as in `v24.0`. It has no default: Meta ends versions after about two years, and answers
   * calls to a dead one by another.
   */
  readonly graphVersion: string;
  /**
   * What the user is asked for, all of which must be granted; default `ads_read`, `ads_management` and
   * `business_management`.
   */
  readonly scopes?: readonly string[] | undefined;
  /** Meta's own endpoints by default. */
  readonly endpoints?: MetaAdsEndpoints | undefined;
}

/** The same as `FacebookStrategy` takes. */
export interface MetaAdsEndpoints {
  /** The whole address of the dialog, its version included. */
  readonly authorizationUrl?: string | undefined;
  /** The base of all calls, without the version. */
  readonly graphUrl?: string | undefined;
}

/**
 * Connections to Meta Ads. There are no refresh tokens: the code's token is exchanged for one of about sixty days, which
 * is exchanged again once a day while it is used. One that is left alone for so long has to be authorised again. Every
 * call carries `appsecret_proof`.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`.
 */
export function metaAds(options: MetaAdsOptions): ConnectionProvider {
  const { clientId, clientSecret, graphVersion, scopes, endpoints } = parseOptions('metaAds', options, {
    clientId: text,
    clientSecret: text,
    graphVersion: readVersion,
    scopes: optional(listOf(text), ['ads_read', 'ads_management', 'business_management']),
    endpoints: readEndpoints,
  });
  const dialog = endpoints.authorizationUrl ?? `https://www.facebook.com/${graphVersion}/dialog/oauth`;
  const { origin } = new URL(dialog);
  const graph = `${endpoints.graphUrl.replace(/\/$/, '')}/${graphVersion}`;
  const client = { client_id: clientId, client_secret: clientSecret };

  function proofOf(accessToken: string): string {
    return createHmac('sha256', clientSecret).update(accessToken).digest('hex');
  }

  /** Asks for an access token. A form keeps secrets out of addresses, and so out of logs. */
  function askForToken(
    transport: ProviderTransport,
    form: Readonly<Record<string, string>>,
  ): Promise<ProviderAnswer> {
    return transport.send({
      method: 'POST',
      url: `${graph}/oauth/access_token`,
      form: { ...client, ...form },
    });
  }

  function lengthen(transport: ProviderTransport, accessToken: string): Promise<ProviderAnswer> {
    return askForToken(transport, { grant_type: 'fb_exchange_token', fb_exchange_token: accessToken });
  }

  function call(
    transport: ProviderTransport,
    method: 'GET' | 'DELETE',
    path: string,
    accessToken: string,
    query: Readonly<Record<string, string>> = {},
  ): Promise<ProviderAnswer> {
    return transport.send({
      method,
      url: `${graph}/${path}`,
      query: { ...query, appsecret_proof: proofOf(accessToken) },
      bearer: accessToken,
    });
  }

  return {
    kind: 'meta-ads',
    requiredScopes: scopes,
    // Telephones are led on to an address of their own.
    browserOrigins: [origin, ...(origin === 'https://www.facebook.com' ? ['https://m.facebook.com'] : [])],
    authorizationUrl({ callbackUrl, state }) {
      const url = new URL(dialog);
      const parameters = {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: callbackUrl,
        scope: scopes.join(','),
        state,
        // Otherwise the dialog does not ask again for what was declined before.
        auth_type: 'rerequest',
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url.href;
    },
    async exchange(transport, { code, callbackUrl, now }) {
      const short = readTokenAnswer(await askForToken(transport, { code, redirect_uri: callbackUrl }));
      if (short === null) return null;
      const long = readTokenAnswer(await lengthen(transport, short.accessToken));
      if (long === null) return null;
      const me = await call(transport, 'GET', 'me', long.accessToken, { fields: 'id,name' });
      const identity = me.status === 200 ? identityOf(me.body) : null;
      if (identity === null) return null;
      const granted = grantedScopes(await call(transport, 'GET', 'me/permissions', long.accessToken));
      return granted === null ? null : { ...timed(long, now), ...identity, scopes: granted };
    },
    async renew(transport, { tokens, expiresAt }, now) {
      // An expired token cannot be exchanged.
      if (expiresAt !== null && now >= expiresAt) return { kind: 'dead', reason: 'token_expired' };
      const answer = await lengthen(transport, tokens.accessToken);
      const read = readTokenAnswer(answer);
      return read === null ? verdictOf(answer) : { kind: 'alive', ...timed(read, now), scopes: null };
    },
    async check(transport, current, now) {
      const { expiresAt } = current;
      if (expiresAt !== null && now >= expiresAt) return { kind: 'dead', reason: 'token_expired' };
      const answer = await call(transport, 'GET', 'me/permissions', current.tokens.accessToken);
      const granted = grantedScopes(answer);
      return granted === null ? verdictOf(answer) : { kind: 'alive', ...current, scopes: granted };
    },
    async revoke(transport, { accessToken }: ProviderTokens, subject) {
      const answer = await call(transport, 'DELETE', `${subject ?? 'me'}/permissions`, accessToken);
      return answer.status === 200 || codeOf(answer) === TOKEN_IS_DEAD;
    },
    proofOf,
  };
}

const DAY_MS = 86_400_000;
/** OAuthException 190: the token has expired, was revoked, or belongs to a password that was changed. */
const TOKEN_IS_DEAD = 190;
/** Unknown error, service down, and the limits on calls: the same question may be answered later. */
const PASSING: ReadonlySet<number> = new Set([1, 2, 4, 17, 32, 341, 368, 613]);

const readVersion: Reader<string> = (value, path) => {
  if (typeof value === 'string' && /^v\d{1,3}\.\d{1,2}$/.test(value)) return value;
  throw wrong(path, 'a version of the Graph API, as in "v24.0"', value);
};

function readEndpoints(value: unknown, path: string) {
  return parseOptions(path, value ?? {}, {
    authorizationUrl: optional(endpointUrl),
    graphUrl: optional(endpointUrl, 'https://graph.facebook.com'),
  });
}

function timed(answer: TokenAnswer, now: number): TimedTokens {
  const { accessToken, expiresIn } = answer;
  const tokens = { accessToken, refreshToken: null };
  // Tokens of system users do not end, and Meta says so by saying nothing.
  if (expiresIn === null) return { tokens, expiresAt: null, refreshAt: null };
  const lifetimeMs = expiresIn * 1000;
  return { tokens, expiresAt: now + lifetimeMs, refreshAt: now + Math.min(DAY_MS, lifetimeMs / 2) };
}

function identityOf(
  body: ProviderObject | null,
): { readonly subject: string; readonly account: string } | null {
  const { id, name } = body ?? {};
  if (typeof id !== 'string' || !/^\d{1,32}$/.test(id)) return null;
  return { subject: id, account: typeof name === 'string' && name !== '' && name.length <= 255 ? name : id };
}

/** The permissions that the user has granted; `null` for an answer that does not say. */
function grantedScopes({ status, body }: ProviderAnswer): readonly string[] | null {
  const data = body?.['data'];
  if (status !== 200 || !Array.isArray(data)) return null;
  return data.flatMap((row: unknown) => {
    const { permission, status: state } = (row ?? {}) as { permission?: unknown; status?: unknown };
    return typeof permission === 'string' && state === 'granted' ? [permission] : [];
  });
}

/** What an error of the Graph API says about a token. */
function verdictOf(answer: ProviderAnswer): Renewal {
  const code = codeOf(answer);
  if (code === TOKEN_IS_DEAD || code === 102) return { kind: 'dead', reason: 'grant_revoked' };
  if (code === null || PASSING.has(code) || isTransient(answer)) throw senseless('Meta');
  return { kind: 'refused' };
}

function codeOf({ body }: ProviderAnswer): number | null {
  const { code } = errorObject(body);
  return typeof code === 'number' ? code : null;
}

function isTransient({ body }: ProviderAnswer): boolean {
  return errorObject(body).is_transient === true;
}

function errorObject(body: ProviderObject | null): {
  readonly code?: unknown;
  readonly is_transient?: unknown;
} {
  const error = body?.['error'];
  return typeof error === 'object' && error !== null ? error : {};
}
