import { describe, expect, it } from 'vitest';
import {
  credentialReader,
  findOverlap,
  isJwtShaped,
  type CredentialClaim,
  type CredentialReading,
} from '../../src/core/credentials.ts';
import { exchangeWith, type FakeHeaders } from '../support/fake-exchange.ts';

const BEARER: CredentialClaim = { headers: ['authorization'], scheme: 'Bearer', shape: 'any', value: 'word' };
const JWT: CredentialClaim = { ...BEARER, shape: 'jwt' };
const OPAQUE: CredentialClaim = { ...BEARER, shape: 'opaque' };
const TWO_HEADERS: CredentialClaim = { ...BEARER, headers: ['authorization', 'authentication'] };
const API_KEY: CredentialClaim = { headers: ['x-api-key'], scheme: null, shape: 'any', value: 'word' };
const VERBATIM: CredentialClaim = { ...BEARER, scheme: 'Api-Key', value: 'verbatim' };

function read(claims: readonly CredentialClaim[], headers: FakeHeaders): CredentialReading {
  return credentialReader(claims)(exchangeWith(headers));
}

/** The credential's value when one was found, otherwise the code of the refusal. */
function outcome(claims: readonly CredentialClaim[], headers: FakeHeaders): string {
  const reading = read(claims, headers);
  return reading.kind === 'found' ? reading.credential.value : `${reading.kind}: ${reading.error.code}`;
}

