import { listOf, optional, parseOptions, text } from '../../core/options.ts';
import { endpointUrl } from '../../providers/endpoint-url.ts';
import type { ProviderTransport } from '../../providers/transport.ts';
import type { ConnectionProvider, Renewal, TimedTokens } from './provider.ts';
import { errorOf, readTokenAnswer, senseless, type TokenAnswer } from './token-answer.ts';

export interface GoogleAdsOptions {
  /**
   * The OAuth client of the connections. Let it be another one than that of a sign-in with Google: disconnecting takes
   * back everything that a user has granted to a client.
   */
  readonly clientId: string;
  /** From Google's console. */
  readonly clientSecret: string;
  /**
   * What the user is asked for; default `openid`, `email` and `https://www.googleapis.com/auth/adwords`. All but those
   * of OpenID Connect must be granted.
   */
  readonly scopes?: readonly string[] | undefined;
  /** Google's own endpoints by default. */
  readonly endpoints?: GoogleAdsEndpoints | undefined;
}

/** The same as `GoogleStrategy` takes, so that one object serves both; those of sign-in alone are not used here. */
export interface GoogleAdsEndpoints {
  readonly authorizationUrl?: string | undefined;
  readonly tokenUrl?: string | undefined;
  readonly revocationUrl?: string | undefined;
  /** Who issues ID tokens. */
  readonly issuer?: string | undefined;
  readonly userinfoUrl?: string | undefined;
  readonly jwksUrl?: string | undefined;
  readonly tokeninfoUrl?: string | undefined;
}

/**
 * Connections to Google Ads. The refresh token that Google gives stays good until the user or Google takes it back; access
 * tokens live an hour and are renewed five minutes ahead.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`.
 */
export function googleAds(options: GoogleAdsOptions): ConnectionProvider {
  const { clientId, clientSecret, scopes, endpoints } = parseOptions('googleAds', options, {
    clientId: text,
    clientSecret: text,
    scopes: optional(listOf(text), ['openid', 'email', ADWORDS]),
    endpoints: readEndpoints,
  });
  const client = { client_id: clientId, client_secret: clientSecret };

  async function renew(transport: ProviderTransport, { tokens }: TimedTokens, now: number): Promise<Renewal> {
    if (tokens.refreshToken === null) return { kind: 'dead', reason: 'token_expired' };
    const answer = await transport.send({
      method: 'POST',
      url: endpoints.tokenUrl,
      form: { ...client, grant_type: 'refresh_token', refresh_token: tokens.refreshToken },
    });
    const read = readTokenAnswer(answer);
    if (read !== null) {
      return { kind: 'alive', ...timed(read, tokens.refreshToken, now), scopes: read.scopes };
    }
    const error = errorOf(answer);
    if (error === 'invalid_grant') return { kind: 'dead', reason: 'grant_revoked' };
    if (answer.status >= 400 && error !== null) return { kind: 'refused' };
    throw senseless('Google');
  }

  return {
    kind: 'google-ads',
    requiredScopes: scopes.filter((scope) => !OPENID_SCOPES.has(scope)),
    browserOrigins: [new URL(endpoints.authorizationUrl).origin],
    authorizationUrl({ callbackUrl, state, codeChallenge }) {
      const url = new URL(endpoints.authorizationUrl);
      const parameters = {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: callbackUrl,
        scope: scopes.join(' '),
        state,
        code_challenge: codeChallenge,
        code_challenge_method: 'S256',
        // Without these two Google gives a refresh token at the first consent only.
        access_type: 'offline',
        prompt: 'consent',
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url.href;
    },
    async exchange(transport, { code, callbackUrl, codeVerifier, now }) {
      const answer = readTokenAnswer(
        await transport.send({
          method: 'POST',
          url: endpoints.tokenUrl,
          form: {
            ...client,
            grant_type: 'authorization_code',
            code,
            redirect_uri: callbackUrl,
            code_verifier: codeVerifier,
          },
        }),
      );
      // What cannot be renewed would be no connection an hour later.
      if (answer === null || answer.refreshToken === null) return null;
      const identity = identityOf(answer, clientId, endpoints.issuer, now);
      if (identity === null) return null;
      return { ...timed(answer, answer.refreshToken, now), ...identity, scopes: answer.scopes ?? scopes };
    },
    renew,
    // Whoever asks for an access token learns whether the grant stands, and what it covers.
    check: renew,
    async revoke(transport, { accessToken, refreshToken }) {
      const { status } = await transport.send({
        method: 'POST',
        url: endpoints.revocationUrl,
        form: { token: refreshToken ?? accessToken },
        ignoreBody: true,
      });
      // 400 is the answer for a token that is not good any more (RFC 7009 section 2.2 asks for 200).
      return status === 200 || status === 400;
    },
  };
}

const ADWORDS = 'https://www.googleapis.com/auth/adwords';

function readEndpoints(value: unknown, path: string) {
  return parseOptions(path, value ?? {}, {
    authorizationUrl: optional(endpointUrl, 'https://accounts.google.com/o/oauth2/v2/auth'),
    tokenUrl: optional(endpointUrl, 'https://oauth2.googleapis.com/token'),
    revocationUrl: optional(endpointUrl, 'https://oauth2.googleapis.com/revoke'),
    issuer: optional(text, 'https://accounts.google.com'),
    userinfoUrl: optional(endpointUrl),
    jwksUrl: optional(endpointUrl),
    tokeninfoUrl: optional(endpointUrl),
  });
}

/** They name the account, and Google answers with longer names for some of them. */
const OPENID_SCOPES: ReadonlySet<string> = new Set(['openid', 'email', 'profile']);

/** What Google documents for an access token, for an answer that does not say. */
const USUAL_SECONDS = 3_600;
const AHEAD_MS = 300_000;

function timed(answer: TokenAnswer, refreshToken: string, now: number): TimedTokens {
  const lifetimeMs = (answer.expiresIn ?? USUAL_SECONDS) * 1000;
  return {
    // A response without a refresh token leaves the earlier one in force (RFC 6749 section 6).
    tokens: { accessToken: answer.accessToken, refreshToken: answer.refreshToken ?? refreshToken },
    expiresAt: now + lifetimeMs,
    refreshAt: now + Math.max(lifetimeMs - AHEAD_MS, lifetimeMs / 2),
  };
}

/**
 * Who granted, by the ID token. It came straight from the token endpoint over TLS, so that its signature need not be
 * verified (OpenID Connect Core 3.1.3.7); what it is for is looked at all the same.
 *
 * @returns `null` for an ID token that is none or is not for this client; without one nobody is named.
 */
function identityOf(
  { body }: TokenAnswer,
  clientId: string,
  issuer: string,
  now: number,
): { readonly subject: string | null; readonly account: string | null } | null {
  const idToken = body['id_token'];
  if (idToken === undefined) return { subject: null, account: null };
  const claims = typeof idToken === 'string' ? claimsOf(idToken) : null;
  if (claims === null) return null;
  const { iss, aud, exp, sub, email } = claims;
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (iss !== issuer && `https://${String(iss)}` !== issuer) return null;
  if (!audiences.includes(clientId)) return null;
  if (typeof exp !== 'number' || exp * 1000 <= now) return null;
  if (typeof sub !== 'string' || sub === '' || sub.length > 255) return null;
  return { subject: sub, account: typeof email === 'string' && email.length <= 254 ? email : sub };
}

function claimsOf(idToken: string): Readonly<Record<string, unknown>> | null {
  try {
    const payload: unknown = JSON.parse(
      Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString('utf8'),
    );
    return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
