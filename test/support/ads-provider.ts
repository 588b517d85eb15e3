import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../src/core/clock.ts';

/** A call that a provider received, as far as a test looks at it. */
export interface ProviderCall {
  /** Method and path, as in `POST /token`. */
  readonly what: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

/** How a provider answers instead of as it should. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Google and Meta on loopback, as far as connections speak to them. */
export interface AdsProvider {
  readonly url: string;
  readonly calls: readonly ProviderCall[];
  /** The calls of one kind, as in `POST /token`. */
  callsOf(what: string): readonly ProviderCall[];
  /** What a browser is answered by the authorization endpoint: the address that it is sent back to. */
  consent(authorizationUrl: string, as?: Consent): string;
  /** Takes back what an account has granted, as in the account's own settings at the provider. */
  withdraw(subject: string): void;
  /** Which permissions an account of Meta has granted from now on. */
  grant(subject: string, permissions: readonly string[]): void;
  /** Answers calls of this kind in another way until `behave` is called. */
  misbehave(what: string, how: Misbehaviour): void;
  behave(): void;
  /** Waits this long with each answer. */
  delayMs: number;
  /** What token endpoints say about lifetimes; `null`: nothing. */
  expiresIn: number | null;
  /** Changes the answer of Google's token endpoint. */
  alter: (answer: Record<string, unknown>) => unknown;
  close(): Promise<void>;
}

export interface Consent {
  readonly subject?: string;
  readonly email?: string;
  /** The scopes that the user leaves ticked; all that are asked for by default. */
  readonly scopes?: readonly string[];
}

interface Code {
  readonly subject: string;
  readonly email: string;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly challenge: string | null;
}

interface Grant {
  readonly subject: string;
  readonly scopes: readonly string[];
}

export const CLIENT_ID = 'client-of-the-test';
export const CLIENT_SECRET = 'secret-of-the-test';

/** Starts the provider; the test closes it. */
export async function adsProvider(clock: Clock): Promise<AdsProvider> {
  const calls: ProviderCall[] = [];
  const codes = new Map<string, Code>();
  const tokens = new Map<string, Grant>();
  const permissions = new Map<string, readonly string[]>();
  const faults = new Map<string, Misbehaviour>();
  let issued = 0;

  const server = createServer((request, response) => {
    void answer(request, response);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://provider');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call: ProviderCall = {
      what: `${request.method} ${url.pathname}`,
      query: url.searchParams,
      form: new URLSearchParams(Buffer.concat(chunks).toString('utf8')),
      authorization: request.headers.authorization,
    };
    calls.push(call);
    if (provider.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, provider.delayMs));
    const fault = faults.get(call.what);
    if (fault !== undefined) {
      await fault(request, response);
      return;
    }
    const [status, body] = handle(call);
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
    response.end(body === undefined ? '' : JSON.stringify(body));
  }

  function handle(call: ProviderCall): readonly [status: number, body?: unknown] {
    if (call.what === 'POST /token') return googleToken(call.form);
    if (call.what === 'POST /revoke') return googleRevoke(call.form.get('token') ?? '');
    const [version, ...path] = call.what.split(' ')[1]?.slice(1).split('/') ?? [];
    if (version !== 'v24.0') return [404, {}];
    if (call.what === 'POST /v24.0/oauth/access_token') return metaToken(call.form);
    return metaGraph(call, path.join('/'));
  }

  function newToken(prefix: string, grant: Grant): string {
    const token = `${prefix}-${++issued}-${randomBytes(9).toString('base64url')}`;
    tokens.set(token, grant);
    return token;
  }

  function isClient(form: URLSearchParams): boolean {
    return form.get('client_id') === CLIENT_ID && form.get('client_secret') === CLIENT_SECRET;
  }

  function takeCode(form: URLSearchParams): Code | null {
    const code = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    if (code === undefined || code.redirectUri !== form.get('redirect_uri')) return null;
    const verifier = form.get('code_verifier') ?? '';
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    return code.challenge === null || code.challenge === challenge ? code : null;
  }

  function googleToken(form: URLSearchParams): readonly [number, unknown] {
    if (!isClient(form)) return [401, { error: 'invalid_client' }];
    const answerWith = (grant: Grant, more: object): readonly [number, unknown] => {
      const lifetime = provider.expiresIn === null ? {} : { expires_in: provider.expiresIn };
      const body = {
        access_token: newToken('ya29', grant),
        token_type: 'Bearer',
        ...lifetime,
        scope: grant.scopes.join(' '),
        ...more,
      };
      return [200, provider.alter(body)];
    };
    if (form.get('grant_type') === 'refresh_token') {
      const grant = tokens.get(form.get('refresh_token') ?? '');
      return grant === undefined ? [400, { error: 'invalid_grant' }] : answerWith(grant, {});
    }
    const code = takeCode(form);
    if (code === null) return [400, { error: 'invalid_grant', error_description: 'Bad Request' }];
    const exp = Math.floor(clock.now() / 1000) + 3600;
    const claims = {
      iss: 'https://accounts.google.com',
      aud: CLIENT_ID,
      exp,
      sub: code.subject,
      email: code.email,
    };
    const idToken = ['{"alg":"RS256"}', JSON.stringify(claims), 'signature']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');
    return answerWith(code, { refresh_token: newToken('1//', code), id_token: idToken });
  }

