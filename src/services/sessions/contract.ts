import type { AuthError } from '../../core/errors.ts';
import type { PartialOrUndefined } from '../../core/options.ts';
import type { Family, Json, RotatePolicy } from '../../core/store.ts';
import type { SessionInfo } from '../session-data.ts';

/** A generation that may be issued: a new one, or the one that a repeat gets again. */
export interface IssuedGeneration {
  readonly family: Family;
  readonly repeated: boolean;
}

/** The sessions of one system: one family of refresh tokens each, in the store. */
export interface Sessions {
  /** Starts a session for an owner. Its first generation is issued. */
  start(owner: string, data: Json, options?: StartOptions): Promise<Family>;
  /** The live session, or `null`; an impersonation lives only as long as the session that it was started from. */
  find(sessionId: string): Promise<Family | null>;
  /**
   * Presents a generation of refresh token that was authenticated before, and issues its successor.
   *
   * @returns The refusal `token_revoked` for a session that is over, `token_reused` when this call ended it because of
   *   a reuse outside the window.
   */
  rotate(
    sessionId: string,
    generation: number,
    policy?: Pick<RotatePolicy, 'handles' | 'feedGeneration' | 'data' | 'retireQuietly'> &
      PartialOrUndefined<Pick<RotatePolicy, 'graceMs'>>,
  ): Promise<IssuedGeneration | AuthError>;
  /**
   * Ends the refresh tokens of a session, while its access tokens live on to their expiry; `revoke` and `revokeAll`
   * still end those. The impersonations that were started from it end altogether. @returns Whether this call did it.
   */
  retire(sessionId: string, options: RevokeOptions): Promise<boolean>;
  /** Ends one session; this process refuses its access tokens from now on, others when they next read the feed. */
  revoke(sessionId: string, options: RevokeOptions): Promise<boolean>;
  /** Ends all sessions of an owner, as when its credentials change. @returns How many there were. */
  revokeAll(owner: string, options: RevokeAllOptions): Promise<number>;
  /** The owner's live sessions, oldest first, as a person would want to see them. */
  list(owner: string): Promise<readonly SessionInfo[]>;
  /** How the owner stands in the store and in the feed. */
  ownerKey(owner: string): string;
}

export interface StartOptions {
  /** The session's id, at least 128 bits that nobody can guess; a random one by default. */
  readonly id?: string | undefined;
  /** Gives the hashes by which the first generation is found, for tokens that name no session. */
  readonly handlesOf?: ((sessionId: string) => readonly string[]) | undefined;
  /** The session that this one hangs on and ends with, when it is an impersonation. */
  readonly parent?: string | undefined;
  /** An end before the usual one. */
  readonly maxSeconds?: number | undefined;
  /** Why an impersonation was started, for the event. */
  readonly reason?: string | undefined;
}

export interface RevokeOptions {
  /** Why, for the event; never sent to the caller. */
  readonly reason: string;
}

export interface RevokeAllOptions extends RevokeOptions {
  /** The one session that goes on. */
  readonly except?: string | undefined;
}
