import { authError, type AuthError } from './errors.ts';
import type { Exchange } from './exchange.ts';

/** The one credential of a request, cut out of its header and not yet looked at. */
export interface Credential {
  /** The header it stood in, in lower case. */
  readonly header: string;
  /** The scheme word in lower case, or `null` where the header holds nothing but the credential. */
  readonly scheme: string | null;
  /** The credential itself. */
  readonly value: string;
}

/** Which credentials a strategy takes for its own. */
export interface CredentialClaim {
  /** Header names in lower case. Several are other names of one: the same credential in two of them is one credential. */
  readonly headers: readonly string[];
  /** The scheme word as it is written in challenges, or `null` where the header holds nothing but the credential. */
  readonly scheme: string | null;
  /** Whether the scheme word must be spelled as above; RFC 9110 section 11.1 lets it be in any case. */
  readonly exactSchemeCase?: boolean | undefined;
  /**
   * `jwt` claims three base64url parts, `opaque` any other token, `any` both. Two strategies may share a scheme when one
   * claims `jwt` and the other `opaque`.
   */
  readonly shape: 'jwt' | 'opaque' | 'any';
  /** `word`: exactly one word after any number of blanks. `verbatim`: all that follows exactly one space. */
  readonly value: 'word' | 'verbatim';
}

/** What reading the request's credential gave: which claim it falls under, that there is none, or why it is refused. */
export type CredentialReading =
  | { readonly kind: 'found'; readonly claim: CredentialClaim; readonly credential: Credential }
  | { readonly kind: 'refused'; readonly error: AuthError }
  | { readonly kind: 'absent'; readonly error: AuthError };

/**
 * Builds the reader for a set of claims. The reader takes time linear in the length of the headers, sees every line of
 * a repeated header, and refuses a request that brings more than one credential rather than choosing among them
 * (RFC 6750 section 2).
 *
 * @param claims The claims of all strategies of a chain; see {@link findOverlap} for what they must not share.
 */
export function credentialReader(
  claims: readonly CredentialClaim[],
): (exchange: Exchange) => CredentialReading {
  const headers = [...new Set(claims.flatMap((claim) => claim.headers))].map((name) =>
    headerTable(
      name,
      claims.filter((claim) => claim.headers.includes(name)),
    ),
  );

  return function readCredential(exchange) {
    let found: Found | undefined;
    let otherScheme = false;
    for (const header of headers) {
      const lines = exchange.headerLines(header.name);
      if (lines.length === 0) continue;
      if (lines.length > 1) return REPEATED;
      const reading = readLine(header, lines[0] as string);
      if (reading === null) continue;
      if (reading === 'other_scheme') otherScheme = true;
      else if (reading.kind === 'refused') return reading;
      else if (found === undefined) found = reading;
      else if (!sameUnderAlias(found, reading)) return REPEATED;
    }
    if (found !== undefined) return found;
    return otherScheme ? OTHER_SCHEME : NONE;
  };
}

/**
 * Finds two claims that could take the same credential, so that a chain in which the order of strategies would decide
 * who a request is can be refused at wiring.
 */
export function findOverlap(claims: readonly CredentialClaim[]): readonly [number, number] | null {
  for (const [i, a] of claims.entries()) {
    for (const [j, b] of claims.entries()) {
      if (j <= i || a.scheme?.toLowerCase() !== b.scheme?.toLowerCase()) continue;
      if (!a.headers.some((name) => b.headers.includes(name))) continue;
      // What a verbatim claim takes has no shape, so no other claim can be told apart from it.
      if (a.value === 'verbatim' || b.value === 'verbatim') return [i, j];
      if (a.shape === b.shape || a.shape === 'any' || b.shape === 'any') return [i, j];
    }
  }
  return null;
}

/** Three non-empty base64url parts, the compact form of RFC 7515 section 3.1. */
export function isJwtShaped(token: string): boolean {
  return JWT_SHAPE.test(token);
}

// The separator is in none of the classes, so the expression never backtracks over what it matched.
const JWT_SHAPE = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** `b64token` of RFC 6750 section 2.1. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

type Found = Extract<CredentialReading, { kind: 'found' }>;
type Refused = Extract<CredentialReading, { kind: 'refused' }>;

const NONE: CredentialReading = { kind: 'absent', error: authError('credentials_missing') };
const OTHER_SCHEME: CredentialReading = { kind: 'absent', error: authError('scheme_unsupported') };
const REPEATED: Refused = { kind: 'refused', error: authError('credentials_repeated') };
const JOINED: Refused = { kind: 'refused', error: authError('credentials_joined') };
const MALFORMED: Refused = { kind: 'refused', error: authError('credentials_malformed') };
const TOKEN_MALFORMED: Refused = { kind: 'refused', error: authError('token_malformed') };