describe('credentialReader', () => {
  it('finds the one credential, with the header and the scheme it stood under', () => {
    expect(read([BEARER], { authorization: 'Bearer abc' })).toEqual({
      kind: 'found',
      claim: BEARER,
      credential: { header: 'authorization', scheme: 'bearer', value: 'abc' },
    });
  });

  it.each([
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER abc', 'abc'],
    ['bEaReR abc', 'abc'],
    ['Bearer  abc', 'abc'],
    ['Bearer\tabc', 'abc'],
    ['Bearer \t abc', 'abc'],
    ['Bearer a=b', 'a=b'],
  ])('BT-03 BT-06 reads %j', (line, value) => {
    expect(outcome([BEARER], { authorization: line })).toBe(value);
  });

  it.each([
    ['nothing', {}, 'absent: credentials_missing'],
    ['an empty header', { authorization: '' }, 'absent: credentials_missing'],
    ['another scheme', { authorization: 'Basic abc' }, 'absent: scheme_unsupported'],
    ['a token without scheme', { authorization: 'abc' }, 'absent: scheme_unsupported'],
    ['a blank first', { authorization: ' Bearer abc' }, 'absent: scheme_unsupported'],
    ['a scheme with a suffix', { authorization: 'BearerX abc' }, 'absent: scheme_unsupported'],
    ['a comma after the scheme', { authorization: 'Bearer, abc' }, 'absent: scheme_unsupported'],
    ['the scheme alone', { authorization: 'Bearer' }, 'refused: credentials_malformed'],
    ['the scheme alone in another case', { authorization: 'bearer' }, 'refused: credentials_malformed'],
    [
      'a second word after a tab, the scheme in another case',
      { authorization: 'bearer abc\tdef' },
      'refused: credentials_malformed',
    ],
    [
      'a second word after a blank, the scheme in another case before a tab',
      { authorization: 'bearer\tabc def' },
      'refused: credentials_malformed',
    ],
    ['the scheme and blanks', { authorization: 'Bearer \t ' }, 'refused: credentials_malformed'],
    ['a second word', { authorization: 'Bearer abc def' }, 'refused: credentials_malformed'],
    ['a second word after a tab', { authorization: 'Bearer abc\tdef' }, 'refused: credentials_malformed'],
    ['a blank at the end', { authorization: 'Bearer abc ' }, 'refused: credentials_malformed'],
    ['two joined', { authorization: 'Bearer abc,Bearer def' }, 'refused: credentials_joined'],
    ['two joined with a blank', { authorization: 'Bearer abc, Bearer def' }, 'refused: credentials_joined'],
    ['two joined before a blank', { authorization: 'Bearer abc ,Bearer def' }, 'refused: credentials_joined'],
    ['a comma and a blank', { authorization: 'Bearer abc, ' }, 'refused: credentials_joined'],
    ['two lines', { authorization: ['Bearer abc', 'Bearer def'] }, 'refused: credentials_repeated'],
    ['the same line twice', { authorization: ['Bearer abc', 'Bearer abc'] }, 'refused: credentials_repeated'],
    ['two empty lines', { authorization: ['', ''] }, 'refused: credentials_repeated'],
    [
      'another scheme on a second line',
      { authorization: ['Bearer a', 'Basic b'] },
      'refused: credentials_repeated',
    ],
  ])('BT-05 BT-06 judges %s', (_, headers: FakeHeaders, expected) => {
    expect(outcome([BEARER], headers)).toBe(expected);
  });

  it.each(['a,b', 'abc,', ',abc', ',', 'a.b.c,d.e.f'])(
    'BT-05 takes %j for one word, which fits no token',
    (value) => {
      expect(outcome([BEARER], { authorization: `Bearer ${value}` })).toBe(value);
      expect(outcome([JWT, OPAQUE], { authorization: `Bearer ${value}` })).toBe('refused: token_malformed');
    },
  );

  it.each(['\u00a0', '\u0085', '\u2003', '\u3000', '\ufeff', '\v', '\f', '\u2028'])(
    'BT-07 takes %j for no blank: it stays part of the credential, which then fits no token',
    (character) => {
      expect(outcome([BEARER], { authorization: `Bearer ${character}abc` })).toBe(`${character}abc`);
      expect(outcome([BEARER], { authorization: `Bearer${character}abc` })).toBe(
        'absent: scheme_unsupported',
      );
    },
  );

  it('matches the scheme as it is spelled where that is asked for', () => {
    const exact = { ...BEARER, exactSchemeCase: true };
    expect(outcome([exact], { authorization: 'Bearer abc' })).toBe('abc');
    expect(outcome([exact], { authorization: 'bearer abc' })).toBe('absent: scheme_unsupported');
    expect(outcome([exact], { authorization: 'Bearer' })).toBe('refused: credentials_malformed');
  });

  it('reads a verbatim credential with everything after one space, commas and blanks included', () => {
    expect(outcome([VERBATIM], { authorization: 'Api-Key  a, b ' })).toBe(' a, b ');
    expect(outcome([VERBATIM], { authorization: 'Api-Key\ta' })).toBe('\ta');
    expect(outcome([VERBATIM], { authorization: 'Api-Key' })).toBe('');
  });

  it('takes a whole header for the credential where the claim has no scheme', () => {
    expect(read([API_KEY], { 'x-api-key': 'abc' })).toMatchObject({
      kind: 'found',
      credential: { header: 'x-api-key', scheme: null, value: 'abc' },
    });
    expect(outcome([API_KEY], { 'x-api-key': 'abc def' })).toBe('refused: credentials_malformed');
    expect(outcome([API_KEY], { 'x-api-key': 'abc, def' })).toBe('refused: credentials_joined');
  });

  it('takes a credential for that of its own header and its own scheme only', () => {
    expect(outcome([BEARER, API_KEY], { authorization: 'abc' })).toBe('absent: scheme_unsupported');
    expect(outcome([BEARER, API_KEY], { 'x-api-key': 'Bearer abc' })).toBe('refused: credentials_malformed');
    for (const word of ['Bearer', 'bearer']) {
      expect(read([VERBATIM, BEARER], { authorization: `${word} abc` })).toMatchObject({ claim: BEARER });
    }
    for (const word of ['Api-Key', 'api-key']) {
      expect(read([BEARER, VERBATIM], { authorization: `${word} abc` })).toMatchObject({ claim: VERBATIM });
    }
  });

  it('prefers a claim with a scheme to one without on the same header', () => {
    const bare: CredentialClaim = { ...API_KEY, headers: ['authorization'] };
    expect(read([bare, BEARER], { authorization: 'Bearer abc' })).toMatchObject({ claim: BEARER });
    expect(read([bare, BEARER], { authorization: 'abc' })).toMatchObject({ claim: bare });
  });

  describe('with two claims under one scheme', () => {
    it('gives each credential to the claim of its shape', () => {
      expect(read([JWT, OPAQUE], { authorization: 'Bearer a.b.c' })).toMatchObject({ claim: JWT });
      expect(read([OPAQUE, JWT], { authorization: 'Bearer a.b.c' })).toMatchObject({ claim: JWT });
      expect(read([JWT, OPAQUE], { authorization: 'Bearer a.b' })).toMatchObject({ claim: OPAQUE });
      expect(read([JWT, OPAQUE], { authorization: 'Bearer a.b.c.d' })).toMatchObject({ claim: OPAQUE });
      expect(read([JWT, OPAQUE], { authorization: 'Bearer abc==' })).toMatchObject({ claim: OPAQUE });
    });

    it.each(['a"b', 'a=b', '\u00e9', 'a\u0000b', '{}', '='])(
      'refuses %j, which has neither shape',
      (token) => {
        expect(outcome([JWT, OPAQUE], { authorization: `Bearer ${token}` })).toBe('refused: token_malformed');
      },
    );
  });

  it('keeps a claim that insists on its spelling apart from one of another spelling', () => {
    const exact: CredentialClaim = { ...JWT, exactSchemeCase: true };
    const folded: CredentialClaim = { ...OPAQUE, scheme: 'BEARER' };
    expect(read([exact, folded], { authorization: 'Bearer a.b.c' })).toMatchObject({ claim: exact });
    expect(read([exact, folded], { authorization: 'Bearer abc' })).toMatchObject({ claim: folded });
    expect(read([exact, folded], { authorization: 'BEARER a.b.c' })).toMatchObject({ claim: folded });
    expect(read([exact, folded], { authorization: 'bearer a.b.c' })).toMatchObject({ claim: folded });
  });

  describe('with two headers', () => {
    it.each([
      ['the same credential in both', 'Bearer abc', 'Bearer abc', 'abc'],
      ['the same credential, the scheme in another case', 'Bearer abc', 'bearer abc', 'abc'],
      ['two credentials', 'Bearer abc', 'Bearer abd', 'refused: credentials_repeated'],
      ['an unsupported scheme beside it', 'Basic xyz', 'Bearer abc', 'abc'],
      ['an unsupported scheme after it', 'Bearer abc', 'Basic xyz', 'abc'],
      ['a malformed one beside it', 'Bearer', 'Bearer abc', 'refused: credentials_malformed'],
      ['a malformed one after it', 'Bearer abc', 'Bearer', 'refused: credentials_malformed'],
      ['an empty one beside it', '', 'Bearer abc', 'abc'],
    ])('BT-05 judges %s', (_, authorization, authentication, expected) => {
      expect(outcome([TWO_HEADERS], { authorization, authentication })).toBe(expected);
    });

    it('BT-05 refuses the credentials of two strategies in one request', () => {
      const headers = { authorization: 'Bearer abc', 'x-api-key': 'abc' };
      expect(outcome([BEARER, API_KEY], headers)).toBe('refused: credentials_repeated');
      expect(outcome([API_KEY, BEARER], headers)).toBe('refused: credentials_repeated');
    });

    it('BT-05 refuses a second header that is repeated, even when the first has the credential', () => {
      const headers = { authorization: 'Bearer abc', 'x-api-key': ['k', 'k'] };
      expect(outcome([BEARER, API_KEY], headers)).toBe('refused: credentials_repeated');
    });
  });
});

