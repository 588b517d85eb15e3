import type { Principal } from '../../core/principal.ts';
import { isKey } from '../../stores/input.ts';

/** What the package itself keeps allowlists for; a host may keep further kinds of its own, written `kind:id`. */
export type SubjectKind = 'client' | 'user' | 'service_account' | 'key' | 'account' | 'workspace';

/**
 * The subject key of a list, as in `client:123456`.
 *
 * @param id Text that is not empty, or a whole number; it is taken as it is, so that `007` and `7` are two subjects.
 * @throws TypeError when there is no id: `workspace:undefined` would be a list that nobody ever fills, and lets everyone in.
 */
export function subjectKey(kind: SubjectKind, id: string | number): string {
  const isId = typeof id === 'string' ? id !== '' : Number.isSafeInteger(id);
  if (!isId)
    throw new TypeError(`subjectKey: the id of a ${kind} must be text that is not empty, or a whole number.`);
  return requireSubject(`${kind}:${id}`);
}

/**
 * Every list that can apply to a principal: that of the party itself, of its account, of its workspace, and of whoever
 * is acting as it. A list that was never configured asks nothing, so that only those which somebody filled have a say.
 *
 * @throws TypeError when one of these ids is empty.
 */
export function subjectsOf({ kind, id, account, workspace, actor }: Principal): readonly string[] {
  const subjects = [partyOf(kind, id)];
  if (account !== undefined) subjects.push(subjectKey('account', account));
  if (workspace !== undefined && workspace !== null) subjects.push(subjectKey('workspace', workspace));
  if (actor !== undefined) subjects.push(partyOf(actor.kind, actor.id));
  return subjects;
}

/**
 * @throws TypeError for anything but `kind:id`. A key that no store can hold would always be found unconfigured, which
 *   means that everyone may pass; so it is an error and not a list.
 */
export function requireSubject(subject: unknown): string {
  if (isKey(subject) && SUBJECT.test(subject)) return subject;
  throw new TypeError(
    'The subject of an allowlist is "kind:id", as in "client:123456": a word in lower case, a colon, and an id, ' +
      'of at most 255 bytes in all and without U+0000.',
  );
}

const SUBJECT = /^[a-z][a-z0-9_-]*:./s;

function partyOf(kind: Principal['kind'], id: string): string {
  return subjectKey(kind === 'api_key' ? 'key' : kind, id);
}
