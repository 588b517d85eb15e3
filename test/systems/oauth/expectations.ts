import { expect } from 'vitest';
import { governedHeaders as governed, type Governed } from '../../support/governed-answer.ts';
import type { HttpAnswer } from '../../support/http-client.ts';

/** A refusal: its status and its `error`, and the headers that depend on the case. */
export interface Refusal {
  readonly status: number;
  readonly error: string;
  readonly challenge?: string | undefined;
  readonly allow?: string | undefined;
  readonly retryAfter?: string | undefined;
}

const refusal = (status: number, error: string): Refusal => ({ status, error });

export const INVALID_REQUEST = refusal(400, 'invalid_request');
export const INVALID_CLIENT = refusal(401, 'invalid_client');
export const INVALID_CLIENT_BY_BASIC: Refusal = { ...INVALID_CLIENT, challenge: 'Basic realm="OAuth"' };
export const INVALID_GRANT = refusal(400, 'invalid_grant');
export const INVALID_SCOPE = refusal(400, 'invalid_scope');
export const UNAUTHORIZED_CLIENT = refusal(400, 'unauthorized_client');
export const UNSUPPORTED_GRANT_TYPE = refusal(400, 'unsupported_grant_type');
export const PENDING = refusal(400, 'authorization_pending');
export const SLOW_DOWN = refusal(400, 'slow_down');
export const EXPIRED_TOKEN = refusal(400, 'expired_token');
export const ACCESS_DENIED = refusal(400, 'access_denied');
export const TOO_LARGE = refusal(413, 'invalid_request');
export const UNAVAILABLE: Refusal = { ...refusal(503, 'temporarily_unavailable'), retryAfter: '1' };

/** What a protected resource answers. */
export const NO_CREDENTIALS: Refusal = {
  ...refusal(401, 'access_denied'),
  challenge: 'Bearer realm="OAuth"',
};
export const INVALID_TOKEN: Refusal = {
  ...refusal(401, 'invalid_token'),
  challenge: 'Bearer realm="OAuth", error="invalid_token"',
};

/** The headers that the contract says something about, with the one that lets a page of another origin read an answer. */
export function governedHeaders(answer: HttpAnswer): Governed {
  return governed(answer, ['Access-Control-Allow-Origin']);
}

/** Expects status, every governed header, `error`, and a body of the shape that RFC 6749 section 5.2 demands. */
export function expectRefusal(answer: HttpAnswer, expected: Refusal): void {
  const { status, error, challenge, allow, retryAfter } = expected;
  const body = parsed(answer);
  expect({ status: answer.status, error: body['error'], headers: governedHeaders(answer) }).toEqual({
    status,
    error,
    headers: {
      'Content-Type': ['application/json'],
      'Content-Length': [String(Buffer.byteLength(answer.text))],
      'Cache-Control': ['no-store'],
      ...(challenge === undefined ? {} : { 'WWW-Authenticate': [challenge] }),
      ...(allow === undefined ? {} : { Allow: [allow] }),
      ...(retryAfter === undefined ? {} : { 'Retry-After': [retryAfter] }),
    },
  });
  expect(['error,error_description', 'error,error_description,hint']).toContain(Object.keys(body).join());
  for (const words of [body['error_description'], body['hint'] ?? 'none']) {
    expect(words).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
  }
}

export interface Tokens {
  readonly access: string;
  /** `undefined` where there is none. */
  readonly refresh: string | undefined;
  readonly scope: string | undefined;
  readonly expiresIn: number;
}

/** Expects a token response with exactly the members of section 4.6, and nothing that a cache may keep. */
export function expectTokens(answer: HttpAnswer): Tokens {
  const body = parsed(answer);
  const { access_token: access, refresh_token: refresh, scope, expires_in: expiresIn } = body;
  expect({ status: answer.status, text: answer.text, headers: governedHeaders(answer) }).toEqual({
    status: 200,
    text: JSON.stringify({
      token_type: 'bearer',
      expires_in: expiresIn,
      access_token: access,
      refresh_token: refresh,
      scope,
    }),
    headers: {
      'Content-Type': ['application/json'],
      'Content-Length': [String(Buffer.byteLength(answer.text))],
      'Cache-Control': ['no-store'],
      Pragma: ['no-cache'],
    },
  });
  expect(Number.isInteger(expiresIn)).toBe(true);
  expect(access).toMatch(/^[\w.-]{40,}$/);
  if (refresh !== undefined) expect(refresh).toMatch(/^[\w-]{43}$/);
  return {
    access: String(access),
    refresh: refresh as string | undefined,
    scope: scope as string | undefined,
    expiresIn: Number(expiresIn),
  };
}

/** Expects an answer of the server that is no token and that no cache may keep. */
export function expectUncached(answer: HttpAnswer, body: unknown): void {
  expect({ status: answer.status, body: parsed(answer), headers: governedHeaders(answer) }).toEqual({
    status: 200,
    body,
    headers: {
      'Content-Type': ['application/json'],
      'Content-Length': [String(Buffer.byteLength(answer.text))],
      'Cache-Control': ['no-store'],
      Pragma: ['no-cache'],
    },
  });
}

/** The parameters that an answer of the authorization endpoint brings to the redirect URI. */
export function expectRedirect(answer: HttpAnswer, redirectUri: string): Readonly<Record<string, string>> {
  const location = answer.header('Location') ?? '';
  expect([answer.status, answer.text]).toEqual([303, '']);
  expect(location.startsWith(`${redirectUri}${redirectUri.includes('?') ? '&' : '?'}`)).toBe(true);
  const parameters = new URLSearchParams(location.slice(redirectUri.length + 1));
  return Object.fromEntries(parameters);
}

/** The claims of a JWT, as whoever holds it can read them. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<
    string,
    unknown
  >;
}

export function headerOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8'));
}

function parsed(answer: HttpAnswer): Readonly<Record<string, unknown>> {
  return answer.text.startsWith('{') ? (answer.json() as Record<string, unknown>) : {};
}
