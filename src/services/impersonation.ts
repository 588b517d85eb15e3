import type { Directory, User } from '../core/directory.ts';
import { authError, isAuthError, type AuthError } from '../core/errors.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import { flag, integer, optional, parseOptions, text } from '../core/options.ts';
import type { Family } from '../core/store.ts';
import { sessionDataOf, type SessionActor } from './session-data.ts';
import type { Sessions } from './sessions.ts';

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
 * who is being impersonated, who may not, or who does not rank above the target; with `token_revoked` a session that is
 * over; with `subject_unknown` and `subject_inactive` a user that is not there.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid` for the options and the target's id.
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
  const wanted = text(targetId, 'impersonate: the target');
  if (session === null) return authError('token_revoked');
  const actor = await liveUser(directory, sessionDataOf(session).userId);
  if (isAuthError(actor)) return actor;
  const target = await liveUser(directory, wanted);
  if (isAuthError(target)) return target;
  if (isImpersonation(session) || actor.id === target.id || !(await mayActAs(directory, actor, target))) {
    return authError('impersonation_forbidden');
  }
  return { target, actor: { id: actor.id, sessionId: session.id, reason, readOnly }, maxSeconds };
}

async function liveUser<U extends User>(directory: Directory<U>, id: string): Promise<U | AuthError> {
  const user = await directory.findUser(id);
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
