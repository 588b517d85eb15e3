import {
  authError,
  isAuthError,
  type AuthError,
  type AuthErrorDetails,
  type FieldProblem,
} from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { memberOf, readBody, type DecodedBody } from '../request-body.ts';

/** The value of a text field, or what is wrong with it. */
export type TextField = { readonly value: string } | { readonly problem: FieldProblem };

/** A body whose fields can be asked for one by one. */
export interface Fields {
  /** A text, for which a number is taken as well. */
  text(name: string): TextField;
  /** A text and nothing else. */
  exactText(name: string): TextField;
}

/**
 * Reads a JSON, form or multipart body into fields.
 *
 * @returns `body_invalid` for JSON that is no object, and the refusals of reading a body.
 */
export async function readFields(exchange: Exchange): Promise<Fields | AuthError> {
  const body = await readBody(exchange, ['json', 'form', 'multipart']);
  if (isAuthError(body)) return body;
  const members = membersOfBody(body);
  if ('received' in members) return authError('body_invalid', { received: members.received });
  const { own } = members;
  return {
    text: (name) => {
      const value = memberOf(own, name);
      return toText(typeof value === 'number' ? String(value) : value);
    },
    exactText: (name) => toText(memberOf(own, name)),
  };
}

/** Reads required text fields; every one that is wrong is named. */
export async function readTexts<const F extends string>(
  exchange: Exchange,
  names: readonly F[],
): Promise<Readonly<Record<F, string>> | AuthError> {
  const fields = await readFields(exchange);
  if (isAuthError(fields)) return fields;
  const values: Record<string, string> = {};
  const problems: Record<string, FieldProblem> = {};
  for (const name of names) {
    const field = fields.text(name);
    if ('problem' in field) problems[name] = field.problem;
    else values[name] = field.value;
  }
  return Object.keys(problems).length > 0
    ? authError('body_invalid', { fields: problems })
    : (values as Record<F, string>);
}

type Members =
  | { readonly own: Readonly<Record<string, unknown>> }
  | { readonly received: NonNullable<AuthErrorDetails['received']> };

function membersOfBody(body: DecodedBody): Members {
  if (body.kind === 'empty') return { own: {} };
  // Of a repeated field the last one counts, as in the stack.
  if (body.kind === 'form') return { own: Object.fromEntries(body.fields) };
  const { value } = body;
  if (value === null) return { received: 'null' };
  if (Array.isArray(value)) return { received: 'list' };
  if (typeof value === 'string') return { received: 'string' };
  if (typeof value === 'boolean') return { received: 'boolean' };
  if (typeof value === 'number') return { received: Number.isInteger(value) ? 'integer' : 'float' };
  return { own: value as Record<string, unknown> };
}

/** What is left of a text without its outer blanks must not be empty. */
function toText(value: unknown): TextField {
  if (value === undefined) return { problem: 'missing' };
  if (value === null) return { problem: 'null' };
  if (typeof value !== 'string') return { problem: 'type' };
  return value.trim() === '' ? { problem: 'blank' } : { value };
}
