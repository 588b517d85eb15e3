import { isUtf8 } from 'node:buffer';
import { authError, type AuthError } from '../core/errors.ts';
import { JWT_ALGORITHMS, type JwtAlgorithm } from './algorithms.ts';

/** The header of a token that may go on to the library. */
export interface JwtHeader {
  readonly algorithm: JwtAlgorithm;
  readonly kid: string | null;
}

export interface JwtGateOptions {
  /** The only algorithms that pass. */
  readonly algorithms: ReadonlySet<JwtAlgorithm>;
  /** The value of the header's `typ`. `JWT` may be left out of a token (RFC 7519 section 5.1); any other must be there. */
  readonly typ: string;
}

/** The longest token that is looked at, in characters. */
export const MAX_JWT_CHARACTERS = 8192;

/**
 * Builds the strict gate in front of the JWT library, which accepts what it should not: several spellings of one
 * signature, any `crit`, and headers it does not understand. What passes is one canonical compact JWS.
 *
 * @returns A function that gives the header, or why the token is refused. It takes time linear in the token's length.
 * @see RFC 7515 sections 4.1.11 and 7.1, RFC 8725 sections 3.1 and 3.11
 */
export function jwtGate(options: JwtGateOptions): (token: string) => JwtHeader | AuthError {
  // Tokens of one issuer share a handful of headers; each distinct one is decoded once.
  const seen = new Map<string, JwtHeader | AuthError>();

  return function passGate(token) {
    if (token.length > MAX_JWT_CHARACTERS || !COMPACT.test(token)) return MALFORMED;
    const first = token.indexOf('.');
    const last = token.lastIndexOf('.');
    if (
      !isCanonical(token, 0, first) ||
      !isCanonical(token, first + 1, last) ||
      !isCanonical(token, last + 1, token.length) ||
      !isObjectText(token.slice(first + 1, last))
    ) {
      return MALFORMED;
    }
    const segment = token.slice(0, first);
    let header = seen.get(segment);
    if (header === undefined) {
      header = readHeader(segment, options);
      if (seen.size < MOST_HEADERS) seen.set(segment, header);
    }
    return header;
  };
}

const MALFORMED = authError('token_malformed');
const MOST_HEADERS = 64;

const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** By character code: how many low bits of the six are zero, for the check of the last character. */
const VALUE = new Uint8Array(128);
for (let i = 0; i < BASE64URL.length; i++) VALUE[BASE64URL.charCodeAt(i)] = i;

/**
 * Whether a base64url text is the only one of its bytes: no length that encodes nothing, and no bits set in the last
 * character that decoding drops (RFC 4648 section 3.5). Otherwise one token would have several spellings.
 */
function isCanonical(text: string, start: number, end: number): boolean {
  const rest = (end - start) % 4;
  if (rest === 0) return true;
  if (rest === 1) return false;
  const value = VALUE[text.charCodeAt(end - 1)] as number;
  return rest === 2 ? (value & 0b1111) === 0 : (value & 0b11) === 0;
}

/**
 * Whether base64url text holds what can be the text of a JSON object. The library fails on the payload `null`, and reads
 * broken UTF-8 as U+FFFD, so that several payloads would come to the same claims (RFC 7519 section 7.2).
 */
function isObjectText(encoded: string): boolean {
  const length = scratch.write(encoded, 0, 'base64url');
  let first = 0;
  while (first < length && isJsonBlank(scratch[first] as number)) first += 1;
  if (scratch[first] !== 0x7b || first === length) return false;
  for (let index = first; index < length; index++) {
    if ((scratch[index] as number) > 0x7f) return isUtf8(scratch.subarray(0, length));
  }
  return true;
}

/** Decoding into one place, which no call outlives, spares a buffer for each token. */
const scratch = Buffer.alloc(MAX_JWT_CHARACTERS);

/** Blank, tab, line feed and carriage return (RFC 8259 section 2). */
function isJsonBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function readHeader(segment: string, { algorithms, typ }: JwtGateOptions): JwtHeader | AuthError {
  const header = parseObject(segment);
  if (header === null) return MALFORMED;
  // No extension is understood here, so any crit must be refused, an empty or misshapen one as well; b64 is one of them.
  if ('crit' in header || 'b64' in header) return authError('token_header_refused');
  if (!isTyp(header['typ'], typ)) return authError('token_type_refused');
  const kid = header['kid'];
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > 256))
    return authError('token_header_refused');
  const algorithm = JWT_ALGORITHMS.find((known) => known === header['alg']);
  if (algorithm === undefined || !algorithms.has(algorithm)) return authError('token_algorithm_refused');
  return { algorithm, kid: kid ?? null };
}

function isTyp(sent: unknown, expected: string): boolean {
  return sent === expected || (sent === undefined && expected === 'JWT');
}

function parseObject(segment: string): Record<string, unknown> | null {
  try {
    const decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(segment, 'base64url'),
    );
    const value: unknown = JSON.parse(decoded);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
