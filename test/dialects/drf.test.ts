import { describe, expect, it } from 'vitest';
import { authError, concerning, type AuthErrorDetails } from '../../src/core/errors.ts';
import { REASONS, type ReasonCode } from '../../src/core/reasons.ts';
import { drf, type DrfOptions } from '../../src/dialects/drf.ts';
import { complaint } from '../support/complaint.ts';

const CONTEXT = { schemes: ['Bearer', 'Api-Key'], method: 'GET', path: '/things' };
const CODES = Object.keys(REASONS) as readonly ReasonCode[];
const PLAIN = ['Content-Type: application/json', 'Cache-Control: no-store'];
const CHALLENGED = [...PLAIN, 'WWW-Authenticate: Bearer realm="api"'];

function render(code: ReasonCode, details?: AuthErrorDetails, options?: DrfOptions) {
  const { headers, ...reply } = drf(options).render(authError(code, details), CONTEXT);
  return { ...reply, headers: headers.map((line) => line.join(': ')) };
}

function body(code: ReasonCode, details?: AuthErrorDetails, options?: DrfOptions): string {
  return render(code, details, options).body;
}

const access = (message: string): string =>
  '{"detail":"Given token not valid for any token type","code":"token_not_valid",' +
  `"messages":[{"token_class":"AccessToken","token_type":"access","message":"${message}"}]}`;

const NOT_PROVIDED = '{"detail":"Authentication credentials were not provided."}';
const TWO_VALUES =
  '{"detail":"Authorization header must contain two space-delimited values","code":"bad_authorization_header"}';
const FORBIDDEN = '{"detail":"You do not have permission to perform this action."}';
const INVALID = access('Token is invalid');
const BLACKLISTED = access('Token is blacklisted');

/** Every reason, as the request's own credential and without any details. */
const ANSWERS: Readonly<Record<ReasonCode, readonly [status: number, body: string]>> = {
  credentials_missing: [401, NOT_PROVIDED],
  scheme_unsupported: [401, NOT_PROVIDED],
  credentials_malformed: [401, TWO_VALUES],
  credentials_repeated: [401, INVALID],
  credentials_joined: [401, TWO_VALUES],
  token_malformed: [401, INVALID],
  token_header_refused: [401, INVALID],
  token_algorithm_refused: [401, INVALID],
  token_key_unknown: [401, INVALID],
  token_signature_invalid: [401, INVALID],
  token_expired: [401, access('Token is expired')],
  token_not_yet_valid: [401, INVALID],
  token_claim_missing: [401, INVALID],
  token_claim_invalid: [401, INVALID],
  token_issuer_refused: [401, INVALID],
  token_audience_refused: [401, INVALID],
  token_type_refused: [401, access('Token has wrong type')],
  token_reused: [401, BLACKLISTED],
  token_revoked: [401, BLACKLISTED],
  subject_unknown: [401, '{"detail":"User not found","code":"user_not_found"}'],
  subject_inactive: [401, '{"detail":"User is inactive","code":"user_inactive"}'],
  key_malformed: [401, NOT_PROVIDED],
  key_unknown: [401, NOT_PROVIDED],
  key_secret_invalid: [401, NOT_PROVIDED],
  key_expired: [401, NOT_PROVIDED],
  key_revoked: [401, NOT_PROVIDED],
  login_failed: [401, '{"detail":"No active account found with the given credentials"}'],
  scope_insufficient: [403, FORBIDDEN],
  permission_denied: [403, FORBIDDEN],
  workspace_missing: [403, FORBIDDEN],
  workspace_forbidden: [403, FORBIDDEN],
  read_only: [403, FORBIDDEN],
  impersonation_forbidden: [403, FORBIDDEN],
  account_forbidden: [403, FORBIDDEN],
  consent_denied: [403, FORBIDDEN],
  interaction_invalid: [403, FORBIDDEN],
  ip_denied: [403, FORBIDDEN],
  ip_unknown: [403, FORBIDDEN],
  body_syntax: [400, '{"detail":"JSON parse error - the body cannot be decoded"}'],
  body_invalid: [400, '{}'],
  body_media_type: [415, '{"detail":"Unsupported media type \\"\\" in request."}'],
  body_too_large: [413, '{"detail":"Request body too large."}'],
  redirect_uri_refused: [400, '{"detail":"redirect_uri is not allowed."}'],
  signin_input_missing: [400, '{"non_field_errors":["Incorrect input. access_token or code is required."]}'],
  signin_credential_refused: [400, '{"non_field_errors":["Incorrect value"]}'],
  signin_code_refused: [400, '{"non_field_errors":["Failed to exchange code for access token"]}'],
  signin_exchange_failed: [400, '{"non_field_errors":["Failed to exchange code for access token"]}'],
  signin_state_missing: [400, '{"non_field_errors":["State could not be found in request data."]}'],
  signin_state_unknown: [
    400,
    '{"non_field_errors":["State could not be found in server-side session data."]}',
  ],
  signin_state_mismatched: [400, '{"non_field_errors":["Invalid state has been provided."]}'],
  signin_denied: [400, '{"detail":"access_denied"}'],
  signin_unregistered: [400, '{"non_field_errors":["Incorrect value"]}'],
  signin_email_taken: [400, '{"non_field_errors":["User is already registered with this e-mail address."]}'],
  signin_user_inactive: [400, '{"non_field_errors":["User account is disabled."]}'],
  connection_state_invalid: [400, '{"detail":"Invalid state has been provided."}'],
  connection_denied: [400, '{"detail":"access_denied"}'],
  connection_exchange_failed: [400, '{"detail":"Failed to exchange code for access token"}'],
  connection_scope_missing: [400, '{"detail":"Missing required permission."}'],
  client_unknown: [401, '{"detail":"No active account found with the given credentials"}'],
  client_disabled: [401, '{"detail":"No active account found with the given credentials"}'],
  client_secret_missing: [401, '{"detail":"No active account found with the given credentials"}'],
  client_secret_invalid: [401, '{"detail":"No active account found with the given credentials"}'],
  client_is_public: [401, '{"detail":"No active account found with the given credentials"}'],
  client_scheme_unsupported: [401, '{"detail":"No active account found with the given credentials"}'],
  grant_unsupported: [400, '{}'],
  grant_not_enabled: [400, '{}'],
  scope_refused: [400, '{}'],
  code_unknown: [400, '{}'],
  code_expired: [400, '{}'],
  code_mismatch: [400, '{}'],
  code_reused: [400, '{}'],
  consent_withdrawn: [400, '{}'],
  device_undecided: [400, '{}'],
  device_too_early: [400, '{}'],
  device_denied: [400, '{}'],
  device_expired: [400, '{}'],
  not_found: [404, '{"detail":"Not found."}'],
  method_not_allowed: [405, '{"detail":"Method \\"GET\\" not allowed."}'],
  conflict: [409, '{"detail":"Conflict."}'],
  gone: [410, '{"detail":"Gone."}'],
  precondition_failed: [412, '{"detail":"Precondition failed."}'],
  request_refused: [400, '{"detail":"Bad request."}'],
  rate_limited: [429, '{"detail":"Request was throttled. Expected available in 1 second."}'],
  internal_error: [500, '{"detail":"A server error occurred."}'],
  dependency_unavailable: [503, '{"detail":"Service temporarily unavailable, try again later."}'],
};

