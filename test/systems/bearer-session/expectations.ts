import { expect } from 'vitest';
import { expectJson, type Governed } from '../../support/governed-answer.ts';
import type { HttpAnswer } from '../../support/http-client.ts';

/** What login, refresh and masquerade answer. */
export interface Grant {
  readonly success: true;
  readonly guid: string;
  readonly token: string;
  readonly tokenExpiration: string;
  readonly tokenLifetime: number;
  readonly refreshToken: string;
  readonly refreshTokenExpiration: string;
  readonly accountId: number;
}

/** A refusal: its status and whole body, and the headers that depend on the case. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly allow?: string | undefined;
  readonly retryAfter?: string | undefined;
}

function refusal(status: number, error: string, message: string, more: object = {}): Refusal {
  return { status, body: JSON.stringify({ success: false, error, message, ...more }) };
}

export function missing(...fields: readonly string[]): Refusal {
  const message = `Missing required parameter(s): ${fields.join(', ')}`;
  return refusal(400, 'missing_parameters', message, { missing: fields });
}

export function invalid(...fields: readonly string[]): Refusal {
  return refusal(400, 'invalid_parameters', `Invalid parameter(s): ${fields.join(', ')}`, {
    invalid: fields,
  });
}

export const INVALID_BODY = refusal(400, 'invalid_body', 'The request body cannot be read.');
export const BAD_LOGIN = refusal(401, 'invalid_credentials', 'The user name or the password is wrong.');
export const BAD_TOKEN = refusal(401, 'invalid_token', 'The bearer token is missing or not valid.');
export const EXPIRED = refusal(401, 'token_expired', 'The bearer token has expired.');
export const EXPIRED_403: Refusal = { ...EXPIRED, status: 403 };
export const BAD_REFRESH = refusal(401, 'invalid_refresh_token', 'The refresh token is not valid.');
export const BAD_ACCOUNT = refusal(403, 'account_forbidden', 'You do not have access to this account.');
export const DENIED = refusal(403, 'permission_denied', 'You do not have permission to do this.');
export const NO_SUCH_PATH = refusal(404, 'not_found', 'There is nothing here.');
export const POST_ONLY: Refusal = {
  ...refusal(405, 'method_not_allowed', 'The method is not allowed here.'),
  allow: 'POST',
};
export const TOO_LARGE = refusal(413, 'body_too_large', 'The request body is too large.');
export const TOO_MANY: Refusal = {
  ...refusal(429, 'rate_limited', 'Too many requests.'),
  retryAfter: '30',
};
export const FAILED = refusal(500, 'server_error', 'Something went wrong.');
export const OUT: Refusal = {
  ...refusal(503, 'server_error', 'The service is temporarily unavailable.'),
  retryAfter: '1',
};

const UNCACHED: Governed = { 'Cache-Control': ['no-store'], Vary: ['Authorization, Authentication'] };

/** Expects status, every governed header and the whole body, byte for byte. */
export function expectRefusal(answer: HttpAnswer, expected: Refusal): void {
  const { status, body, allow, retryAfter } = expected;
  expectAnswer(answer, status, body, {
    ...UNCACHED,
    ...(status === 401 ? { 'WWW-Authenticate': ['Bearer'] } : {}),
    ...(allow === undefined ? {} : { Allow: [allow] }),
    ...(retryAfter === undefined ? {} : { 'Retry-After': [retryAfter] }),
  });
}

/** Expects a success of the endpoints, which no cache may keep. */
export function expectDone(answer: HttpAnswer, body: string = '{"success":true}'): void {
  expectAnswer(answer, 200, body, { ...UNCACHED, Pragma: ['no-cache'] });
}

/** Expects the protected route to answer, which no cache may keep either. */
export function expectReports(answer: HttpAnswer, account: number, scopes: readonly string[]): void {
  expectAnswer(answer, 200, JSON.stringify({ account, scopes }), UNCACHED);
}

/** Expects a new pair: exactly these fields, in the order of the sample, each in its form. */
export function expectGrant(answer: HttpAnswer): Grant {
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
  const grant = answer.json() as Grant;
  expect(Object.keys(grant)).toEqual([
    'success',
    'guid',
    'token',
    'tokenExpiration',
    'tokenLifetime',
    'refreshToken',
    'refreshTokenExpiration',
    'accountId',
  ]);
  expect(grant).toEqual({
    success: true,
    guid: expect.stringMatching(UUID_V4),
    token: expect.stringMatching(UUID_V4),
    tokenExpiration: expect.stringMatching(TIMESTAMP),
    tokenLifetime: expect.any(Number),
    refreshToken: expect.stringMatching(UUID_V4),
    refreshTokenExpiration: expect.stringMatching(TIMESTAMP),
    accountId: expect.any(Number),
  });
  expectDone(answer, JSON.stringify(grant));
  return grant;
}

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/;

function expectAnswer(answer: HttpAnswer, status: number, body: string, headers: Governed): void {
  expectJson(answer, { status, body, headers, further: ['Vary'] });
}
