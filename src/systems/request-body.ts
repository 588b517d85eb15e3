import { parse as parseContentType } from 'content-type';
import { authError, isAuthError, type AuthError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';

/** The most that an endpoint reads of a body. */
export const BODY_LIMIT_BYTES = 64 * 1024;

/** A decoded body, before anything in it is looked at; `undefined` when there was none. */
export interface DecodedBody {
  readonly value: unknown;
}

/**
 * Reads and decodes a JSON body. A missing content type is read as JSON.
 *
 * @returns `body_too_large`, `body_media_type` for another content type, `body_syntax` for bytes that are not UTF-8 or
 *   text that is not JSON, an empty body included.
 */
export async function readJsonBody(exchange: Exchange): Promise<DecodedBody | AuthError> {
  const reading = await exchange.body(BODY_LIMIT_BYTES);
  if (reading.kind === 'too_large') return authError('body_too_large');
  if (reading.kind === 'unreadable') return authError('body_syntax');
  if (!isJson(reading.contentType)) return authError('body_media_type');
  if (reading.kind === 'parsed') {
    return reading.value === undefined ? authError('body_syntax') : { value: reading.value };
  }
  return parseJson(reading.bytes);
}

/** The members of a JSON object; `null` for any other value. */
export function membersOf(body: DecodedBody): Readonly<Record<string, unknown>> | null {
  const { value } = body;
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

/**
 * Reads fields of a JSON object that must be strings and not empty. Only own members count, so that `__proto__` names
 * nothing.
 *
 * @returns `body_invalid`, which names every field that is wrong and how.
 */
export async function readStrings<const F extends string>(
  exchange: Exchange,
  fields: readonly F[],
): Promise<Readonly<Record<F, string>> | AuthError> {
  const body = await readJsonBody(exchange);
  if (isAuthError(body)) return body;
  const members = membersOf(body) ?? {};
  const problems = fields.flatMap((field) => {
    const value = Object.hasOwn(members, field) ? members[field] : undefined;
    const problem = problemOf(value);
    return problem === null ? [] : [[field, problem] as const];
  });
  if (problems.length > 0) return authError('body_invalid', { fields: Object.fromEntries(problems) });
  return Object.fromEntries(fields.map((field) => [field, members[field]])) as Record<F, string>;
}

function problemOf(value: unknown): 'missing' | 'null' | 'type' | 'blank' | null {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value !== 'string') return 'type';
  return value === '' ? 'blank' : null;
}

function isJson(contentType: string | undefined): boolean {
  if (contentType === undefined || contentType.trim() === '') return true;
  try {
    return parseContentType(contentType).type === 'application/json';
  } catch {
    return false;
  }
}

function parseJson(bytes: Uint8Array): DecodedBody | AuthError {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown };
  } catch {
    return authError('body_syntax');
  }
}
