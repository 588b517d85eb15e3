import { describe, expect, it } from 'vitest';
import { authError, concerning, ConfigError } from '../../src/core/errors.ts';
import { REASONS, type ReasonCode } from '../../src/core/reasons.ts';
import { oauthDialect } from '../../src/dialects/oauth.ts';

const CONTEXT = { schemes: ['Bearer'], method: 'GET', path: '/research' };
const CODES = Object.keys(REASONS) as ReasonCode[];

/** The `error` codes of the standards, each with the statuses that it may have. */
const KNOWN: Readonly<Record<string, readonly number[]>> = {
  invalid_request: [400, 404, 405, 409, 410, 412, 413],
  invalid_client: [401],
  invalid_grant: [400],
  unauthorized_client: [400],
  unsupported_grant_type: [400],
  invalid_scope: [400],
  authorization_pending: [400],
  slow_down: [400],
  access_denied: [400, 401, 403],
  expired_token: [400],
  invalid_token: [401],
  insufficient_scope: [401],
  server_error: [500],
  temporarily_unavailable: [429, 503],
};

interface Body {
  readonly error: string;
  readonly error_description: string;
}

describe('oauthDialect', () => {
  it.each(CODES)('writes %s in the words of the standards, and kept out of caches', (code) => {
    const { status, headers, body } = oauthDialect().render(authError(code), CONTEXT);
    const written = JSON.parse(body) as Body;
    expect(Object.keys(written)).toEqual(['error', 'error_description']);
    expect(KNOWN[written.error]).toContain(status);
    expect(written.error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
    expect(body).not.toContain(REASONS[code].summary);
    expect(headers.slice(0, 2)).toEqual([
      ['Content-Type', 'application/json'],
      ['Cache-Control', 'no-store'],
    ]);
    const challenged = headers.some(([name]) => name === 'WWW-Authenticate');
    expect(challenged).toBe(
      status === 401 || (written.error === 'invalid_request' && code.startsWith('credentials')),
    );
  });

  it('says invalid_grant of every token that was handed in to be exchanged, whatever is wrong with it', () => {
    const tokens = CODES.filter((code) => REASONS[code].disclosure.startsWith('token_'));
    const answers = tokens.map((code) =>
      oauthDialect().render(concerning('refresh', authError(code)), { ...CONTEXT, schemes: [] }),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
    expect(answers[0]).toMatchObject({
      status: 400,
      body: expect.stringContaining('"invalid_grant"') as unknown,
    });
  });

  it('challenges for the scheme by which a client tried, and for no other', () => {
    const refusal = authError('client_secret_invalid', { scheme: 'Basic' });
    const { headers } = oauthDialect().render(refusal, { ...CONTEXT, schemes: [] });
    expect(headers).toContainEqual(['WWW-Authenticate', 'Basic realm="OAuth"']);
    const inBody = oauthDialect().render(authError('client_secret_invalid'), { ...CONTEXT, schemes: [] });
    expect(inBody.headers.map(([name]) => name)).not.toContain('WWW-Authenticate');
  });

  it('sends a missing scope with 401, or with 403 by option', () => {
    const refusal = authError('scope_insufficient', { scopes: ['a', 'b'] });
    for (const insufficientScopeStatus of [undefined, 401, 403] as const) {
      const { status, headers } = oauthDialect({ insufficientScopeStatus }).render(refusal, CONTEXT);
      expect(status).toBe(insufficientScopeStatus ?? 401);
      expect(headers).toContainEqual([
        'WWW-Authenticate',
        'Bearer realm="OAuth", error="insufficient_scope", scope="a b"',
      ]);
    }
  });

  it('points to the metadata of the resource in each challenge for a token', () => {
    const resourceMetadataUrl = 'https://api.example.com/.well-known/oauth-protected-resource';
    const { headers } = oauthDialect({ resourceMetadataUrl }).render(authError('token_expired'), CONTEXT);
    expect(headers).toContainEqual([
      'WWW-Authenticate',
      `Bearer realm="OAuth", error="invalid_token", resource_metadata="${resourceMetadataUrl}"`,
    ]);
  });

  it('names the fields to look at, and the seconds to wait', () => {
    const fields = { code: 'missing', scope: 'value' } as const;
    const { body } = oauthDialect().render(authError('body_invalid', { fields }), CONTEXT);
    expect(JSON.parse(body)).toMatchObject({ error: 'invalid_request', hint: 'Check: code, scope' });
    const wait = oauthDialect().render(authError('rate_limited', { retryAfterSeconds: 0.2 }), CONTEXT);
    expect(wait.headers).toContainEqual(['Retry-After', '1']);
  });

  it('refuses another status', () => {
    expect(() => oauthDialect({ insufficientScopeStatus: 404 as never })).toThrow(ConfigError);
  });
});
