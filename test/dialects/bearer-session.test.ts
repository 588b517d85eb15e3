import { describe, expect, it } from 'vitest';
import { authError, ConfigError } from '../../src/core/errors.ts';
import { REASONS, type ReasonCode } from '../../src/core/reasons.ts';
import { bearerSessionDialect } from '../../src/dialects/bearer-session.ts';

const CONTEXT = { schemes: ['Bearer'], method: 'GET', path: '/reports' };
const CODES = Object.keys(REASONS) as ReasonCode[];

interface Body {
  readonly success: boolean;
  readonly error: string;
  readonly message: string;
}

const KNOWN: Readonly<Record<string, readonly number[]>> = {
  missing_parameters: [400],
  invalid_parameters: [400],
  invalid_body: [400],
  invalid_credentials: [401],
  invalid_token: [401],
  token_expired: [401],
  invalid_refresh_token: [401],
  account_forbidden: [403],
  permission_denied: [403],
  not_found: [404],
  method_not_allowed: [405],
  body_too_large: [413],
  conflict: [409],
  gone: [410],
  precondition_failed: [412],
  request_refused: [400],
  rate_limited: [429],
  server_error: [500, 503],
};

describe('bearerSessionDialect', () => {
  it.each(CODES)('writes %s in the words of the error table', (code) => {
    const { status, headers, body } = bearerSessionDialect().render(authError(code), CONTEXT);
    const written = JSON.parse(body) as Body;
    expect(Object.keys(written).slice(0, 3)).toEqual(['success', 'error', 'message']);
    expect(written.success).toBe(false);
    expect(KNOWN[written.error]).toContain(status);
    expect(body).not.toContain(REASONS[code].summary);
    expect(headers).toContainEqual(['Content-Type', 'application/json']);
    expect(headers).toContainEqual(['Cache-Control', 'no-store']);
    expect(headers).toContainEqual(['Vary', 'Authorization, Authentication']);
    const challenges = headers.filter(([name]) => name === 'WWW-Authenticate');
    expect(challenges).toEqual(status === 401 ? [['WWW-Authenticate', 'Bearer']] : []);
  });

  it('never tells why a token is refused, but for its expiry', () => {
    const dialect = bearerSessionDialect();
    const bodies = CODES.filter((code) => REASONS[code].disclosure === 'token_invalid').map(
      (code) => dialect.render(authError(code), CONTEXT).body,
    );
    expect(new Set(bodies)).toEqual(
      new Set([
        '{"success":false,"error":"invalid_token","message":"The bearer token is missing or not valid."}',
      ]),
    );
  });

  it('calls every refused refresh token the same, also an expired one', () => {
    const dialect = bearerSessionDialect({ expiredStatus: 403 });
    const codes = CODES.filter((code) => /^token_(?:invalid|expired)$/.test(REASONS[code].disclosure));
    const replies = codes.map((code) => dialect.render(authError(code, { concerns: 'refresh' }), CONTEXT));
    expect(new Set(replies.map(({ status, body }) => `${status} ${body}`))).toEqual(
      new Set([
        '401 {"success":false,"error":"invalid_refresh_token","message":"The refresh token is not valid."}',
      ]),
    );
  });

  it('an outage while refreshing stays an outage', () => {
    const error = authError('dependency_unavailable', { concerns: 'refresh' });
    expect(bearerSessionDialect().render(error, CONTEXT).status).toBe(503);
  });

  it.each([
    [undefined, 401],
    [401, 401],
    [403, 403],
  ] as const)(
    'expiredStatus %s sends %i for an expired bearer token, and for nothing else',
    (expiredStatus, sent) => {
      const dialect = bearerSessionDialect({ expiredStatus });
      const reply = dialect.render(authError('token_expired'), CONTEXT);
      expect([reply.status, (JSON.parse(reply.body) as Body).error]).toEqual([sent, 'token_expired']);
      expect(dialect.render(authError('token_revoked'), CONTEXT).status).toBe(401);
    },
  );

  it('names missing fields before invalid ones, each in the order of the fields', () => {
    const dialect = bearerSessionDialect();
    const both = authError('body_invalid', { fields: { b: 'type', c: 'missing', a: 'missing' } });
    expect(dialect.render(both, CONTEXT).body).toBe(
      '{"success":false,"error":"missing_parameters","message":"Missing required parameter(s): c, a","missing":["c","a"]}',
    );
    const wrong = authError('body_invalid', { fields: { b: 'type', a: 'type' } });
    expect(dialect.render(wrong, CONTEXT).body).toBe(
      '{"success":false,"error":"invalid_parameters","message":"Invalid parameter(s): b, a","invalid":["b","a"]}',
    );
  });

  it.each([{ expiredStatus: 400 }, { expiredStatus: '401' }, { expired: 401 }])('refuses %j', (options) => {
    expect(() => bearerSessionDialect(options as object)).toThrow(ConfigError);
  });
});
