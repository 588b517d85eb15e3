import { parse as parseContentType } from 'content-type';
import { authError, type AuthError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import { parseMultipart } from './multipart.ts';

/** The most that an endpoint reads of a body. */
export const BODY_LIMIT_BYTES = 64 * 1024;

/** The encodings of a body that an endpoint may accept. */
export type BodyEncoding = 'json' | 'form' | 'multipart';

/** A decoded body, before anything in it is looked at. */
export type DecodedBody =
  | { readonly kind: 'empty' }
  /** Any JSON value. */
  | { readonly kind: 'json'; readonly value: unknown }
  /** The fields of a form in the order they came, repeated ones included; files are left out. */
  | { readonly kind: 'form'; readonly fields: readonly (readonly [name: string, value: string])[] };

/**
 * Reads and decodes a body of one of the accepted encodings. A missing content type is read as JSON where that is one.
 *
 * @returns `body_too_large`, `body_media_type` for another content type, `body_syntax` for bytes that cannot be decoded.
 */
export async function readBody(
  exchange: Pick<Exchange, 'body'>,
  accepted: readonly BodyEncoding[],
): Promise<DecodedBody | AuthError> {
  const reading = await exchange.body(BODY_LIMIT_BYTES);
  if (reading.kind === 'too_large') return authError('body_too_large');
  if (reading.kind === 'unreadable') return authError('body_syntax');
  if (reading.kind === 'bytes' && reading.bytes.length === 0) return EMPTY;
  const mediaType = mediaTypeOf(reading.contentType);
  const encoding = ENCODINGS[mediaType];
  if (encoding === undefined || !accepted.includes(encoding))
    return authError('body_media_type', { mediaType });
  if (reading.kind === 'parsed') return ofParsed(reading.value, encoding);
  if (encoding === 'json') return parseJson(reading.bytes);
  if (encoding === 'form') return parseForm(reading.bytes);
  return parseMultipart(reading.bytes, reading.contentType as string);
}

/**
 * Reads a body to its end and looks at nothing in it, for an endpoint that needs none.
 *
 * @returns `body_too_large`, or `null`.
 */
export async function ignoreBody(exchange: Exchange): Promise<AuthError | null> {
  const reading = await exchange.body(BODY_LIMIT_BYTES);
  return reading.kind === 'too_large' ? authError('body_too_large') : null;
}

/** The own members of a decoded JSON object; `null` for anything else. */
export function membersOf(body: DecodedBody): Readonly<Record<string, unknown>> | null {
  if (body.kind !== 'json') return null;
  const { value } = body;
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

/** A member by name, never one that is inherited, so that `__proto__` and its like name nothing. */
export function memberOf(members: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

const EMPTY: DecodedBody = Object.freeze({ kind: 'empty' });

const ENCODINGS: Readonly<Record<string, BodyEncoding>> = {
  'application/json': 'json',
  'application/x-www-form-urlencoded': 'form',
  'multipart/form-data': 'multipart',
};

function mediaTypeOf(contentType: string | undefined): string {
  if (contentType === undefined || contentType.trim() === '') return 'application/json';
  try {
    return parseContentType(contentType).type;
  } catch {
    return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  }
}

function parseJson(bytes: Uint8Array): DecodedBody | AuthError {
  try {
    const decoded = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { kind: 'json', value: JSON.parse(decoded) as unknown };
  } catch {
    return authError('body_syntax');
  }
}

function parseForm(bytes: Uint8Array): DecodedBody | AuthError {
  try {
    const decoded = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { kind: 'form', fields: [...new URLSearchParams(decoded)] };
  } catch {
    return authError('body_syntax');
  }
}

/** What a framework's parser left. A form's repeated field is a list there. */
function ofParsed(value: unknown, encoding: BodyEncoding): DecodedBody | AuthError {
  if (value === undefined) return authError('body_syntax');
  if (encoding === 'json') return { kind: 'json', value };
  if (typeof value !== 'object' || value === null) return authError('body_syntax');
  const fields = Object.entries(value).flatMap(([name, content]: [string, unknown]) =>
    (Array.isArray(content) ? content : [content]).map((each) => [name, String(each)] as const),
  );
  return { kind: 'form', fields };
}
