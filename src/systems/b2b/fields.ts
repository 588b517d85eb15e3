import { authError, isAuthError, type AuthError, type FieldProblem } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { memberOf, membersOf, readBody } from '../request-body.ts';

/**
 * Reads fields of a JSON body that must be strings and not empty.
 *
 * @returns `body_syntax` for a body that is no JSON or of another type, since this API knows no 415; `body_invalid`,
 *   which names every field that is wrong and how.
 */
export async function readStrings<const F extends string>(
  exchange: Exchange,
  names: readonly F[],
): Promise<Readonly<Record<F, string>> | AuthError> {
  const body = await readBody(exchange, ['json']);
  if (isAuthError(body)) return body.code === 'body_media_type' ? authError('body_syntax') : body;
  if (body.kind === 'empty') return authError('body_syntax');
  const members = membersOf(body) ?? {};
  const problems = names.flatMap((name) => {
    const problem = problemOf(memberOf(members, name));
    return problem === null ? [] : [[name, problem] as const];
  });
  if (problems.length > 0) return authError('body_invalid', { fields: Object.fromEntries(problems) });
  return Object.fromEntries(names.map((name) => [name, members[name]])) as Record<F, string>;
}

function problemOf(value: unknown): FieldProblem | null {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value !== 'string') return 'type';
  return value === '' ? 'blank' : null;
}
