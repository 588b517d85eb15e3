import type { Directory, User } from '../core/directory.ts';
import { authError, isAuthError, type AuthError } from '../core/errors.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import { flag, integer, optional, parseOptions, text } from '../core/options.ts';
import type { Family } from '../core/store.ts';
import { isKey } from '../stores/input.ts';
import { sessionDataOf, type SessionActor } from './session-data.ts';
import type { Sessions } from './sessions/contract.ts';

/** What a directory adds so that its administrators can act as other users. Without it nobody can. */
export interface ImpersonationRules<U extends User> {
  /** Whether `actor` may act as `target`. */
  mayImpersonate?(actor: U, target: U): MaybePromise<boolean>;
  /** Ranks users; an actor must stand strictly above the target. Without it, {@link mayImpersonate} alone decides. */
  rankOf?(user: U): MaybePromise<number>;
}

export interface ImpersonateOptions {
  /** Why; it stands in the events. */
  readonly reason: string;
  /** The end of the impersonation, 1 to 86,400 seconds from now; default 900. */
  readonly maxSeconds?: number | undefined;
  /** Whether only safe methods are allowed; default true. */
  readonly readOnly?: boolean | undefined;
}

/** An impersonation that may begin. */
export interface GrantedImpersonation<U extends User> {
  readonly target: U;
  readonly actor: SessionActor;
  readonly maxSeconds: number;
}

/**
 * Decides whether the user of one session may act as another user. It refuses with `impersonation_forbidden` an actor
 * who is being impersonated, who may not, or who does not rank above the target, and in the same words a target that is
 * unknown, inactive or no id at all, so that nobody finds out who exists; with `token_revoked` a session that is over;
 * with `subject_unknown` and `subject_inactive` an actor that is gone.
 *
 * @param targetId May come from a request as it is: whatever is no id is refused, and the directory is not asked.
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid` for the options and the session's id.
 */
export async function decideImpersonation<U extends User>(
  sessions: Sessions,
  directory: Directory<U> & ImpersonationRules<U>,
  actorSessionId: string,
  targetId: string,
  options: ImpersonateOptions,
): Promise<GrantedImpersonation<U> | AuthError> {
  const { reason, maxSeconds, readOnly } = parseOptions('impersonate', options, {
    reason: text,
    maxSeconds: optional(integer(1, 86_400), 900),
    readOnly: optional(flag, true),
  });
  const session = await sessions.find(text(actorSessionId, "impersonate: the actor's session"));
  if (session === null) return authError('token_revoked');
  const actor = await liveUser(directory, sessionDataOf(session).userId);
  if (isAuthError(actor)) return actor;
  if (isImpersonation(session) || !isId(targetId) || actor.id === targetId) return FORBIDDEN;
  const target = await liveUser(directory, targetId);
  // A directory that compares loosely may find somebody else than the one who was named.
  if (isAuthError(target) || target.id !== targetId) return FORBIDDEN;
  if (!(await mayActAs(directory, actor, target))) return FORBIDDEN;
  return { target, actor: { id: actor.id, sessionId: session.id, reason, readOnly }, maxSeconds };
}

/**
 * Decides whether a session may still go on, when its tokens are refreshed: in an impersonation the actor must still be
 * there and still be allowed to act as the user.
 *
 * @returns `token_revoked`, or `null`; always `null` for a session in which nobody acts as its user.
 */
export async function refuseEndedImpersonation<U extends User>(
  directory: Directory<U> & ImpersonationRules<U>,
  session: Family,
  target: U,
): Promise<AuthError | null> {
  const { actor } = sessionDataOf(session);
  if (actor === null) return null;
  const user = await liveUser(directory, actor.id);
  const mayGoOn = !isAuthError(user) && (await mayActAs(directory, user, target));
  return mayGoOn ? null : authError('token_revoked');
}

const FORBIDDEN = authError('impersonation_forbidden');

function isId(value: unknown): value is string {
  return isKey(value) && value !== '';
}

async function liveUser<U extends User>(directory: Directory<U>, id: string): Promise<U | AuthError> {
  // A directory in plain JavaScript may say `undefined` for nobody.
  const user = (await directory.findUser(id)) ?? null;
  if (user === null) return authError('subject_unknown');
  return user.active === true ? user : authError('subject_inactive');
}

function isImpersonation(session: Family): boolean {
  return session.parent !== null || sessionDataOf(session).actor !== null;
}

async function mayActAs<U extends User>(rules: ImpersonationRules<U>, actor: U, target: U): Promise<boolean> {
  if ((await rules.mayImpersonate?.(actor, target)) !== true) return false;
  if (rules.rankOf === undefined) return true;
  const [above, below] = [await rules.rankOf(actor), await rules.rankOf(target)];
  return Number.isFinite(above) && Number.isFinite(below) && above > below;
}
