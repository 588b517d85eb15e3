import { describe, expect, it } from 'vitest';
import { authError, type AuthErrorDetails } from '../../src/core/errors.ts';
import type { ReasonCode } from '../../src/core/reasons.ts';
import { problem, type ProblemOptions } from '../../src/dialects/problem.ts';
import { complaint } from '../support/complaint.ts';

const CONTEXT = { schemes: ['Bearer'], method: 'GET', path: '/things' };

function render(code: ReasonCode, details?: AuthErrorDetails, options?: ProblemOptions): unknown {
  const { status, headers, body } = problem(options).render(authError(code, details), CONTEXT);
  return { status, headers: headers.map((line) => line.join(': ')), body };
}

const PLAIN = ['Content-Type: application/problem+json', 'Cache-Control: no-store'];

describe('problem', () => {
  it.each<[ReasonCode, number, readonly string[], string]>([
    [
      'credentials_missing',
      401,
      ['WWW-Authenticate: Bearer'],
      '{"type":"urn:portcullis:problem:credentials_missing","title":"Authentication is required.","status":401,"code":"credentials_missing"}',
    ],
    [
      'scheme_unsupported',
      401,
      ['WWW-Authenticate: Bearer'],
      '{"type":"urn:portcullis:problem:credentials_missing","title":"Authentication is required.","status":401,"code":"credentials_missing"}',
    ],
    [
      'credentials_malformed',
      401,
      ['WWW-Authenticate: Bearer error="invalid_request"'],
      '{"type":"urn:portcullis:problem:credentials_malformed","title":"The credentials are not in a form that can be read.","status":401,"code":"credentials_malformed"}',
    ],
    [
      'credentials_joined',
      400,
      ['WWW-Authenticate: Bearer error="invalid_request"'],
      '{"type":"urn:portcullis:problem:credentials_malformed","title":"The credentials are not in a form that can be read.","status":400,"code":"credentials_malformed"}',
    ],
    [
      'token_key_unknown',
      401,
      ['WWW-Authenticate: Bearer error="invalid_token"'],
      '{"type":"urn:portcullis:problem:token_invalid","title":"The credential is not valid.","status":401,"code":"token_invalid"}',
    ],
    [
      'token_expired',
      401,
      ['WWW-Authenticate: Bearer error="invalid_token"'],
      '{"type":"urn:portcullis:problem:token_expired","title":"The credential has expired.","status":401,"code":"token_expired"}',
    ],
    [
      'ip_unknown',
      403,
      [],
      '{"type":"urn:portcullis:problem:ip_denied","title":"The client address is not permitted.","status":403,"code":"ip_denied"}',
    ],
    [
      'body_media_type',
      415,
      [],
      '{"type":"urn:portcullis:problem:body_media_type","title":"The content type is not supported.","status":415,"code":"body_media_type"}',
    ],
    [
      'internal_error',
      500,
      [],
      '{"type":"urn:portcullis:problem:internal_error","title":"Something went wrong.","status":500,"code":"internal_error"}',
    ],
  ])('BT-10 writes %s', (code, status, more, body) => {
    expect(render(code)).toEqual({ status, headers: [...PLAIN, ...more], body });
  });

  it('has the headers that the details call for', () => {
    expect(render('scope_insufficient', { scopes: ['a', 'b'] })).toEqual({
      status: 403,
      headers: [...PLAIN, 'WWW-Authenticate: Bearer error="insufficient_scope", scope="a b"'],
      body: '{"type":"urn:portcullis:problem:scope_insufficient","title":"The credential lacks a required scope.","status":403,"code":"scope_insufficient"}',
    });
    expect(render('dependency_unavailable', { retryAfterSeconds: 2 })).toEqual({
      status: 503,
      headers: [...PLAIN, 'Retry-After: 2'],
      body: '{"type":"urn:portcullis:problem:unavailable","title":"The service is temporarily unavailable.","status":503,"code":"unavailable"}',
    });
  });

  it('writes types below the address that is configured, and the realm', () => {
    const options = { typeBaseUrl: 'https://docs.example/problems/', realm: 'api' };
    expect(render('credentials_missing', undefined, options)).toEqual({
      status: 401,
      headers: [...PLAIN, 'WWW-Authenticate: Bearer realm="api"'],
      body: '{"type":"https://docs.example/problems/credentials_missing","title":"Authentication is required.","status":401,"code":"credentials_missing"}',
    });
  });

  it.each<[unknown, string]>([
    [7, 'option_invalid: problem: options must be an object, not the number 7.'],
    [
      { typeBaseURL: 'x' },
      'option_unknown: problem: unknown option "typeBaseURL"; did you mean "typeBaseUrl"?',
    ],
    [
      { typeBaseUrl: '' },
      'option_invalid: problem.typeBaseUrl must be a string that is not empty, not an empty string.',
    ],
    [{ realm: 7 }, 'option_invalid: problem.realm must be a string that is not empty, not the number 7.'],
  ])('refuses the options %j', (options, message) => {
    expect(complaint(() => problem(options as ProblemOptions))).toBe(message);
  });
});
