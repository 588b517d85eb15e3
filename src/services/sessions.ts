import type { Clock } from '../core/clock.ts';
import { authError, StoreError, type AuthError } from '../core/errors.ts';
import { publishEvent } from '../core/event-publishing.ts';
import type { EventSink, SessionEvent } from '../core/events.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import { randomToken } from '../core/secrets.ts';
import type { Family, FamilyStore, FeedStore, Json, RotatePolicy } from '../core/store.ts';
import type { FeedReader } from '../tokens/feed-reader.ts';
import { sessionDataOf, sessionInfoOf, type SessionInfo } from './session-data.ts';

/** How long the tokens of a system live. */
export interface SessionLifetimes {
  readonly accessSeconds: number;
  /** How long a session lasts without a refresh. */
  readonly refreshSeconds: number;
  /** How long a session lasts in all; `null` for as long as it is refreshed. */
  readonly absoluteSeconds: number | null;
  /** How long a used refresh token still gets the successor it got before; 0 is strict. */
  readonly reuseGraceSeconds: number;
}

export interface SessionsOptions {
  readonly store: FamilyStore & Pick<FeedStore, 'feedAppend'>;
  readonly feed: FeedReader;
  /** The system's name; owners of different systems never mix. */
  readonly system: string;
  readonly lifetimes: SessionLifetimes;
  readonly clock: Clock;
  readonly onEvent: EventSink<SessionEvent> | undefined;
  /** Asked before a session is started or goes on; what it rejects with leaves the session as it was. */
  readonly ready?: (() => MaybePromise<void>) | undefined;
}

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
      Partial<Pick<RotatePolicy, 'graceMs'>>,
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

/** How much longer than an access token its revocation is remembered, for clocks that are apart. */
const SKEW_SECONDS = 60;

export function sessionsOf({
  store,
  feed,
  system,
  lifetimes,
  clock,
  onEvent,
  ready,
}: SessionsOptions): Sessions {
  const { accessSeconds, refreshSeconds, absoluteSeconds, reuseGraceSeconds } = lifetimes;
  const idleMs = refreshSeconds * 1000;
  const feedMs = (accessSeconds + SKEW_SECONDS) * 1000;
  const graceMs = reuseGraceSeconds * 1000;
  const prefix = `${system}:`;

  function tell(action: SessionEvent['action'], family: Family, reason: string | null = null): void {
    const actor = sessionDataOf(family).actor?.id ?? null;
    const owner = ownerOf(family);
    const at = clock.now();
    publishEvent(
      { type: 'session', action, system, owner, sessionId: family.id, actor, reason, at },
      onEvent,
    );
  }

  /** Whether a session goes on: neither it nor what it hangs on has been retired. */
  async function goesOn(family: Family): Promise<boolean> {
    if (isRetired(family)) return false;
    if (family.parent === null) return true;
    const parent = await store.familyGet(family.parent);
    return parent !== null && goesOn(parent);
  }

  /** A session of one system is none of another, even where both share a store and a key. */
  function isOwn(family: Family): boolean {
    return family.owner.startsWith(prefix);
  }

  function ownerOf(family: Family): string {
    return family.owner.slice(prefix.length);
  }

  return {
    ownerKey: (owner) => prefix + owner,

    async start(owner, data, { id = randomToken(128), handlesOf, parent, maxSeconds, reason } = {}) {
      await ready?.();
      const ends = [absoluteSeconds, maxSeconds ?? null].filter((seconds) => seconds !== null);
      const family = await store.familyCreate({
        id,
        handles: handlesOf?.(id),
        owner: prefix + owner,
        parent,
        data,
        idleMs,
        absoluteAt: ends.length === 0 ? null : clock.now() + Math.min(...ends) * 1000,
        feedMs,
      });
      tell(parent === undefined ? 'started' : 'impersonated', family, reason ?? null);
      return family;
    },

    async find(sessionId) {
      const family = await store.familyGet(sessionId);
      return family !== null && isOwn(family) && (await goesOn(family)) ? family : null;
    },

    async rotate(sessionId, generation, policy = {}) {
      await ready?.();
      const rotation = await store.familyRotate(sessionId, generation, {
        idleMs,
        graceMs,
        feedMs,
        ...policy,
      });
      if (rotation.outcome === 'gone') return authError('token_revoked');
      if (rotation.outcome === 'reuse') {
        // Told first: it is done, and no later call tells of it, whether or not the feed can be read now.
        tell('reuse_detected', rotation.family);
        await feed.poll();
        return authError('token_reused');
      }
      const repeated = rotation.outcome === 'replayed';
      tell(repeated ? 'repeated' : 'refreshed', rotation.family);
      if (policy.feedGeneration === true) await feed.poll();
      return { family: rotation.family, repeated };
    },

    async retire(sessionId, { reason }) {
      for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        const family = await store.familyGet(sessionId);
        if (family === null || !isOwn(family) || isRetired(family)) return false;
        // First, so that what fails in between leaves no impersonation behind. Their refresh tokens end by `goesOn`.
        await store.feedAppend([{ key: `act:${sessionId}`, value: 0, expiresAt: clock.now() + feedMs }]);
        // The successor is never handed out, and so no refresh token of the session is left.
        const rotation = await store.familyRotate(sessionId, family.generation, {
          idleMs: Math.max(1, family.expiresAt - clock.now()),
          // A refresh that came in between is answered as a repeat, and never taken for theft.
          graceMs: Number.MAX_SAFE_INTEGER,
          data: { ...sessionDataOf(family), retired: true } as Json,
          retireQuietly: true,
        });
        if (rotation.outcome !== 'rotated') continue;
        tell('revoked', family, reason);
        await feed.poll();
        return true;
      }
      throw new StoreError('a session is being refreshed faster than it can be ended');
    },

    async revoke(sessionId, { reason }) {
      const family = await store.familyGet(sessionId);
      const ended = family !== null && isOwn(family) && (await store.familyRevoke(sessionId));
      if (ended) tell('revoked', family, reason);
      await feed.poll();
      return ended;
    },

    async revokeAll(owner, { reason, except }) {
      const count = await store.familyRevokeAll(prefix + owner, { except });
      const at = clock.now();
      publishEvent(
        { type: 'session', action: 'owner_revoked', system, owner, sessionId: null, actor: null, reason, at },
        onEvent,
      );
      await feed.poll();
      return count;
    },

    async list(owner) {
      const live: SessionInfo[] = [];
      for (const family of await store.familyList(prefix + owner)) {
        if (await goesOn(family)) live.push(sessionInfoOf(family));
      }
      return live;
    },
  };
}

/** How often a step is tried again when a refresh came in between. */
const MOST_ATTEMPTS = 20;

function isRetired(family: Family): boolean {
  return sessionDataOf(family)['retired'] === true;
}
