import { systemClock, type Clock } from '../core/clock.ts';
import { randomToken } from '../core/secrets.ts';
import {
  authorizationDesk,
  type ConsentOptions,
  type GrantedCode,
  type LoopbackClient,
} from './authorization-desk.ts';
import { ADA, profileOf, type GoogleAccount } from './google-accounts.ts';
import { tokenBook, type LoopbackToken } from './google-token-book.ts';
import { tokenSigner, type Forgery, type TokenSigner } from './google-tokens.ts';
import {
  startLoopback,
  type LoopbackAnswer,
  type LoopbackServer,
  type ReceivedRequest,
} from './loopback-server.ts';

export interface LoopbackGoogleOptions {
  /** Who can sign in; by default one person, ada@example.com. */
  readonly accounts?: readonly GoogleAccount[] | undefined;
  /** The id of the one client that it knows. */
  readonly clientId?: string | undefined;
  /** The secret of that client. */
  readonly clientSecret?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** A Google on loopback, for tests: it asks for consent, gives out codes once, checks PKCE, and signs ID tokens. */
export interface LoopbackGoogle extends LoopbackServer, LoopbackClient {
  /** The option `endpoints` of `GoogleStrategy`; the issuer is what it calls itself in ID tokens. */
  readonly endpoints: {
    readonly authorizationUrl: string;
    readonly tokenUrl: string;
    readonly userinfoUrl: string;
    readonly jwksUrl: string;
    readonly tokeninfoUrl: string;
    readonly revocationUrl: string;
    readonly issuer: string;
  };
  /** The same as the example host's environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  readonly accounts: readonly GoogleAccount[];
  /** What the browser is redirected to when somebody answers the consent page so; no browser is needed. */
  consent(authorizationUrl: string, options?: ConsentOptions<GoogleAccount>): string;
  /** An access token as another part of an application, or another application, would have got it. */
  accessToken(as?: GoogleAccount, token?: Partial<LoopbackToken>): string;
  /** An ID token, honest unless told otherwise. */
  idToken(as?: GoogleAccount, forgery?: Forgery): string;
  /** In what the token endpoint's ID tokens are forged from now on. */
  forgeIdTokens(forgery: Forgery): void;
  /** Whether an access or refresh token still works. */
  isAlive(token: string): boolean;
  /** The keys that ID tokens are signed with. */
  readonly signer: TokenSigner;
}

/** Starts a Google on 127.0.0.1. Call `stop` when the test is over. */
export async function startGoogle(options: LoopbackGoogleOptions = {}): Promise<LoopbackGoogle> {
  const { clock = systemClock, accounts = [ADA] } = options;
  const clientId = options.clientId ?? 'loopback-client.apps.example';
  const clientSecret = options.clientSecret ?? randomToken(128);
  const signer = tokenSigner(clock);
  const tokens = tokenBook(clientId, clock);
  const server = await startLoopback(answer);
  const endpoints = endpointsOf(server.url);
  const desk = authorizationDesk({
    title: 'Loopback Google',
    client: { clientId, clientSecret },
    accounts,
    scopeSeparator: / +/,
    redirectParameters: { iss: endpoints.issuer },
    denied: { error: 'access_denied' },
  });
  let forgery: Forgery = {};

  function answer(request: ReceivedRequest): LoopbackAnswer | null {
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    switch (`${request.method} ${request.path}`) {
      case 'GET /o/oauth2/v2/auth':
        return desk.ask(request);
      case 'POST /consent':
        return desk.decide(request);
      case 'POST /token':
        return exchange(request.form);
      case 'GET /oauth2/v3/certs':
        return { status: 200, body: signer.jwks() };
      case 'POST /tokeninfo':
        return tokenInfo(bearer);
      case 'GET /v1/userinfo':
        return userInfo(bearer);
      case 'POST /revoke':
        return tokens.revoke(request.form.get('token') ?? '')
          ? { status: 200, body: {} }
          : refusal(400, 'invalid_token', 'Token expired or revoked');
      default:
        return null;
    }
  }

  function exchange(form: URLSearchParams): LoopbackAnswer {
    if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret) {
      return refusal(401, 'invalid_client', 'The OAuth client was not found.');
    }
    if (form.get('grant_type') === 'refresh_token') {
      const kept = tokens.findRefresh(form.get('refresh_token') ?? '');
      if (kept === null) return refusal(400, 'invalid_grant', 'Token has been expired or revoked.');
      return { status: 200, body: accessAnswer(kept) };
    }
    if (form.get('grant_type') !== 'authorization_code') return refusal(400, 'unsupported_grant_type', '');
    const granted = desk.redeem(form.get('code'), form.get('redirect_uri'), form.get('code_verifier'));
    if (granted === null) return refusal(400, 'invalid_grant', 'Malformed auth code.');
    return { status: 200, body: codeAnswer(granted) };
  }