  function googleRevoke(token: string): readonly [number, unknown] {
    const grant = tokens.get(token);
    if (grant === undefined) return [400, { error: 'invalid_token' }];
    provider.withdraw(grant.subject);
    return [200, {}];
  }

  function metaToken(form: URLSearchParams): readonly [number, unknown] {
    if (!isClient(form)) return [400, { error: { type: 'OAuthException', code: 101 } }];
    if (form.get('grant_type') === 'fb_exchange_token') {
      const grant = tokens.get(form.get('fb_exchange_token') ?? '');
      if (grant === undefined) return [400, { error: { type: 'OAuthException', code: 190 } }];
      const lifetime = provider.expiresIn === null ? {} : { expires_in: provider.expiresIn };
      return [200, { access_token: newToken('EAAlong', grant), token_type: 'bearer', ...lifetime }];
    }
    const code = takeCode(form);
    if (code === null) return [400, { error: { type: 'OAuthException', code: 100, error_subcode: 36_009 } }];
    permissions.set(code.subject, code.scopes);
    return [200, { access_token: newToken('EAAshort', code), token_type: 'bearer', expires_in: 5_000 }];
  }

  function metaGraph(call: ProviderCall, path: string): readonly [number, unknown] {
    const token = /^Bearer (.+)$/.exec(call.authorization ?? '')?.[1] ?? '';
    const grant = tokens.get(token);
    if (grant === undefined) return [400, { error: { type: 'OAuthException', code: 190 } }];
    const proof = createHmac('sha256', CLIENT_SECRET).update(token).digest('hex');
    if (call.query.get('appsecret_proof') !== proof) {
      return [
        400,
        { error: { type: 'GraphMethodException', code: 100, message: 'Invalid appsecret_proof' } },
      ];
    }
    const { subject } = grant;
    if (call.what.startsWith('GET') && path === 'me')
      return [200, { id: subject, name: `Page of ${subject}` }];
    if (call.what.startsWith('GET') && path === 'me/permissions') {
      const granted = permissions.get(subject) ?? [];
      const asked = ['ads_read', 'ads_management', 'business_management'];
      const data = asked.map((permission) => ({
        permission,
        status: granted.includes(permission) ? 'granted' : 'declined',
      }));
      return [200, { data }];
    }
    if (call.what.startsWith('DELETE') && (path === `${subject}/permissions` || path === 'me/permissions')) {
      provider.withdraw(subject);
      return [200, { success: true }];
    }
    return [404, { error: { type: 'GraphMethodException', code: 803 } }];
  }

  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const provider: AdsProvider = {
    url: `http://127.0.0.1:${port}`,
    calls,
    callsOf: (what) => calls.filter((call) => call.what === what),
    consent(authorizationUrl, { subject = '1077', email = 'ads@example.com', scopes } = {}) {
      const { searchParams } = new URL(authorizationUrl);
      const code = `code-${randomBytes(9).toString('base64url')}`;
      const redirectUri = searchParams.get('redirect_uri') ?? '';
      codes.set(code, {
        subject,
        email,
        scopes: scopes ?? (searchParams.get('scope') ?? '').split(/[ ,]/),
        redirectUri,
        challenge: searchParams.get('code_challenge'),
      });
      const back = new URL(redirectUri);
      back.searchParams.set('code', code);
      back.searchParams.set('state', searchParams.get('state') ?? '');
      return back.href;
    },
    withdraw(subject) {
      for (const [token, grant] of tokens) if (grant.subject === subject) tokens.delete(token);
    },
    grant: (subject, granted) => void permissions.set(subject, granted),
    misbehave: (what, how) => void faults.set(what, how),
    behave: () => faults.clear(),
    delayMs: 0,
    expiresIn: 3_600,
    alter: (body) => body,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return provider;
}

/** Answers that no provider should give, by name. */
export const HOSTILE: Readonly<Record<string, Misbehaviour>> = {
  'a redirect': (_request, response) => {
    response
      .writeHead(302, { Location: 'http://127.0.0.1:9/', 'Content-Type': 'application/json' })
      .end('{}');
  },
  HTML: (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Welcome to the hotel</h1>');
  },
  'an answer that is cut off': (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '900' });
    response.write('{"access_token":"ya29');
    setImmediate(() => response.destroy());
  },
  'ten megabytes': (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ access_token: 'x'.repeat(10_000_000) }));
  },
  silence: () => undefined,
  'a failure of its own': (_request, response) => {
    response.writeHead(500, { 'Content-Type': 'application/json' }).end('{"error":"backend"}');
  },
  'a limit': (_request, response) => {
    response.writeHead(429, { 'Content-Type': 'application/json' }).end('{"error":"rate"}');
  },
  'a closed connection': (request) => {
    request.socket.destroy();
  },
};

/** Well-formed answers without sense, as the body of a token endpoint. */
export const SENSELESS: Readonly<Record<string, unknown>> = {
  null: null,
  'a list': [],
  'an empty object': {},
  'an access token that is no text': { access_token: 7, refresh_token: 'r', expires_in: 3600 },
  'an access token with a line break': { access_token: 'a\nb', refresh_token: 'r', expires_in: 3600 },
  'an endless lifetime': { access_token: 'a', refresh_token: 'r', expires_in: 1e308 },
  'a lifetime in words': { access_token: 'a', refresh_token: 'r', expires_in: 'soon' },
};
