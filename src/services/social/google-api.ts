import type { ProviderObject, ProviderTransport } from '../../providers/transport.ts';

/** Where Google is; an option, so that tests have one on loopback. */
export interface GoogleEndpoints {
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  readonly userinfoUrl: string;
  readonly jwksUrl: string;
  readonly tokeninfoUrl: string;
  /** The `iss` of ID tokens. */
  readonly issuer: string;
}

export const GOOGLE_ENDPOINTS: GoogleEndpoints = {
  authorizationUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
  tokenUrl: 'https://oauth2.googleapis.com/token',
  userinfoUrl: 'https://openidconnect.googleapis.com/v1/userinfo',
  jwksUrl: 'https://www.googleapis.com/oauth2/v3/certs',
  tokeninfoUrl: 'https://oauth2.googleapis.com/tokeninfo',
  issuer: 'https://accounts.google.com',
};

/** What an access token is, as far as Google says so; `null` for one that Google does not know. */
export interface TokenInfo {
  /** The client that it was made for. */
  readonly audience: string;
  readonly subject: string;
}

/** The calls that find out who an access token of Google stands for. */
export interface GoogleApi {
  tokenInfo(accessToken: string): Promise<TokenInfo | null>;
  /** The person's claims (OpenID Connect Core section 5.3); `null` when the token is not good for them. */
  userInfo(accessToken: string): Promise<ProviderObject | null>;
}

export function googleApi(endpoints: GoogleEndpoints, transport: ProviderTransport): GoogleApi {
  return {
    async tokenInfo(accessToken) {
      // The token goes into a header; its usual place, the query, ends up in logs.
      const { status, body } = await transport.send({
        method: 'POST',
        url: endpoints.tokeninfoUrl,
        form: {},
        bearer: accessToken,
      });
      const { aud, sub } = (status === 200 ? body : null) ?? {};
      return typeof aud === 'string' && typeof sub === 'string' ? { audience: aud, subject: sub } : null;
    },
    async userInfo(accessToken) {
      const { status, body } = await transport.send({
        method: 'GET',
        url: endpoints.userinfoUrl,
        bearer: accessToken,
      });
      return status === 200 ? body : null;
    },
  };
}
