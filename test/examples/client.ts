import { formBrowser } from '../support/form-browser.ts';
import { send } from '../support/http-client.ts';
import type { ReadyLine } from './host.ts';

/** An answer of the example host, with its body read as JSON. */
export interface Answered {
  readonly status: number;
  readonly type: string | null;
  readonly challenge: string | null;
  readonly body: Record<string, unknown>;
}

/** Asks the host; with a body it posts JSON. */
export async function ask(url: string, { authorization, body, headers = {} }: Ask = {}): Promise<Answered> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      // While a test waits for another program, the server may close a connection that is kept.
      Connection: 'close',
      ...(authorization === undefined ? {} : { Authorization: authorization }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    challenge: response.headers.get('www-authenticate'),
    body: (await response.json()) as Record<string, unknown>,
  };
}

interface Ask {
  readonly authorization?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Pair {
  readonly access: string;
  readonly refresh: string;
}

/** Signs in to the B2B API. */
export async function signInB2b({ url, b2b: { username, password } }: ReadyLine): Promise<Pair> {
  const { body } = await ask(`${url}/auth/login`, { body: { username, password } });
  const data = body['data'] as Record<string, string>;
  return { access: data['access_token'] ?? '', refresh: data['refresh_token'] ?? '' };
}

/** Signs in to the JWT pair API. */
export async function signInJwt(
  { url, jwt }: ReadyLine,
  { email, password }: Pick<ReadyLine['jwt'], 'email' | 'password'> = jwt,
): Promise<Pair> {
  const { body } = await ask(`${url}/api/v1/jwt/create/`, { body: { email, password } });
  return { access: String(body['access']), refresh: String(body['refresh']) };
}

/** Signs in to the bearer session API. */
export async function signInSession({ url, session: { username, password } }: ReadyLine): Promise<Pair> {
  const { body } = await ask(`${url}/bearer/auth/login`, { body: { username, password } });
  return { access: String(body['token']), refresh: String(body['refreshToken']) };
}

/** Lets the confidential application act for the user of the demonstration, on the pages, and redeems its code. */
export async function signInOauth({ url, oauth }: ReadyLine): Promise<Pair> {
  const { client_id, client_secret, redirect_uri } = oauth.confidential;
  const browser = formBrowser({ send: (request) => send(Number(new URL(url).port), request) }, url);
  const query = new URLSearchParams({
    response_type: 'code',
    client_id,
    redirect_uri,
    scope: 'rest_api:read',
    // The pair of RFC 7636 appendix B.
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  await browser.get(`/oauth/authorize?${query.toString()}`);
  let answer = await browser.follow(await browser.submit('sign-in', oauth.user));
  if (answer.status === 200) answer = await browser.submit('approve');
  const code = new URL(answer.header('location') ?? '').searchParams.get('code');
  const { body } = await ask(`${url}/v1/oauth/token`, {
    body: {
      grant_type: 'authorization_code',
      client_id,
      client_secret,
      code,
      redirect_uri,
      code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    },
  });
  return { access: String(body['access_token']), refresh: String(body['refresh_token']) };
}

/** A token of the confidential application itself. */
export async function oauthClientToken({ url, oauth }: ReadyLine, team: string): Promise<string> {
  const { client_id, client_secret } = oauth.confidential;
  const { body } = await ask(`${url}/v1/oauth/token`, {
    body: {
      grant_type: 'client_credentials',
      client_id,
      client_secret,
      scope: `rest_api:read team_${team}`,
    },
  });
  return String(body['access_token']);
}
