import { randomToken, sha256 } from '../core/secrets.ts';
import { html } from '../core/html.ts';
import type { LoopbackAnswer, ReceivedRequest } from './loopback-server.ts';

/** The client that a loopback provider knows. */
export interface LoopbackClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Somebody who can sign in at a loopback provider. */
export interface DeskAccount {
  readonly id: string;
  readonly email?: string | undefined;
}

/** What a code stands for. */
export interface GrantedCode<A extends DeskAccount> {
  readonly account: A;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly nonce: string | null;
  readonly codeChallenge: string | null;
  /** Every parameter of the authorization request. */
  readonly request: URLSearchParams;
}

/** How a person answers the consent page, for tests without a browser. */
export interface ConsentOptions<A extends DeskAccount> {
  /** Who signs in; by default the first account. */
  readonly as?: A | undefined;
  /** Whether the person refuses; default false. */
  readonly deny?: boolean | undefined;
  /** The scopes that are granted; by default all that were asked for. */
  readonly scopes?: readonly string[] | undefined;
}

export interface DeskOptions<A extends DeskAccount> {
  readonly title: string;
  readonly client: LoopbackClient;
  readonly accounts: readonly A[];
  readonly scopeSeparator: RegExp;
  /** What is added to a redirect back, such as `iss`. */
  readonly redirectParameters: Readonly<Record<string, string>>;
  readonly denied: Readonly<Record<string, string>>;
}

/** The part of a provider that asks people and gives out codes. */
export interface AuthorizationDesk<A extends DeskAccount> {
  /** The consent page of an authorization request. */
  ask(request: ReceivedRequest): LoopbackAnswer;
  /** What the page's form sends. */
  decide(request: ReceivedRequest): LoopbackAnswer;
  /** What the browser is redirected to when somebody answers so. */
  consent(authorizationUrl: string, options?: ConsentOptions<A>): string;
  /** Takes a code, which can be done once; `null` for one that is none, or for another `redirect_uri` or verifier. */
  redeem(code: string | null, redirectUri: string | null, codeVerifier: string | null): GrantedCode<A> | null;
}

export function authorizationDesk<A extends DeskAccount>(options: DeskOptions<A>): AuthorizationDesk<A> {
  const { client, accounts, title } = options;
  const codes = new Map<string, GrantedCode<A>>();

  /** Why a request is refused on the provider's own page: nobody is redirected then. */
  function problemOf(request: URLSearchParams): string | null {
    if (request.get('client_id') !== client.clientId) return 'invalid_client';
    if (request.get('response_type') !== 'code') return 'unsupported_response_type';
    return URL.canParse(request.get('redirect_uri') ?? '') ? null : 'redirect_uri_mismatch';
  }

  function location(request: URLSearchParams, parameters: Readonly<Record<string, string>>): string {
    const url = new URL(request.get('redirect_uri') as string);
    for (const [name, value] of Object.entries({ ...parameters, ...options.redirectParameters })) {
      url.searchParams.set(name, value);
    }
    const state = request.get('state');
    if (state !== null) url.searchParams.set('state', state);
    return url.href;
  }

  function answer(request: URLSearchParams, { as, deny = false, scopes }: ConsentOptions<A>): string {
    if (deny) return location(request, options.denied);
    const account = as ?? accounts[0];
    if (account === undefined) throw new Error('this provider has no accounts');
    const code = randomToken(160);
    codes.set(code, {
      account,
      redirectUri: request.get('redirect_uri') as string,
      scopes:
        scopes ?? (request.get('scope') ?? '').split(options.scopeSeparator).filter((each) => each !== ''),
      nonce: request.get('nonce'),
      codeChallenge: request.get('code_challenge'),
      request,
    });
    return location(request, { code });
  }

  return {
    ask({ query }) {
      const problem = problemOf(query);
      if (problem !== null) return { status: 400, body: page(title, html`<p>Error: ${problem}</p>`) };
      const buttons = accounts.map(
        ({ id, email }) =>
          html`<p><button name="account" value="${id}">Continue as ${email ?? id}</button></p>`,
      );
      const form = html`<form method="post" action="/consent">
        <input type="hidden" name="request" value="${query.toString()}" />${buttons}
        <p><button name="account" value="">Cancel</button></p>
      </form>`;
      return { status: 200, body: page(title, form) };
    },
    decide({ form }) {
      const request = new URLSearchParams(form.get('request') ?? '');
      const problem = problemOf(request);
      if (problem !== null) return { status: 400, body: page(title, html`<p>Error: ${problem}</p>`) };
      const chosen = form.get('account');
      const as = accounts.find(({ id }) => id === chosen);
      return { status: 302, headers: { Location: answer(request, { as, deny: as === undefined }) } };
    },
    consent(authorizationUrl, consent = {}) {
      const { searchParams } = new URL(authorizationUrl);
      const problem = problemOf(searchParams);
      if (problem !== null) throw new Error(`the provider refuses the authorization request: ${problem}`);
      return answer(searchParams, consent);
    },
    redeem(code, redirectUri, codeVerifier) {
      const granted = codes.get(code ?? '');
      codes.delete(code ?? '');
      if (granted === undefined || granted.redirectUri !== redirectUri) return null;
      const challenge = codeVerifier === null ? null : sha256(codeVerifier);
      return granted.codeChallenge === challenge ? granted : null;
    },
  };
}

function page(title: string, content: ReturnType<typeof html>): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title}</title>
      </head>
      <body>
        <h1>${title}</h1>
        ${content}
      </body>
    </html>`.source;
}
