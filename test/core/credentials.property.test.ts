import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { credentialReader, findOverlap, type CredentialClaim } from '../../src/core/credentials.ts';
import { exchangeWith, type FakeHeaders } from '../support/fake-exchange.ts';

const HEADERS = ['authorization', 'authentication', 'x-api-key'];

const claim: fc.Arbitrary<CredentialClaim> = fc.record({
  headers: fc.uniqueArray(fc.constantFrom(...HEADERS), { minLength: 1 }),
  scheme: fc.constantFrom('Bearer', 'Api-Key', null),
  exactSchemeCase: fc.boolean(),
  shape: fc.constantFrom('jwt', 'opaque', 'any'),
  value: fc.constantFrom('word', 'verbatim'),
});

/** Lines in which credentials, near misses and noise are all likely. */
const line = fc.oneof(
  fc
    .array(
      fc.constantFrom('Bearer', 'bearer', 'Api-Key', 'a.b.c', 'abc', 'k==', ' ', '\t', ',', '\u00a0', '"'),
      {
        maxLength: 6,
      },
    )
    .map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary' }),
);
const headers: fc.Arbitrary<FakeHeaders> = fc.dictionary(
  fc.constantFrom(...HEADERS),
  fc.array(line, { maxLength: 3 }),
);

describe('credentialReader', () => {
  it('BT-06 agrees with a naive reading of the same rules, whatever the headers hold', () => {
    fc.assert(
      fc.property(fc.array(claim, { minLength: 1, maxLength: 3 }), headers, (claims, sent) => {
        fc.pre(findOverlap(claims) === null);
        const reading = credentialReader(claims)(exchangeWith(sent));
        const said =
          reading.kind === 'found'
            ? { index: claims.indexOf(reading.claim), ...reading.credential }
            : reading.error.code;
        expect(said).toEqual(naively(claims, sent));
      }),
      { numRuns: 3000 },
    );
  });

  it('BT-05 never depends on the order of the claims', () => {
    fc.assert(
      fc.property(fc.array(claim, { minLength: 2, maxLength: 3 }), headers, (claims, sent) => {
        fc.pre(findOverlap(claims) === null);
        const forwards = credentialReader(claims)(exchangeWith(sent));
        const backwards = credentialReader(claims.toReversed())(exchangeWith(sent));
        expect(backwards.kind === 'found' ? backwards.claim : backwards.kind).toBe(
          forwards.kind === 'found' ? forwards.claim : forwards.kind,
        );
      }),
      { numRuns: 2000 },
    );
  });
});

interface Taken {
  readonly index: number;
  readonly header: string;
  readonly scheme: string | null;
  readonly value: string;
}

/** The rules of the reader's documentation, one after the other and without a thought for speed. */
function naively(claims: readonly CredentialClaim[], sent: FakeHeaders): Taken | string {
  const taken: Taken[] = [];
  let otherScheme = false;
  for (const header of new Set(claims.flatMap((each) => each.headers))) {
    const lines = [sent[header] ?? []].flat();
    if (lines.length > 1) return 'credentials_repeated';
    const text = lines[0] ?? '';
    if (text === '') continue;
    const result = naiveLine(claims, header, text);
    if (result === 'other') otherScheme = true;
    else if (typeof result === 'string') return result;
    else {
      const [earlier] = taken;
      if (earlier !== undefined && (earlier.index !== result.index || earlier.value !== result.value)) {
        return 'credentials_repeated';
      }
      if (earlier === undefined) taken.push(result);
    }
  }
  return taken[0] ?? (otherScheme ? 'scheme_unsupported' : 'credentials_missing');
}

function naiveLine(claims: readonly CredentialClaim[], header: string, text: string): Taken | string {
  const [word = ''] = text.split(/[ \t]/, 1);
  const here = claims.filter((each) => each.headers.includes(header));
  const sameWord = here.filter(({ scheme, exactSchemeCase }) =>
    exactSchemeCase === true
      ? scheme === word
      : scheme !== null && scheme.toLowerCase() === word.toLowerCase(),
  );
  const candidates = sameWord.length > 0 ? sameWord : here.filter(({ scheme }) => scheme === null);
  if (candidates.length === 0) return 'other';
  const scheme = sameWord.length > 0 ? word.toLowerCase() : null;
  const rest = sameWord.length > 0 ? text.slice(word.length).replace(/^ /, '') : text;
  const verbatim = candidates.find(({ value }) => value === 'verbatim');
  if (verbatim !== undefined) return { index: claims.indexOf(verbatim), header, scheme, value: rest };
  const words = rest.replace(/^[ \t]+/, '').split(/[ \t]/);
  const [value = ''] = words;
  if (words.length !== 1 && rest.includes(',')) return 'credentials_joined';
  if (words.length !== 1 || value === '') return 'credentials_malformed';
  const jwt = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value);
  const opaque = !jwt && /^[\w.~+/-]+=*$/.test(value);
  const chosen =
    candidates.length === 1
      ? candidates[0]
      : candidates.find(({ shape }) => (shape === 'jwt' && jwt) || (shape === 'opaque' && opaque));
  return chosen === undefined ? 'token_malformed' : { index: claims.indexOf(chosen), header, scheme, value };
}