/** The claims on one header, found by the scheme word without looking at each of them. */
interface HeaderTable {
  readonly name: string;
  /** By the scheme as a claim spells it: what nearly every client sends, found without cutting the word out. */
  readonly spellings: readonly Spelling[];
  /** By the scheme in lower case, without the claims that insist on their spelling. */
  readonly byLowerCase: ReadonlyMap<string, readonly CredentialClaim[]>;
  /** The claims on the whole header. */
  readonly bare: readonly CredentialClaim[];
}

interface Spelling {
  readonly word: string;
  readonly lower: string;
  readonly claims: readonly CredentialClaim[];
}

function headerTable(name: string, claims: readonly CredentialClaim[]): HeaderTable {
  const schemed = claims.filter((claim) => claim.scheme !== null);
  const takers = (word: string): readonly CredentialClaim[] =>
    schemed.filter(({ scheme, exactSchemeCase }) =>
      exactSchemeCase === true ? scheme === word : scheme?.toLowerCase() === word.toLowerCase(),
    );
  const spellings = [...new Set(schemed.map((claim) => claim.scheme as string))];
  const folded = schemed.filter((claim) => claim.exactSchemeCase !== true);
  return {
    name,
    spellings: spellings.map((word) => ({ word, lower: word.toLowerCase(), claims: takers(word) })),
    byLowerCase: new Map(
      folded.map((claim) => {
        const lower = (claim.scheme as string).toLowerCase();
        return [lower, folded.filter((other) => other.scheme?.toLowerCase() === lower)];
      }),
    ),
    bare: claims.filter((claim) => claim.scheme === null),
  };
}

function readLine(header: HeaderTable, line: string): Found | Refused | 'other_scheme' | null {
  if (line === '') return null;
  for (const { word, lower, claims } of header.spellings) {
    const end = word.length;
    if (line.startsWith(word) && (line.length === end || isBlank(line.charCodeAt(end)))) {
      return readValue(header.name, lower, line, startOfValue(line, end), claims);
    }
  }
  const blank = firstBlank(line);
  const lower = (blank === -1 ? line : line.slice(0, blank)).toLowerCase();
  const claims = header.byLowerCase.get(lower);
  if (claims !== undefined) {
    return readValue(header.name, lower, line, startOfValue(line, lower.length), claims);
  }
  return header.bare.length > 0 ? readValue(header.name, null, line, 0, header.bare) : 'other_scheme';
}

/** A tab stays with what follows: it is no space, and before a word it is a blank like any other. */
function startOfValue(line: string, endOfWord: number): number {
  return line.charCodeAt(endOfWord) === 0x20 ? endOfWord + 1 : endOfWord;
}

function readValue(
  header: string,
  scheme: string | null,
  line: string,
  start: number,
  claims: readonly CredentialClaim[],
): Found | Refused {
  const first = claims[0] as CredentialClaim;
  if (first.value === 'verbatim') {
    return { kind: 'found', claim: first, credential: { header, scheme, value: line.slice(start) } };
  }
  let from = start;
  while (isBlank(line.charCodeAt(from))) from += 1;
  const value = line.slice(from);
  // A comma without any blank is a byte like any other: it joins no two credentials, each of which has a scheme.
  if (firstBlank(value) !== -1) return value.includes(',') ? JOINED : MALFORMED;
  if (value === '') return MALFORMED;
  const claim = claims.length === 1 ? first : claims.find((each) => fits(each, value));
  if (claim === undefined) return TOKEN_MALFORMED;
  return { kind: 'found', claim, credential: { header, scheme, value } };
}

/** Blanks of RFC 9110 section 5.6.3 only: `trim` takes U+00A0 and others for blanks, which are bytes of a credential. */
function firstBlank(text: string): number {
  const space = text.indexOf(' ');
  const tab = text.indexOf('\t');
  return tab === -1 ? space : space === -1 ? tab : Math.min(space, tab);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function fits(claim: CredentialClaim, value: string): boolean {
  if (claim.shape === 'any') return true;
  return claim.shape === 'jwt' ? isJwtShaped(value) : TOKEN.test(value) && !isJwtShaped(value);
}

/** Whether two headers, which are other names of one, brought the same credential. */
function sameUnderAlias(a: Found, b: Found): boolean {
  return a.claim === b.claim && a.credential.value === b.credential.value;
}
