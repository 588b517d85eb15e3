import { describe, expect, it } from 'vitest';
import { JwtBearerStrategy, type JwtBearerOptions } from '../../strategies/jwt-bearer.ts';
import { complaint } from '../support/complaint.ts';
import { TEST_SECRET } from '../support/jwt-forge.ts';

const GOOD: JwtBearerOptions = { algorithm: 'HS256', keys: TEST_SECRET, issuer: null, audience: null };
const findUser = (): { active: boolean } => ({ active: true });

/** What constructing with these options in place of, or beside, the good ones is refused with. */
function judge(options: object): string {
  return complaint(() => new JwtBearerStrategy({ ...GOOD, ...options }));
}

const ALGORITHMS =
  '"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"';

describe('new JwtBearerStrategy', () => {
  it('accepts the least that it needs', () => {
    expect(judge({})).toBe('nothing was thrown');
    expect(new JwtBearerStrategy(GOOD)).toMatchObject({
      name: 'jwt-bearer',
      claims: [
        { headers: ['authorization'], scheme: 'Bearer', exactSchemeCase: false, shape: 'jwt', value: 'word' },
      ],
    });
  });

  it('has the name and reads the headers that it is given, in any case', () => {
    const options = { name: 'mine', headers: ['Authorization', 'X-Token'], exactSchemeCase: true };
    expect(new JwtBearerStrategy({ ...GOOD, ...options })).toMatchObject({
      name: 'mine',
      claims: [{ headers: ['authorization', 'x-token'], exactSchemeCase: true }],
    });
  });

  it.each([undefined, null, 'secret', 42, [], () => GOOD])(
    'refuses %s in place of the options',
    (options) => {
      expect(complaint(() => new JwtBearerStrategy(options as never))).toMatch(
        /^option_invalid: JwtBearerStrategy: options must be an object, not /,
      );
    },
  );

  it.each([
    ['algorithm', `option_missing: JwtBearerStrategy.algorithm is required: give one of ${ALGORITHMS}.`],
    [
      'keys',
      'option_missing: JwtBearerStrategy.keys is required: give the secret or key that tokens are verified with.',
    ],
    [
      'issuer',
      'option_missing: JwtBearerStrategy.issuer is required: give the issuer of the tokens, or null for tokens that name none.',
    ],
    [
      'audience',
      'option_missing: JwtBearerStrategy.audience is required: give what the tokens must be made for, or null for tokens that name no audience.',
    ],
  ])('JWT-02 JWT-09 JWT-10 is never without %s, whose absence would switch a check off', (name, message) => {
    const options = Object.fromEntries(Object.entries(GOOD).filter(([key]) => key !== name));
    expect(complaint(() => new JwtBearerStrategy(options as never))).toBe(message);
    expect(judge({ [name]: undefined })).toBe(message);
  });

  it.each<[string, unknown, string]>([
    [
      'algorithm',
      'none',
      `option_invalid: JwtBearerStrategy.algorithm must be one of ${ALGORITHMS}, not a string.`,
    ],
    [
      'algorithm',
      'hs256',
      `option_invalid: JwtBearerStrategy.algorithm must be one of ${ALGORITHMS}, not a string. Did you mean "HS256"?`,
    ],
    [
      'algorithm',
      'EdDSA',
      `option_invalid: JwtBearerStrategy.algorithm must be one of ${ALGORITHMS}, not a string.`,
    ],
    [
      'algorithm',
      ['HS256'],
      `option_invalid: JwtBearerStrategy.algorithm must be one of ${ALGORITHMS}, not a list.`,
    ],
    [
      'algorithm',
      null,
      `option_invalid: JwtBearerStrategy.algorithm must be one of ${ALGORITHMS}, not null.`,
    ],
    [
      'issuer',
      '',
      'option_invalid: JwtBearerStrategy.issuer must be a string that is not empty, not an empty string.',
    ],
    [
      'issuer',
      [],
      'option_invalid: JwtBearerStrategy.issuer must be a list that is not empty, not an empty list.',
    ],
    [
      'issuer',
      /issuer/g,
      'option_invalid: JwtBearerStrategy.issuer must be a string that is not empty, not an object.',
    ],
    [
      'issuer',
      ['a', null],
      'option_invalid: JwtBearerStrategy.issuer[1] must be a string that is not empty, not null.',
    ],
    [
      'issuer',
      false,
      'option_invalid: JwtBearerStrategy.issuer must be a string that is not empty, not false.',
    ],
    [
      'audience',
      '',
      'option_invalid: JwtBearerStrategy.audience must be a string that is not empty, not an empty string.',
    ],
    [
      'audience',
      [],
      'option_invalid: JwtBearerStrategy.audience must be a list that is not empty, not an empty list.',
    ],
    [
      'audience',
      [/api/],
      'option_invalid: JwtBearerStrategy.audience[0] must be a string that is not empty, not an object.',
    ],
    [
      'name',
      '',
      'option_invalid: JwtBearerStrategy.name must be a string that is not empty, not an empty string.',
    ],
    [
      'headers',
      [],
      'option_invalid: JwtBearerStrategy.headers must be a list that is not empty, not an empty list.',
    ],
    [
      'headers',
      [7],
      'option_invalid: JwtBearerStrategy.headers[0] must be a string that is not empty, not the number 7.',
    ],
    [
      'exactSchemeCase',
      'no',
      'option_invalid: JwtBearerStrategy.exactSchemeCase must be true or false, not a string.',
    ],
    [
      'typ',
      '',
      'option_invalid: JwtBearerStrategy.typ must be a string that is not empty, not an empty string.',
    ],
    ['typ', null, 'option_invalid: JwtBearerStrategy.typ must be a string that is not empty, not null.'],
    [
      'subjectClaim',
      7,
      'option_invalid: JwtBearerStrategy.subjectClaim must be a string that is not empty, not the number 7.',
    ],
    [
      'tokenType',
      'access',
      'option_invalid: JwtBearerStrategy.tokenType: options must be an object, not a string.',
    ],
    [
      'tokenType',
      { claim: 'typ' },
      'option_missing: JwtBearerStrategy.tokenType.value is required: give a string that is not empty.',
    ],
    [
      'tokenType',
      { value: 'access' },
      'option_missing: JwtBearerStrategy.tokenType.claim is required: give a string that is not empty.',
    ],
    [
      'tokenType',
      { claim: 'typ', values: 'a' },
      'option_unknown: JwtBearerStrategy.tokenType: unknown option "values"; did you mean "value"?',
    ],
    [
      'requiredClaims',
      [],
      'option_invalid: JwtBearerStrategy.requiredClaims must be a list that is not empty, not an empty list.',
    ],
    [
      'requiredClaims',
      [''],
      'option_invalid: JwtBearerStrategy.requiredClaims[0] must be a string that is not empty, not an empty string.',
    ],
    [
      'expiryLeewaySeconds',
      61,
      'option_invalid: JwtBearerStrategy.expiryLeewaySeconds must be a whole number from 0 to 60, not the number 61.',
    ],
    [
      'expiryLeewaySeconds',
      -1,
      'option_invalid: JwtBearerStrategy.expiryLeewaySeconds must be a whole number from 0 to 60, not the number -1.',
    ],
    [
      'expiryLeewaySeconds',
      Number.NaN,
      'option_invalid: JwtBearerStrategy.expiryLeewaySeconds must be a whole number from 0 to 60, not the number NaN.',
    ],
    [
      'clockSkewSeconds',
      Infinity,
      'option_invalid: JwtBearerStrategy.clockSkewSeconds must be a whole number from 0 to 60, not the number Infinity.',
    ],
    [
      'clockSkewSeconds',
      '60',
      'option_invalid: JwtBearerStrategy.clockSkewSeconds must be a whole number from 0 to 60, not a string.',
    ],
    [
      'clockSkewSeconds',
      61,
      'option_invalid: JwtBearerStrategy.clockSkewSeconds must be a whole number from 0 to 60, not the number 61.',
    ],
    ['principal', {}, 'option_invalid: JwtBearerStrategy.principal must be a function, not an object.'],
    ['findUser', 'users', 'option_invalid: JwtBearerStrategy.findUser must be a function, not a string.'],
    ['revoked', new Set(), 'option_invalid: JwtBearerStrategy.revoked must be a function, not an object.'],
    [
      'accountCheck',
      'each-request',
      'option_conflict: JwtBearerStrategy.accountCheck says how often to ask findUser; give findUser as well.',
    ],
    [
      'cacheSize',
      -1,
      'option_invalid: JwtBearerStrategy.cacheSize must be a whole number from 0 to 10000000, not the number -1.',
    ],
    [
      'cacheSize',
      Infinity,
      'option_invalid: JwtBearerStrategy.cacheSize must be a whole number from 0 to 10000000, not the number Infinity.',
    ],
    [
      'clock',
      { now: 7 },
      'option_invalid: JwtBearerStrategy.clock must be a clock, which has a method "now", not an object.',
    ],
    ['issuers', 'a', 'option_unknown: JwtBearerStrategy: unknown option "issuers"; did you mean "issuer"?'],
    [
      'algorithms',
      ['HS256'],
      'option_unknown: JwtBearerStrategy: unknown option "algorithms"; did you mean "algorithm"?',
    ],
  ])('refuses %s: %j', (name, value, message) => {
    expect(judge({ [name]: value })).toBe(message);
  });

  it.each(['clockTolerance', 'ignoreExpiration', 'secretOrKey'])(
    'refuses %s, which it does not know',
    (name) => {
      expect(judge({ [name]: true })).toMatch(
        /^option_unknown: JwtBearerStrategy: unknown option "[a-zA-Z]+"; known options are algorithm, keys, issuer, /,
      );
    },
  );

  it.each([
    [
      'never',
      'option_invalid: JwtBearerStrategy.accountCheck must be "each-request", "at-issue" or { maxAgeSeconds } with 1 to 3600 seconds.',
    ],
    [
      { maxAgeSeconds: 0 },
      'option_invalid: JwtBearerStrategy.accountCheck.maxAgeSeconds must be a whole number from 1 to 3600, not the number 0.',
    ],
    ['at-issue', 'nothing was thrown'],
    [{ maxAgeSeconds: 60 }, 'nothing was thrown'],
  ])('judges the accountCheck %j', (accountCheck, message) => {
    expect(judge({ findUser, accountCheck })).toBe(message);
  });
});
