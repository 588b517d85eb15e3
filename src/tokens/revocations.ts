import type { Clock } from '../core/clock.ts';
import { authError, type AuthError } from '../core/errors.ts';
import { chain, type MaybePromise } from '../core/maybe-promise.ts';
import type { FeedEvent } from '../core/store.ts';
import type { FeedReader } from './feed-reader.ts';

/** What of a token can be revoked. */
export interface Revocable {
  /** The family that it belongs to. */
  readonly sessionId: string;
  readonly generation: number;
  /** The owner of the family, as the store knows it. */
  readonly owner: string;
  readonly workspace: string | null;
  /** When it was issued, in milliseconds: the `av` claim. */
  readonly authVersion: number;
  /** The session of whoever acts as the owner, when the token is one of an impersonation. */
  readonly actorSessionId?: string | null | undefined;
}

/** Says whether a token has been revoked, from memory. */
export interface Revocations {
  /**
   * `null` when it has not; at once while what is known is fresh.
   *
   * @param nowMs The moment it is judged at; by default what the clock says.
   * @throws {@link StoreError} When that cannot be known.
   */
  check(token: Revocable, nowMs?: number): MaybePromise<AuthError | null>;
  /** The latest auth version that is revoked for an owner or workspace; a new token must have a later one. */
  revokedVersion(owner: string, workspace: string | null): number;
}

interface Line {
  readonly value: number;
  readonly expiresAt: number;
}

/** Keeps the live revocations of a feed. Lines that have expired are dropped now and then; no token is that old. */
export function revocationsOf(reader: FeedReader, clock: Clock): Revocations {
  const sid = new Map<string, Line>();
  const gen = new Map<string, Line>();
  const acc = new Map<string, Line>();
  const ws = new Map<string, Line>();
  const act = new Map<string, Line>();
  const lines = new Map(Object.entries({ sid, gen, acc, ws, act }));
  let sinceSweep = 0;

  function take(event: FeedEvent): void {
    const colon = event.key.indexOf(':');
    const map = lines.get(event.key.slice(0, colon));
    if (map === undefined) return;
    const id = event.key.slice(colon + 1);
    const known = map.get(id);
    // Lines may come twice and out of order; the strictest of them holds.
    map.set(id, {
      value: Math.max(event.value, known?.value ?? event.value),
      expiresAt: Math.max(event.expiresAt, known?.expiresAt ?? 0),
    });
    sinceSweep += 1;
    if (sinceSweep >= SWEEP_EVERY) sweep();
  }

  function sweep(): void {
    sinceSweep = 0;
    const now = clock.now();
    for (const map of lines.values()) {
      for (const [id, line] of map) if (line.expiresAt <= now) map.delete(id);
    }
  }

  function judge(token: Revocable): AuthError | null {
    if (sid.has(token.sessionId)) return REVOKED;
    if (gen.size > 0 && token.generation < (gen.get(token.sessionId)?.value ?? 0)) return REVOKED;
    if (acc.size > 0 && token.authVersion <= (acc.get(token.owner)?.value ?? -1)) return REVOKED;
    if (
      ws.size > 0 &&
      token.workspace !== null &&
      token.authVersion <= (ws.get(token.workspace)?.value ?? -1)
    ) {
      return REVOKED;
    }
    const actorSessionId = token.actorSessionId ?? null;
    return actorSessionId !== null && act.has(actorSessionId) ? REVOKED : null;
  }

  reader.subscribe(take);
  return {
    check(token, nowMs) {
      const fresh = reader.fresh(nowMs);
      return fresh === undefined ? judge(token) : chain(fresh, () => judge(token));
    },
    revokedVersion: (owner, workspace) =>
      Math.max(acc.get(owner)?.value ?? 0, workspace === null ? 0 : (ws.get(workspace)?.value ?? 0)),
  };
}

const REVOKED = authError('token_revoked');
/** Dropping expired lines costs one pass, which is spread over as many new lines. */
const SWEEP_EVERY = 1000;
