import { authError, isAuthError, type AuthError, type FieldProblem } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { memberOf, membersOf, readBody } from '../request-body.ts';

/** Reads one field's value, or tells what is wrong with it. Absent values do not get here. */
type ReadField<T> = (value: unknown) => { readonly value: T } | 'type';

interface FieldSpec<T> {
  /** Names it may come under; the first one that is there and not empty counts, and the first one is named in errors. */
  readonly names: readonly [string, ...string[]];
  readonly required: boolean;
  readonly read: ReadField<T>;
}

type Specs = Readonly<Record<string, FieldSpec<unknown>>>;
type Values<S extends Specs> = {
  readonly [K in keyof S]: S[K] extends FieldSpec<infer T> ? T | undefined : never;
};

/** A field that must be there. */
export function required<T>(read: ReadField<T>, ...names: [string, ...string[]]): FieldSpec<T> {
  return { names, required: true, read };
}

/** A field that may be left out. */
export function maybe<T>(read: ReadField<T>, ...names: [string, ...string[]]): FieldSpec<T> {
  return { names, required: false, read };
}

/** A string, exactly as it came. */
export const aText: ReadField<string> = (value) => (typeof value === 'string' ? { value } : 'type');

/** A safe integer, or its decimal text, since form bodies have no numbers. */
export const anInteger: ReadField<number> = (value) => {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) ? { value: number as number } : 'type';
};

/** 0 or 1, or their texts. */
export const aBit: ReadField<0 | 1> = (value) => {
  const read = anInteger(value);
  return read !== 'type' && (read.value === 0 || read.value === 1) ? { value: read.value } : 'type';
};

/**
 * Reads a JSON, form or multipart body. `null` and an empty text are as good as absent.
 *
 * @returns `body_syntax` for a body that cannot be read, has no content type, or is no object; `body_invalid`, which
 *   names every field that is missing or wrong.
 */
export async function readBodyFields<const S extends Specs>(
  exchange: Exchange,
  specs: S,
): Promise<Values<S> | AuthError> {
  const members = await readMembers(exchange);
  if (isAuthError(members)) return members;
  const values: Record<string, unknown> = {};
  const problems: Record<string, FieldProblem> = {};
  for (const [key, spec] of Object.entries(specs)) {
    const sent = spec.names.map((name) => memberOf(members, name)).find((value) => !isAbsent(value));
    if (sent === undefined) {
      if (spec.required) problems[spec.names[0]] = 'missing';
      continue;
    }
    const read = spec.read(sent);
    if (read === 'type') problems[spec.names[0]] = 'type';
    else values[key] = read.value;
  }
  return Object.keys(problems).length > 0
    ? authError('body_invalid', { fields: problems })
    : (values as Values<S>);
}

async function readMembers(exchange: Exchange): Promise<Readonly<Record<string, unknown>> | AuthError> {
  const body = await readBody(exchange, ['json', 'form', 'multipart']);
  if (isAuthError(body)) return body;
  if (body.kind === 'empty') return {};
  if (exchange.headerLines('content-type').length === 0) return authError('body_syntax');
  if (body.kind === 'form') return Object.fromEntries(body.fields);
  return membersOf(body) ?? authError('body_syntax');
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