describe('drf', () => {
  it.each(CODES)('answers %s', (code) => {
    const [status, expected] = ANSWERS[code];
    expect(render(code)).toMatchObject({ status, body: expected });
  });

  it('challenges with every 401, in one form, and with nothing else', () => {
    for (const code of CODES) {
      const { status, headers } = render(code);
      const governed = headers.filter((line) => !line.startsWith('Retry-After'));
      expect([code, governed]).toEqual([code, status === 401 ? CHALLENGED : PLAIN]);
    }
  });

  it('says the same in short of a token that is exchanged', () => {
    const exchanged = (code: ReasonCode, claim?: string): unknown => {
      const { status, body: text } = render(code, { concerns: 'refresh', claim });
      return [status, JSON.parse(text)];
    };
    const answer = (detail: string): unknown => [401, { detail, code: 'token_not_valid' }];
    expect(exchanged('token_malformed')).toEqual(answer('Token is invalid'));
    expect(exchanged('token_expired')).toEqual(answer('Token is expired'));
    expect(exchanged('token_type_refused')).toEqual(answer('Token has wrong type'));
    expect(exchanged('token_revoked')).toEqual(answer('Token is blacklisted'));
    expect(exchanged('token_reused')).toEqual(answer('Token is blacklisted'));
    expect(exchanged('token_claim_missing', 'exp')).toEqual(answer("Token has no 'exp' claim"));
    expect(exchanged('token_claim_missing', 'jti')).toEqual(answer('Token has no id'));
    expect(exchanged('token_claim_missing', 'token_type')).toEqual(answer('Token has no type'));
    expect(exchanged('token_claim_missing', 'user_id')).toEqual(answer('Token is invalid'));
    for (const code of ['subject_unknown', 'subject_inactive'] as const) {
      expect(exchanged(code)).toEqual([401, { detail: 'No active account found for the given token.' }]);
    }
  });

  it('answers 400 for a revoked token that is only looked at, and as before for others', () => {
    const looked = (code: ReasonCode): unknown => {
      const { status, headers, body: text } = render(code, { concerns: 'inspected' });
      return [status, headers, text];
    };
    const blacklisted = '{"non_field_errors":["Token is blacklisted"]}';
    expect(looked('token_revoked')).toEqual([400, PLAIN, blacklisted]);
    expect(looked('token_reused')).toEqual([400, PLAIN, blacklisted]);
    expect(looked('token_expired')).toEqual([
      401,
      CHALLENGED,
      '{"detail":"Token is expired","code":"token_not_valid"}',
    ]);
  });

  it('tells a token without a user from one that is invalid', () => {
    expect(body('token_claim_missing', { claim: 'user_id' })).toBe(
      '{"detail":"Token contained no recognizable user identification","code":"token_not_valid"}',
    );
    expect(body('token_claim_missing', { claim: 'constructor' })).toBe(INVALID);
  });

  it('legacyTokenMessages has one text for what is invalid and what is expired, and keeps the others', () => {
    const legacy = { legacyTokenMessages: true };
    const both = access('Token is invalid or expired');
    for (const code of ['token_malformed', 'token_signature_invalid', 'token_expired'] as const) {
      expect(body(code, {}, legacy)).toBe(both);
    }
    expect(body('token_type_refused', {}, legacy)).toBe(access('Token has wrong type'));
    expect(body('token_revoked', {}, legacy)).toBe(BLACKLISTED);
    expect(body('token_claim_missing', { claim: 'jti' }, legacy)).toBe(access('Token has no id'));
  });

  it('names every field that is wrong, in the order of the endpoint', () => {
    const fields = { b: 'missing', a: 'blank', c: 'null', d: 'type', e: 'value' } as const;
    expect(body('body_invalid', { fields })).toBe(
      '{"b":["This field is required."],"a":["This field may not be blank."],"c":["This field may not be null."],' +
        '"d":["Not a valid string."],"e":["Incorrect value"]}',
    );
  });

  it.each([
    ['list', 'list'],
    ['string', 'str'],
    ['integer', 'int'],
    ['float', 'float'],
    ['boolean', 'bool'],
  ] as const)('names a body that is a %s as the stack does', (received, word) => {
    expect(body('body_invalid', { received })).toBe(
      `{"non_field_errors":["Invalid data. Expected a dictionary, but got ${word}."]}`,
    );
  });

  it('has words of its own for a body of null', () => {
    expect(body('body_invalid', { received: 'null' })).toBe('{"non_field_errors":["No data provided"]}');
  });

  it('quotes what a client sent so that it ends no text', () => {
    const mediaType = 'a"b\\c\u2028';
    const sent = JSON.parse(body('body_media_type', { mediaType })) as unknown;
    expect(sent).toEqual({ detail: `Unsupported media type "${mediaType}" in request.` });
    const reply = drf().render(authError('method_not_allowed', { allow: ['POST', 'GET'] }), {
      ...CONTEXT,
      method: '"x"',
    });
    expect(JSON.parse(reply.body)).toEqual({ detail: 'Method ""x"" not allowed.' });
    expect(reply.headers).toContainEqual(['Allow', 'POST, GET']);
  });

  it.each([
    [60, '60', '60 seconds'],
    [1, '1', '1 second'],
    [0.4, '1', '1 second'],
    [1.2, '2', '2 seconds'],
    [0, '0', '0 seconds'],
  ])('AU-05 rounds %d seconds up, in the header and in the text', (retryAfterSeconds, header, text) => {
    const { headers, body: sent } = render('rate_limited', { retryAfterSeconds });
    expect(headers).toEqual([...PLAIN, `Retry-After: ${header}`]);
    expect(sent).toBe(`{"detail":"Request was throttled. Expected available in ${text}."}`);
  });

  it('takes its realm from the options', () => {
    expect(render('credentials_missing', {}, { realm: 'things' }).headers).toContain(
      'WWW-Authenticate: Bearer realm="things"',
    );
    expect(render('credentials_missing', {}, { realm: 'my "realm"\r\n' }).headers).toContain(
      'WWW-Authenticate: Bearer realm="my \\"realm\\""',
    );
  });

  it('keeps what a refusal concerns from one dialect to another', () => {
    const error = concerning('refresh', authError('token_expired'));
    expect(drf().render(error, CONTEXT).body).toBe('{"detail":"Token is expired","code":"token_not_valid"}');
  });

  it('refuses options that it does not know', () => {
    expect(complaint(() => drf({ relm: 'x' } as DrfOptions))).toMatch(/^option_unknown: .*"realm"/);
    expect(complaint(() => drf({ realm: '' }))).toMatch(/^option_invalid: drf.realm /);
  });
});
