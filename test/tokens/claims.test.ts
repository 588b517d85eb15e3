import { describe, expect, it } from 'vitest';
import { checkClaims, isExpired, type ClaimsProfile } from '../../src/tokens/claims.ts';

const NOW = 1_767_225_600;
const PROFILE: ClaimsProfile = {
  issuers: ['https://issuer.example', 'https://other.example'],
  audiences: ['api', 'https://api.example'],
  subjectClaim: 'sub',
  tokenType: null,
  required: [],
  expiryLeewaySeconds: 0,
  clockSkewSeconds: 60,
};
const GOOD = { iss: 'https://issuer.example', aud: 'api', sub: 'u1', iat: NOW, exp: NOW + 600 };

/** `accepted`, or the code of the refusal with the claim it is about. */
function judge(payload: unknown, profile: Partial<ClaimsProfile> = {}): string {
  const refusal = checkClaims(payload, { ...PROFILE, ...profile }, NOW);
  if (refusal === null) return 'accepted';
  return [refusal.code, refusal.details.claim].filter((part) => part !== undefined).join(' ');
}

function without(claim: string): unknown {
  return Object.fromEntries(Object.entries(GOOD).filter(([key]) => key !== claim));
}

describe('checkClaims', () => {
  it('accepts a payload that meets the profile', () => {
    expect(judge(GOOD)).toBe('accepted');
  });

  it.each([
    ['a list', [GOOD]],
    ['a string', 'sub'],
    ['a number', 7],
    ['null', null],
    ['undefined', undefined],
  ])('JWT-15 refuses a payload that is %s', (_, payload) => {
    expect(judge(payload)).toBe('token_malformed');
  });

  it.each([
    ['an hour ago', NOW - 3600, 'token_expired'],
    ['one second ago', NOW - 1, 'token_expired'],
    ['now', NOW, 'token_expired'],
    ['in a second', NOW + 1, 'accepted'],
    ['negative', -1, 'token_expired'],
    ['a string', String(NOW + 600), 'token_claim_invalid exp'],
    ['null', null, 'token_claim_invalid exp'],
    ['an object', {}, 'token_claim_invalid exp'],
    ['a list', [NOW + 600], 'token_claim_invalid exp'],
    ['true', true, 'token_claim_invalid exp'],
    ['infinite', JSON.parse('1e400') as number, 'token_claim_invalid exp'],
    ['not a number', Number.NaN, 'token_claim_invalid exp'],
    ['too large to be exact', 2 ** 53, 'token_claim_invalid exp'],
    ['a fraction', NOW + 600.5, 'token_claim_invalid exp'],
    ['absent', undefined, 'token_claim_missing exp'],
  ])('JWT-07 where exp is %s', (_, exp, expected) => {
    expect(judge({ ...GOOD, exp })).toBe(expected);
  });

  it('JWT-07 accepts a token past its expiry only within the leeway', () => {
    expect(judge({ ...GOOD, exp: NOW - 29 }, { expiryLeewaySeconds: 30 })).toBe('accepted');
    expect(judge({ ...GOOD, exp: NOW - 30 }, { expiryLeewaySeconds: 30 })).toBe('token_expired');
    expect(isExpired(NOW - 29, { ...PROFILE, expiryLeewaySeconds: 30 }, NOW)).toBe(false);
    expect(isExpired(NOW - 30, { ...PROFILE, expiryLeewaySeconds: 30 }, NOW)).toBe(true);
  });

  it.each(['nbf', 'iat'])('JWT-08 judges %s by the clock and the skew', (claim) => {
    expect(judge({ ...GOOD, [claim]: NOW - 86_400 })).toBe('accepted');
    expect(judge({ ...GOOD, [claim]: NOW + 60 })).toBe('accepted');
    expect(judge({ ...GOOD, [claim]: NOW + 61 })).toBe('token_not_yet_valid');
    expect(judge({ ...GOOD, [claim]: NOW + 600 })).toBe('token_not_yet_valid');
    expect(judge({ ...GOOD, [claim]: NOW + 86_400 })).toBe('token_not_yet_valid');
    expect(judge({ ...GOOD, [claim]: NOW + 1 }, { clockSkewSeconds: 0 })).toBe('token_not_yet_valid');
    expect(judge({ ...GOOD, [claim]: NOW + 0.5 })).toBe('accepted');
    expect(judge({ ...GOOD, [claim]: undefined })).toBe('accepted');
  });

  it.each(
    ['nbf', 'iat'].flatMap((claim) =>
      [String(NOW), null, {}, [NOW], true, Infinity].map((value) => ({ claim, value })),
    ),
  )('JWT-08 refuses $claim of the wrong type: $value', ({ claim, value }) => {
    expect(judge({ ...GOOD, [claim]: value })).toBe(`token_claim_invalid ${claim}`);
  });

  it.each([
    ['another', 'https://evil.example', 'token_issuer_refused'],
    ['a prefix', 'https://issuer.exampl', 'token_issuer_refused'],
    ['longer', 'https://issuer.example/', 'token_issuer_refused'],
    ['in another case', 'HTTPS://issuer.example', 'token_issuer_refused'],
    ['a list of the right one', ['https://issuer.example'], 'token_issuer_refused'],
    ['an object', { toString: 'https://issuer.example' }, 'token_issuer_refused'],
    ['null', null, 'token_issuer_refused'],
    ['empty', '', 'token_issuer_refused'],
    ['absent', undefined, 'token_claim_missing iss'],
    ['the second of those accepted', 'https://other.example', 'accepted'],
  ])('JWT-09 where iss is %s', (_, iss, expected) => {
    expect(judge({ ...GOOD, iss })).toBe(expected);
  });

  it.each([
    ['another', 'web', 'token_audience_refused'],
    ['a prefix', 'ap', 'token_audience_refused'],
    ['longer', 'api2', 'token_audience_refused'],
    ['in another case', 'API', 'token_audience_refused'],
    ['an empty list', [], 'token_audience_refused'],
    ['a list without it', ['web', 'app'], 'token_audience_refused'],
    ['an object', { 0: 'api' }, 'token_claim_invalid aud'],
    ['null', null, 'token_claim_invalid aud'],
    ['a number', 7, 'token_claim_invalid aud'],
    ['a list with something else in it', ['api', 7], 'token_claim_invalid aud'],
    ['a list in a list', [['api']], 'token_claim_invalid aud'],
    ['absent', undefined, 'token_claim_missing aud'],
    ['one of a list', ['web', 'api'], 'accepted'],
    ['the second of those accepted', 'https://api.example', 'accepted'],
  ])('JWT-10 where aud is %s', (_, aud, expected) => {
    expect(judge({ ...GOOD, aud })).toBe(expected);
  });

  it('JWT-09 JWT-10 refuses a token that names an issuer or audience where none is agreed', () => {
    const none = { issuers: null, audiences: null };
    expect(judge({ sub: 'u1', exp: NOW + 1 }, none)).toBe('accepted');
    expect(judge({ sub: 'u1', exp: NOW + 1, iss: 'x' }, none)).toBe('token_issuer_refused');
    expect(judge({ sub: 'u1', exp: NOW + 1, iss: null }, none)).toBe('token_issuer_refused');
    expect(judge({ sub: 'u1', exp: NOW + 1, aud: 'x' }, none)).toBe('token_audience_refused');
    expect(judge({ sub: 'u1', exp: NOW + 1, aud: [] }, none)).toBe('token_audience_refused');
  });

  it.each(
    ['typ', 'token_type', 'token_use'].flatMap((claim) =>
      ['refresh', 'Refresh', 'id', 'masquerade', 'Access', '', null, true, ['access']].map((value) => [
        claim,
        value,
      ]),
    ),
  )('JWT-11 refuses a token that calls itself something else: %s is %j', (claim, value) => {
    expect(judge({ ...GOOD, [claim as string]: value })).toBe('token_type_refused');
  });

  it.each(['access', 'Bearer', 'bearer'])('JWT-11 accepts a token that calls itself %s', (kind) => {
    expect(judge({ ...GOOD, typ: kind, token_type: kind, token_use: kind })).toBe('accepted');
  });

  it.each([
    ['the value', 'masquerade', 'accepted'],
    ['another', 'access', 'token_type_refused'],
    ['a list', ['masquerade'], 'token_type_refused'],
    ['null', null, 'token_type_refused'],
    ['absent', undefined, 'token_claim_missing kind'],
  ])('JWT-11 demands the configured kind: %s', (_, kind, expected) => {
    expect(judge({ ...GOOD, kind }, { tokenType: { claim: 'kind', value: 'masquerade' } })).toBe(expected);
  });

  it('JWT-11 judges the expiry before the kind, the issuer and the audience', () => {
    const wrong = { token_type: 'refresh', iss: 'elsewhere', aud: 'web' };
    expect(judge({ ...GOOD, ...wrong, exp: NOW - 1 })).toBe('token_expired');
    expect(judge({ ...GOOD, ...wrong, exp: undefined })).toBe('token_claim_missing exp');
    expect(judge({ ...GOOD, ...wrong })).toBe('token_type_refused');
  });

  it.each([
    ['absent', undefined, 'token_claim_missing sub'],
    ['empty', '', 'token_claim_invalid sub'],
    ['a number', 7, 'token_claim_invalid sub'],
    ['null', null, 'token_claim_invalid sub'],
    ['a list', ['u1'], 'token_claim_invalid sub'],
  ])('JWT-12 refuses a subject that is %s', (_, sub, expected) => {
    expect(judge({ ...GOOD, sub })).toBe(expected);
  });

  it('JWT-12 reads the subject from the configured claim', () => {
    expect(judge({ ...(without('sub') as object), uid: 'u1' }, { subjectClaim: 'uid' })).toBe('accepted');
    expect(judge(GOOD, { subjectClaim: 'uid' })).toBe('token_claim_missing uid');
    expect(judge(GOOD, { subjectClaim: 'constructor' })).toBe('token_claim_invalid constructor');
  });

  it('demands further claims, each a string', () => {
    const required = { required: ['jti', 'sid'] };
    expect(judge({ ...GOOD, jti: 'j', sid: 's' }, required)).toBe('accepted');
    expect(judge({ ...GOOD, jti: 'j' }, required)).toBe('token_claim_missing sid');
    expect(judge({ ...GOOD, jti: 1, sid: 's' }, required)).toBe('token_claim_invalid jti');
  });

  it('JWT-10 demands the one audience that the other claims call for, and refuses where there is none', () => {
    const audiences = (claims: { readonly azp?: unknown }): string | null =>
      claims.azp === 'web' ? 'web-api' : null;
    expect(judge({ ...GOOD, azp: 'web', aud: 'web-api' }, { audiences })).toBe('accepted');
    expect(judge({ ...GOOD, azp: 'web', aud: 'api' }, { audiences })).toBe('token_audience_refused');
    expect(judge({ ...GOOD, azp: 'app', aud: 'web-api' }, { audiences })).toBe('token_audience_refused');
    expect(judge({ ...GOOD, azp: 'app', aud: undefined }, { audiences })).toBe('token_claim_missing aud');
  });

  it('looks at a token that stands for nobody, of whatever kind it is', () => {
    const inspection = { tokenType: 'any', subjectClaim: null } as const;
    expect(judge({ ...GOOD, sub: undefined, typ: 'refresh', token_use: 'id' }, inspection)).toBe('accepted');
    expect(judge({ ...GOOD, sub: undefined, iss: 'x' }, inspection)).toBe('token_issuer_refused');
  });
});