  function codeAnswer({ account, scopes, nonce, request }: GrantedCode<GoogleAccount>): object {
    const grant = { accountId: account.id, scopes };
    const isOffline = request.get('access_type') === 'offline';
    return {
      ...accessAnswer(grant),
      ...(isOffline ? { refresh_token: tokens.refresh(grant) } : {}),
      ...(scopes.includes('openid') ? { id_token: signIdToken(account, nonce, forgery) } : {}),
    };
  }

  function accessAnswer({ accountId, scopes }: Pick<LoopbackToken, 'accountId' | 'scopes'>): object {
    const accessToken = tokens.access({ accountId, scopes });
    return { access_token: accessToken, expires_in: 3599, scope: scopes.join(' '), token_type: 'Bearer' };
  }

  function signIdToken(account: GoogleAccount, nonce: string | null, deviation: Forgery): string {
    const honest = { iss: endpoints.issuer, azp: clientId, aud: clientId, ...profileOf(account) };
    return signer.sign(nonce === null ? honest : { ...honest, nonce }, deviation);
  }

  function accountOf(token: LoopbackToken | null): GoogleAccount | undefined {
    return accounts.find(({ id }) => id === token?.accountId);
  }

  function tokenInfo(text: string): LoopbackAnswer {
    const token = tokens.find(text);
    const account = accountOf(token);
    if (token === null || account === undefined) return refusal(400, 'invalid_token', 'Invalid Value');
    const { id: sub, email, emailVerified = true } = account;
    const { audience, scopes, expiresAt } = token;
    const body = {
      azp: audience,
      aud: audience,
      sub,
      scope: scopes.join(' '),
      exp: String(Math.floor(expiresAt / 1000)),
      // Everything is text here, also what is true.
      ...(email === undefined ? {} : { email, email_verified: String(emailVerified) }),
    };
    return { status: 200, body };
  }

  function userInfo(text: string): LoopbackAnswer {
    const account = accountOf(tokens.find(text));
    if (account === undefined) return refusal(401, 'invalid_request', 'Invalid Credentials');
    return { status: 200, body: profileOf(account) };
  }

  return {
    ...server,
    clientId,
    clientSecret,
    accounts,
    endpoints,
    signer,
    environment: {
      GOOGLE_CLIENT_ID: clientId,
      GOOGLE_CLIENT_SECRET: clientSecret,
      GOOGLE_AUTHORIZATION_URL: endpoints.authorizationUrl,
      GOOGLE_TOKEN_URL: endpoints.tokenUrl,
      GOOGLE_USERINFO_URL: endpoints.userinfoUrl,
      GOOGLE_JWKS_URL: endpoints.jwksUrl,
      GOOGLE_TOKENINFO_URL: endpoints.tokeninfoUrl,
      GOOGLE_REVOCATION_URL: endpoints.revocationUrl,
      GOOGLE_ISSUER: endpoints.issuer,
    },
    consent: (authorizationUrl, consent) => desk.consent(authorizationUrl, consent),
    accessToken: (as = accounts[0], token = {}) => tokens.access({ accountId: as?.id ?? '', ...token }),
    idToken: (as = accounts[0] ?? ADA, deviation = {}) => signIdToken(as, null, deviation),
    forgeIdTokens(deviation) {
      forgery = deviation;
    },
    isAlive: (token) => tokens.isAlive(token),
  };
}

function endpointsOf(url: string): LoopbackGoogle['endpoints'] {
  return {
    authorizationUrl: `${url}/o/oauth2/v2/auth`,
    tokenUrl: `${url}/token`,
    userinfoUrl: `${url}/v1/userinfo`,
    jwksUrl: `${url}/oauth2/v3/certs`,
    tokeninfoUrl: `${url}/tokeninfo`,
    revocationUrl: `${url}/revoke`,
    issuer: url,
  };
}

function refusal(status: number, error: string, description: string): LoopbackAnswer {
  return { status, body: { error, error_description: description } };
}
