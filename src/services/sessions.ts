import type { Clock } from '../core/clock.ts';
import { authError, StoreError } from '../core/errors.ts';
import { publishEvent } from '../core/event-publishing.ts';
import type { EventSink, SessionEvent } from '../core/events.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import { randomToken } from '../core/secrets.ts';
import type { Family, FamilyStore, FeedStore, Json } from '../core/store.ts';
import type { FeedReader } from '../tokens/feed-reader.ts';
import { sessionDataOf, sessionInfoOf, type SessionInfo } from './session-data.ts';
import type { Sessions } from './sessions/contract.ts';

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
        feedMs,
        ...policy,
        graceMs: policy.graceMs ?? graceMs,
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

/** How much longer than an access token its revocation is remembered, for clocks that are apart. */
const SKEW_SECONDS = 60;

/** How often a step is tried again when a refresh came in between. */
const MOST_ATTEMPTS = 20;

function isRetired(family: Family): boolean {
  return sessionDataOf(family)['retired'] === true;
}
