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
