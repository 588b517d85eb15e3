import { describe, expect, it } from 'vitest';
import { authError, type AuthErrorDetails } from '../../src/core/errors.ts';
import type { ReasonCode } from '../../src/core/reasons.ts';
import { envelope, type EnvelopeOptions } from '../../src/dialects/envelope.ts';
import { complaint } from '../support/complaint.ts';

const CONTEXT = { schemes: ['Bearer'], method: 'GET', path: '/things' };

function render(code: ReasonCode, details?: AuthErrorDetails, options?: EnvelopeOptions): unknown {
  const { status, headers, body } = envelope(options).render(authError(code, details), CONTEXT);
  return { status, headers: headers.map((line) => line.join(': ')), body };
}

const PLAIN = ['Content-Type: application/json', 'Cache-Control: no-store'];

describe('envelope', () => {
  it.each<[ReasonCode, number, readonly string[], string]>([
    [
      'credentials_missing',
      401,
      [...PLAIN, 'WWW-Authenticate: Bearer'],
      '{"error":{"name":"UnauthorizedError","code":"UNAUTHORIZED","message":"Authentication required"}}',
    ],
    [
      'credentials_repeated',
      401,
      [...PLAIN, 'WWW-Authenticate: Bearer error="invalid_request"'],
      '{"error":{"name":"UnauthorizedError","code":"UNAUTHORIZED","message":"Authentication required"}}',
    ],
    [
      'token_signature_invalid',
      401,
      [...PLAIN, 'WWW-Authenticate: Bearer error="invalid_token"'],
      '{"error":{"name":"UnauthorizedError","code":"UNAUTHORIZED","message":"Invalid token"}}',
    ],
    [
      'token_expired',
      401,
      [...PLAIN, 'WWW-Authenticate: Bearer error="invalid_token"'],
      '{"error":{"name":"UnauthorizedError","code":"UNAUTHORIZED","message":"Token has expired"}}',
    ],
    [
      'login_failed',
      401,
      [...PLAIN, 'WWW-Authenticate: Bearer error="invalid_token"'],
      '{"error":{"name":"UnauthorizedError","code":"UNAUTHORIZED","message":"Invalid credentials"}}',
    ],
    [
      'ip_denied',
      403,
      PLAIN,
      '{"error":{"name":"ForbiddenError","code":"FORBIDDEN","message":"IP address not authorized"}}',
    ],
    [
      'permission_denied',
      403,
      PLAIN,
      '{"error":{"name":"ForbiddenError","code":"FORBIDDEN","message":"Permission denied"}}',
    ],
    [
      'body_invalid',
      400,
      PLAIN,
      '{"error":{"name":"ValidationException","code":"VALIDATION_FAILURE","message":"Invalid request"}}',
    ],
    [
      'body_syntax',
      400,
      PLAIN,
      '{"error":{"name":"SyntaxError","code":"SYNTAX_ERROR","message":"Invalid request body"}}',
    ],
    ['not_found', 404, PLAIN, '{"error":{"name":"NotFoundError","code":"NOT_FOUND","message":"Not found"}}'],
    [
      'body_too_large',
      413,
      PLAIN,
      '{"error":{"name":"PayloadTooLargeError","code":"PAYLOAD_TOO_LARGE","message":"Request body too large"}}',
    ],
    [
      'internal_error',
      500,
      PLAIN,
      '{"error":{"name":"InternalServerError","code":"INTERNAL_SERVER_ERROR","message":"Internal server error"}}',
    ],
  ])('BT-10 writes %s', (code, status, headers, body) => {
    expect(render(code)).toEqual({ status, headers, body });
  });

  it('BT-02 names the scopes that are missing in the challenge, and not in the body', () => {
    expect(render('scope_insufficient', { scopes: ['a', 'b'] })).toEqual({
      status: 403,
      headers: [...PLAIN, 'WWW-Authenticate: Bearer error="insufficient_scope", scope="a b"'],
      body: '{"error":{"name":"ForbiddenError","code":"FORBIDDEN","message":"Insufficient scope"}}',
    });
  });

  it('says when to try again, rounded up to whole seconds', () => {
    expect(render('rate_limited', { retryAfterSeconds: 12.2 })).toEqual({
      status: 429,
      headers: [...PLAIN, 'Retry-After: 13'],
      body: '{"error":{"name":"TooManyRequestsError","code":"TOO_MANY_REQUESTS","message":"Too many requests. Please try again later."}}',
    });
    expect(render('dependency_unavailable', { retryAfterSeconds: 1 })).toEqual({
      status: 503,
      headers: [...PLAIN, 'Retry-After: 1'],
      body: '{"error":{"name":"ServiceUnavailableError","code":"SERVICE_UNAVAILABLE","message":"Service temporarily unavailable"}}',
    });
  });

  it('says which methods a path has', () => {
    expect(render('method_not_allowed', { allow: ['GET', 'HEAD'] })).toEqual({
      status: 405,
      headers: [...PLAIN, 'Allow: GET, HEAD'],
      body: '{"error":{"name":"MethodNotAllowedError","code":"METHOD_NOT_ALLOWED","message":"Method not allowed"}}',
    });
  });

  it('puts the realm into challenges', () => {
    expect(render('credentials_missing', undefined, { realm: 'api' })).toMatchObject({
      headers: [...PLAIN, 'WWW-Authenticate: Bearer realm="api"'],
    });
  });

  it.each<[ReasonCode, readonly string[]]>([
    ['credentials_missing', ['WWW-Authenticate: Bearer']],
    ['credentials_repeated', ['WWW-Authenticate: Bearer']],
    ['token_expired', ['WWW-Authenticate: Bearer']],
    ['scope_insufficient', ['WWW-Authenticate: Bearer']],
    ['ip_denied', []],
    ['not_found', []],
  ])('challenges with the bare scheme where that is asked for: %s', (code, challenges) => {
    const details = { scopes: ['a'] };
    expect(render(code, details, { realm: 'api', bareChallenge: true })).toMatchObject({
      headers: [...PLAIN, ...challenges],
    });
  });

  it('replaces texts, fixed or made for the refusal, and nothing else', () => {
    const messages = {
      ip_denied: 'Not from here',
      rate_limited: ({ details }: { details: AuthErrorDetails }) => `Wait ${details.retryAfterSeconds} s`,
    };
    expect(render('ip_unknown', undefined, { messages })).toEqual({
      status: 403,
      headers: PLAIN,
      body: '{"error":{"name":"ForbiddenError","code":"FORBIDDEN","message":"Not from here"}}',
    });
    expect(render('rate_limited', { retryAfterSeconds: 3 }, { messages })).toMatchObject({
      body: '{"error":{"name":"TooManyRequestsError","code":"TOO_MANY_REQUESTS","message":"Wait 3 s"}}',
    });
    expect(render('not_found', undefined, { messages })).toEqual(render('not_found'));
  });

  it.each<[unknown, string]>([
    [null, 'option_invalid: envelope: options must be an object, not null.'],
    [{ relm: 'x' }, 'option_unknown: envelope: unknown option "relm"; did you mean "realm"?'],
    [
      { realm: '' },
      'option_invalid: envelope.realm must be a string that is not empty, not an empty string.',
    ],
    [{ bareChallenge: 'yes' }, 'option_invalid: envelope.bareChallenge must be true or false, not a string.'],
    [{ messages: [] }, 'option_invalid: envelope.messages: options must be an object, not an empty list.'],
    [
      { messages: { ip_denied: 7 } },
      'option_invalid: envelope.messages.ip_denied must be a string that is not empty, not the number 7.',
    ],
    [
      { messages: { ip_denid: 'x' } },
      'option_unknown: envelope.messages: unknown option "ip_denid"; did you mean "ip_denied"?',
    ],
  ])('refuses the options %j', (options, message) => {
    expect(complaint(() => envelope(options as EnvelopeOptions))).toBe(message);
  });
});
