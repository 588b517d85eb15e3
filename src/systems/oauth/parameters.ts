import { authError, isAuthError, type AuthError, type FieldProblem } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { BODY_LIMIT_BYTES, memberOf, membersOf, readBody } from '../request-body.ts';
import { repeatedMembers } from './repeated-members.ts';

/** The parameters of one request, each of them once. One that is empty counts as absent (RFC 6749 section 3.1). */
export interface Parameters {
  get(name: ParameterName): string | undefined;
}

/** What the endpoints know; anything else is ignored. */
export const PARAMETERS = [
  'grant_type',
  'client_id',
  'client_secret',
  'code',
  'redirect_uri',
  'code_verifier',
  'refresh_token',
  'device_code',
  'scope',
  'token',
  'token_type_hint',
  'response_type',
  'response_mode',
  'state',
  'code_challenge',
  'code_challenge_method',
] as const;

export type ParameterName = (typeof PARAMETERS)[number];

/**
 * Reads the parameters of a POST from its form or JSON body; those in the query are ignored, since they end up in logs.
 *
 * @returns `body_invalid` for a parameter that comes twice or is no text, and the refusals of reading a body.
 */
export async function readParameters(exchange: Exchange): Promise<Parameters | AuthError> {
  const reading = await exchange.body(BODY_LIMIT_BYTES);
  const body = await readBody({ body: () => Promise.resolve(reading) }, ['form', 'json']);
  if (isAuthError(body)) return body;
  if (body.kind === 'empty') return toParameters(new Map());
  if (exchange.headerLines('content-type').length === 0)
    return authError('body_media_type', { mediaType: '' });
  if (body.kind === 'form') {
    const { values, repeated } = collect(body.fields);
    return repeated.size > 0 ? wrongFields(repeated) : toParameters(values);
  }
  const members = membersOf(body);
  if (members === null) return authError('body_syntax');
  const values = new Map<string, string>();
  // What a framework has parsed has lost them.
  const repeated =
    reading.kind === 'bytes' ? repeatedMembers(Buffer.from(reading.bytes).toString('utf8')) : [];
  const wrong = new Set([...repeated].filter((name) => KNOWN.has(name)));
  for (const name of PARAMETERS) {
    const value = memberOf(members, name);
    if (typeof value === 'string') values.set(name, value);
    else if (value !== undefined) wrong.add(name);
  }
  return wrong.size > 0 ? wrongFields(wrong) : toParameters(values);
}

/** The parameters of a query, and which of those that are known came more than once. */
export function readQuery(query: string): {
  readonly parameters: Parameters;
  readonly repeated: ReadonlySet<string>;
} {
  const { values, repeated } = collect([...new URLSearchParams(query)]);
  return { parameters: toParameters(values), repeated };
}

/** The refusal of parameters that are missing. */
export function missing(...names: readonly ParameterName[]): AuthError {
  return wrongFields(new Set(names), 'missing');
}

/** The refusal of parameters whose value cannot be one. */
export function malformed(...names: readonly ParameterName[]): AuthError {
  return wrongFields(new Set(names));
}

function collect(fields: readonly (readonly [name: string, value: string])[]): {
  readonly values: ReadonlyMap<string, string>;
  readonly repeated: ReadonlySet<string>;
} {
  const values = new Map<string, string>();
  const repeated = new Set<string>();
  for (const [name, value] of fields) {
    if (!KNOWN.has(name)) continue;
    if (values.has(name)) repeated.add(name);
    else values.set(name, value);
  }
  return { values, repeated };
}

const KNOWN: ReadonlySet<string> = new Set(PARAMETERS);

function toParameters(values: ReadonlyMap<string, string>): Parameters {
  return { get: (name) => values.get(name) || undefined };
}

function wrongFields(names: ReadonlySet<string>, problem: FieldProblem = 'value'): AuthError {
  return authError('body_invalid', {
    fields: Object.fromEntries([...names].map((name) => [name, problem])),
  });
}