describe('findOverlap', () => {
  it.each<[string, CredentialClaim, CredentialClaim, readonly [number, number] | null]>([
    ['the same claim twice', BEARER, BEARER, [0, 1]],
    ['the scheme in another case', BEARER, { ...BEARER, scheme: 'BEARER' }, [0, 1]],
    ['jwt and jwt', JWT, JWT, [0, 1]],
    ['any and jwt', BEARER, JWT, [0, 1]],
    ['opaque and any', OPAQUE, BEARER, [0, 1]],
    ['jwt and opaque', JWT, OPAQUE, null],
    ['another scheme', BEARER, VERBATIM, null],
    ['one shared header of two', TWO_HEADERS, { ...BEARER, headers: ['x', 'authentication'] }, [0, 1]],
    ['another header', BEARER, { ...BEARER, headers: ['authentication'] }, null],
    ['two without scheme', API_KEY, API_KEY, [0, 1]],
    ['with and without scheme', BEARER, { ...API_KEY, headers: ['authorization'] }, null],
    ['a verbatim one, which has no shape', JWT, { ...OPAQUE, value: 'verbatim' }, [0, 1]],
    ['a verbatim one first', { ...OPAQUE, value: 'verbatim' }, JWT, [0, 1]],
  ])('judges %s', (_, a, b, expected) => {
    expect(findOverlap([a, b])).toEqual(expected);
  });

  it('names the two that overlap among several', () => {
    expect(findOverlap([VERBATIM, API_KEY, OPAQUE, JWT, OPAQUE])).toEqual([2, 4]);
  });
});

describe('isJwtShaped', () => {
  it.each(['a.b.c', 'A-Z_9.0.x', 'ab.cd.ef'])('says yes to %s', (token) => {
    expect(isJwtShaped(token)).toBe(true);
  });

  it.each([
    '',
    'a',
    'a.b',
    'a.b.',
    '.b.c',
    'a..c',
    'a.b.c.d',
    'a.b.c ',
    'a.b.c\n',
    'a.b.c=',
    'a+b.c.d',
    'a/b.c.d',
  ])('says no to %j', (token) => {
    expect(isJwtShaped(token)).toBe(false);
  });
});
