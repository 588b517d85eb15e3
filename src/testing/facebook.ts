import { createHmac } from 'node:crypto';
import { systemClock, type Clock } from '../core/clock.ts';
import { randomToken } from '../core/secrets.ts';
import { authorizationDesk, type ConsentOptions, type LoopbackClient } from './authorization-desk.ts';
import { graphTokens, type GraphToken } from './graph-tokens.ts';
import {
  startLoopback,
  type LoopbackAnswer,
  type LoopbackServer,
  type ReceivedRequest,
} from './loopback-server.ts';

/** A person with an account at the loopback Facebook. */
export interface FacebookAccount {
  /** The identifier that Facebook gives the person for this application. */
  readonly id: string;
  /** Facebook never says whether it is verified. */
  readonly email?: string | undefined;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
}

export interface LoopbackFacebookOptions {
  /** Who can sign in; by default one person. */
  readonly accounts?: readonly FacebookAccount[] | undefined;
  /** The id of the one app that it knows. */
  readonly clientId?: string | undefined;
  /** The secret of that app. */
  readonly clientSecret?: string | undefined;
  /** The version of the Graph API in its paths; default `v24.0`. */
  readonly graphVersion?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** A Facebook on loopback, for tests: the dialog, and the calls of the Graph API that sign-in and connections make. */
export interface LoopbackFacebook extends LoopbackServer, LoopbackClient {
  readonly graphVersion: string;
  /** The option `endpoints` of `FacebookStrategy`. */
  readonly endpoints: { readonly authorizationUrl: string; readonly graphUrl: string };
  /** The same as the example host's environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  readonly accounts: readonly FacebookAccount[];
  /** What the browser is redirected to when somebody answers the dialog so; no browser is needed. */
  consent(authorizationUrl: string, options?: ConsentOptions<FacebookAccount>): string;
  /** An access token as another part of an application, or another application, would have got it. */
  accessToken(as?: FacebookAccount, token?: Partial<GraphToken>): string;
  /** Whether a token still works. */
  isAlive(token: string): boolean;
}

/** Starts a Facebook on 127.0.0.1. Call `stop` when the test is over. */
export async function startFacebook(options: LoopbackFacebookOptions = {}): Promise<LoopbackFacebook> {
  const { clock = systemClock, accounts = [ADA], graphVersion = 'v24.0' } = options;
  const client = {
    clientId: options.clientId ?? '1234567890123456',
    clientSecret: options.clientSecret ?? randomToken(128),
  };
  const tokens = graphTokens(client.clientId, clock);
  const server = await startLoopback(answer);
  const desk = authorizationDesk({
    title: 'Loopback Facebook',
    client,
    accounts,
    scopeSeparator: /[, ]+/,
    redirectParameters: {},
    denied: {
      error: 'access_denied',
      error_code: '200',
      error_description: 'Permissions error',
      error_reason: 'user_denied',
    },
  });

  function answer(request: ReceivedRequest): LoopbackAnswer | null {
    const { method, path } = request;
    if (path === `/${graphVersion}/dialog/oauth`) return desk.ask(request);
    if (path === '/consent') return desk.decide(request);
    const graph = path.startsWith(`/${graphVersion}/`) ? path.slice(graphVersion.length + 2) : null;
    if (graph === 'oauth/access_token') return exchange(parametersOf(request));
    if (graph === 'debug_token') return debugToken(request);
    if (graph === null || graph === '') return null;
    return ofUser(method, graph, request);
  }

  function exchange(parameters: URLSearchParams): LoopbackAnswer {
    const secret = parameters.get('client_secret');
    if (parameters.get('client_id') !== client.clientId || secret !== client.clientSecret) {
      return refusal(400, 1, 'Error validating client secret.');
    }
    if (parameters.get('grant_type') === 'fb_exchange_token') {
      const exchanged = tokens.extend(parameters.get('fb_exchange_token') ?? '');
      return exchanged === null
        ? refusal(400, 190, 'Error validating access token: Session has expired.', 463)
        : { status: 200, body: { access_token: exchanged, token_type: 'bearer', expires_in: 5_183_944 } };
    }
    const granted = desk.redeem(
      parameters.get('code'),
      parameters.get('redirect_uri'),
      parameters.get('code_verifier'),
    );
    if (granted === null) return refusal(400, 100, 'This authorization code has been used.', 36_009);
    const accessToken = tokens.issue({ accountId: granted.account.id, scopes: granted.scopes });
    return { status: 200, body: { access_token: accessToken, token_type: 'bearer', expires_in: 5_183_944 } };
  }

  function debugToken(request: ReceivedRequest): LoopbackAnswer {
    if (bearerOf(request) !== `${client.clientId}|${client.clientSecret}`) {
      return refusal(400, 190, 'Invalid OAuth access token.');
    }
    const token = tokens.find(parametersOf(request).get('input_token') ?? '');
    const body =
      token === null
        ? {
            data: {
              is_valid: false,
              error: { code: 190, message: 'Invalid OAuth access token.' },
              scopes: [],
            },
          }
        : {
            data: {
              app_id: token.appId,
              type: 'USER',
              is_valid: true,
              user_id: token.accountId,
              scopes: token.scopes,
              expires_at: Math.floor(token.expiresAt / 1000),
            },
          };
    return { status: 200, body };
  }

  /** The calls in a person's name. */
  function ofUser(method: string, graph: string, request: ReceivedRequest): LoopbackAnswer | null {
    const text = bearerOf(request) ?? '';
    const token = tokens.find(text);
    const account = accounts.find(({ id }) => id === token?.accountId);
    if (token === null || account === undefined) return refusal(400, 190, 'Invalid OAuth access token.');
    // The proof is made with the secret of the application that the token belongs to.
    const proof = createHmac('sha256', token.appId === client.clientId ? client.clientSecret : 'another')
      .update(text)
      .digest('hex');
    if (parametersOf(request).get('appsecret_proof') !== proof) {
      return refusal(400, 100, 'Invalid appsecret_proof provided in the API argument');
    }
    if (method === 'GET' && graph === 'me') {
      return { status: 200, body: profileOf(account, token, request.query.get('fields') ?? 'id,name') };
    }
    if (graph !== 'me/permissions' && graph !== `${account.id}/permissions`) return null;
    if (method === 'GET') {
      const data = token.scopes.map((permission) => ({ permission, status: 'granted' }));
      return { status: 200, body: { data } };
    }
    tokens.revoke(account.id);
    return { status: 200, body: { success: true } };
  }

  const endpoints = { authorizationUrl: `${server.url}/${graphVersion}/dialog/oauth`, graphUrl: server.url };
  return {
    ...server,
    ...client,
    accounts,
    graphVersion,
    endpoints,
    environment: {
      FACEBOOK_CLIENT_ID: client.clientId,
      FACEBOOK_CLIENT_SECRET: client.clientSecret,
      FACEBOOK_AUTHORIZATION_URL: endpoints.authorizationUrl,
      FACEBOOK_GRAPH_URL: endpoints.graphUrl,
      FACEBOOK_GRAPH_VERSION: graphVersion,
    },
    consent: (authorizationUrl, consent) => desk.consent(authorizationUrl, consent),
    accessToken: (as = accounts[0], token = {}) => tokens.issue({ accountId: as?.id ?? '', ...token }),
    isAlive: (token) => tokens.find(token) !== null,
  };
}

const ADA: FacebookAccount = {
  id: '10158552345678901',
  email: 'ada@example.com',
  firstName: 'Ada',
  lastName: 'Lovelace',
};

function parametersOf({ query, form }: ReceivedRequest): URLSearchParams {
  return new URLSearchParams([...query, ...form]);
}

function bearerOf({ headers }: ReceivedRequest): string | undefined {
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
}

/** Only the fields that are asked for, and of these only what the person has and has granted. */
function profileOf(
  { id, email, firstName, lastName }: FacebookAccount,
  token: GraphToken,
  fields: string,
): object {
  const mayTellEmail = token.scopes.includes('email');
  const all: Readonly<Record<string, string | undefined>> = {
    id,
    name: [firstName, lastName].filter((name) => name !== undefined).join(' ') || undefined,
    first_name: firstName,
    last_name: lastName,
    email: mayTellEmail ? email : undefined,
  };
  const asked = ['id', ...fields.split(',')];
  return Object.fromEntries(
    asked.flatMap((field) => (all[field] === undefined ? [] : [[field, all[field]]])),
  );
}

function refusal(status: number, code: number, message: string, subcode?: number): LoopbackAnswer {
  const error = {
    message,
    type: 'OAuthException',
    code,
    ...(subcode === undefined ? {} : { error_subcode: subcode }),
    fbtrace_id: 'AbCdEfGhIjKlMnOpQrStUvW',
  };
  return { status, body: { error } };
}
