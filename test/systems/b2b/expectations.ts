import { expect } from 'vitest';
import { expectJson } from '../../support/governed-answer.ts';
import type { HttpAnswer } from '../../support/http-client.ts';

/** The `data` of a login or a refresh. */
export interface PairData {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly access_expires_at: string;
  readonly refresh_expires_at: string;
  readonly client_id: number;
}

/** A refusal: its status and whole body, and the headers that depend on the case. */
export interface Refusal {
  readonly status: number;
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly allow?: string | undefined;
  readonly retryAfter?: string | undefined;
}

function refusal(status: number, name: string, code: string) {
  return (message: string, headers: Pick<Refusal, 'allow' | 'retryAfter'> = {}): Refusal => ({
    status,
    name,
    code,
    message,
    ...headers,
  });
}

/** The error table: what each status is called. */
const validation = refusal(400, 'ValidationException', 'VALIDATION_FAILURE');
const syntax = refusal(400, 'SyntaxError', 'SYNTAX_ERROR');
const unauthorized = refusal(401, 'UnauthorizedError', 'UNAUTHORIZED');
const forbidden = refusal(403, 'ForbiddenError', 'FORBIDDEN');
const notFound = refusal(404, 'NotFoundError', 'NOT_FOUND');
const methodNotAllowed = refusal(405, 'MethodNotAllowedError', 'METHOD_NOT_ALLOWED');
const tooLarge = refusal(413, 'PayloadTooLargeError', 'PAYLOAD_TOO_LARGE');
export const tooMany = refusal(429, 'TooManyRequestsError', 'TOO_MANY_REQUESTS');
const internal = refusal(500, 'InternalServerError', 'INTERNAL_SERVER_ERROR');
const unavailable = refusal(503, 'ServiceUnavailableError', 'SERVICE_UNAVAILABLE');

export const INVALID_BODY = syntax('Invalid request body');
export const LOGIN_FIELDS = validation('Username and password are required');
export const REFRESH_FIELD = validation('Refresh token is required');
export const BAD_LOGIN = unauthorized('Invalid credentials');
export const BAD_REFRESH = unauthorized('Invalid refresh token');
export const BAD_TOKEN = unauthorized('Invalid token');
export const EXPIRED = unauthorized('Token has expired');
export const NO_TOKEN = unauthorized('Authentication required');
export const BAD_ADDRESS = forbidden('IP address not authorized');
export const NO_SUCH_PATH = notFound('Not found');
export const POST_ONLY = methodNotAllowed('Method not allowed', { allow: 'POST' });
export const BODY_TOO_LARGE = tooLarge('Request body too large');
export const TOO_MANY_LOGINS = 'Too many login attempts. Please try again later.';
export const FAILED = internal('Internal server error');
export const OUT = unavailable('Service temporarily unavailable', { retryAfter: '1' });

/** Expects status, every governed header and the whole body, byte for byte. */
export function expectRefusal(answer: HttpAnswer, expected: Refusal): void {
  const { status, name, code, message, allow, retryAfter } = expected;
  const body = `{"error":{"name":"${name}","code":"${code}","message":"${message}"}}`;
  expectJson(answer, {
    status,
    body,
    headers: {
      'Cache-Control': ['no-store'],
      ...(status === 401 ? { 'WWW-Authenticate': ['Bearer'] } : {}),
      ...(allow === undefined ? {} : { Allow: [allow] }),
      ...(retryAfter === undefined ? {} : { 'Retry-After': [retryAfter] }),
    },
  });
}

/** Expects a success of the endpoints, which no cache may keep. */
export function expectSuccess(answer: HttpAnswer, data: unknown): void {
  expectJson(answer, {
    status: 200,
    body: `{"success":true,"data":${JSON.stringify(data)}}`,
    headers: {
      'Cache-Control': ['no-store'],
      Pragma: ['no-cache'],
    },
  });
}

/** Expects a login or refresh to succeed with exactly the five members, in the order of the sample. */
export function expectPair(answer: HttpAnswer): PairData {
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 200 });
  const { data } = answer.json() as { data: PairData };
  expect(Object.keys(data)).toEqual([
    'access_token',
    'refresh_token',
    'access_expires_at',
    'refresh_expires_at',
    'client_id',
  ]);
  expectSuccess(answer, data);
  return data;
}
