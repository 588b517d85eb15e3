import type { KeyObject } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { authError, isAuthError, type AuthError } from '../core/errors.ts';
import { isPromise, type MaybePromise } from '../core/maybe-promise.ts';
import { RecentMap } from '../core/recent-map.ts';
import type { Family, FamilyStore, Json } from '../core/store.ts';
import type { Revocable, Revocations } from '../tokens/revocations.ts';
import { AS_UUID, opaqueTexts } from './opaque-texts.ts';
import type { Sessions, StartOptions } from './sessions/contract.ts';

/** One generation of a session in the form that a client gets: opaque texts, found again by their hashes. */
export interface OpaqueGrant {
  /** Names the grant; not a credential. */
  readonly guid: string;
  readonly token: string;
  readonly refreshToken: string;
  /** Milliseconds since the Unix epoch. */
  readonly tokenExpiresAt: number;
  readonly refreshTokenExpiresAt: number;
  readonly family: Family;
}

/** Issues and finds opaque tokens. One session has one live pair: a new one ends the old. */
export interface OpaqueGrants {
  start(owner: string, data: Json, options?: Omit<StartOptions, 'handlesOf'>): Promise<OpaqueGrant>;
  /**
   * Finds the session of a bearer token; at once when it is in memory and what is known of revocations is fresh.
   *
   * @returns `token_malformed` for a text that is no such token, `token_revoked` for one that is unknown or over,
   *   `token_expired`.
   * @param nowMs The moment it is judged at; by default what the clock says.
   */
  recognise(token: string, nowMs?: number): MaybePromise<Family | AuthError>;
  /** Finds the session and the generation of a refresh token, used or not. */
  findRefresh(refreshToken: string): Promise<PresentedRefresh | AuthError>;
  /** Exchanges a refresh token: atomic, with one successor, which a repeat inside the window gets again. */
  refresh(presented: PresentedRefresh): Promise<OpaqueGrant | AuthError>;
  /**
   * Gives a session new data and a new pair, at once and without any window: the old pair is merely gone.
   *
   * @returns `token_revoked` when another request was faster.
   */
  replace(family: Family, data: Json): Promise<OpaqueGrant | AuthError>;
}

export interface PresentedRefresh {
  readonly family: Family;
  readonly generation: number;
}

export interface OpaqueGrantsOptions {
  readonly store: FamilyStore;
  readonly sessions: Sessions;
  readonly revocations: Revocations;
  /** The key that texts are derived with, so that nothing token-like is at rest and a repeat gets the same text. */
  readonly secret: KeyObject;
  readonly accessSeconds: number;
  readonly clock: Clock;
  /** The most sessions that are remembered by their tokens; 0 for none. */
  readonly cacheSize: number;
}

/** A session as it is remembered under its token: what is asked of it on each request, put together once. */
interface Live {
  readonly family: Family;
  readonly token: Revocable;
  readonly endsAt: number;
}

const EXPIRED = authError('token_expired');

type Use = 'guid' | 'access' | 'refresh';

export function opaqueGrants(options: OpaqueGrantsOptions): OpaqueGrants {
  const { store, sessions, revocations, secret, accessSeconds, clock, cacheSize } = options;
  const { textOf, isText, handleOf } = opaqueTexts<Use>(secret, AS_UUID);
  const cache = cacheSize === 0 ? null : new RecentMap<Live>(cacheSize);

  function handlesOf(familyId: string, generation: number): readonly string[] {
    return (['access', 'refresh'] as const).map((use) => handleOf(use, textOf(use, familyId, generation)));
  }

  function grantOf(family: Family): OpaqueGrant {
    const { id, generation, expiresAt } = family;
    return {
      guid: textOf('guid', id, generation),
      token: textOf('access', id, generation),
      refreshToken: textOf('refresh', id, generation),
      tokenExpiresAt: accessEnd(family),
      refreshTokenExpiresAt: expiresAt,
      family,
    };
  }

  function accessEnd({ rotatedAt, expiresAt }: Family): number {
    return Math.min(rotatedAt + accessSeconds * 1000, expiresAt);
  }

  /** Whether the session behind a token still has this token as its live one. */
  function judge({ family, token, endsAt }: Live, now: number): MaybePromise<Family | AuthError> {
    const revoked = revocations.check(token, now);
    return isPromise(revoked)
      ? revoked.then((late) => late ?? unlessOver(family, endsAt, clock.now()))
      : (revoked ?? unlessOver(family, endsAt, now));
  }

  function unlessOver(family: Family, endsAt: number, now: number): Family | AuthError {
    return now >= endsAt ? EXPIRED : family;
  }

  function liveOf(family: Family): Live {
    const { id, generation, owner, rotatedAt } = family;
    const token = { sessionId: id, generation, owner, workspace: null, authVersion: rotatedAt };
    return { family, token, endsAt: accessEnd(family) };
  }

  async function load(handle: string): Promise<Family | AuthError> {
    const found = await store.familyByHandle(handle);
    if (found === null || found.generation !== found.family.generation) return authError('token_revoked');
    const live = liveOf(found.family);
    cache?.set(handle, live);
    return judge(live, clock.now());
  }

  return {
    async start(owner, data, startOptions) {
      return grantOf(
        await sessions.start(owner, data, { ...startOptions, handlesOf: (id) => handlesOf(id, 1) }),
      );
    },

    recognise(token, nowMs = clock.now()) {
      const handle = handleOf('access', token);
      const known = cache?.get(handle);
      // What has the hash of a token that was found before is that very text, in its one spelling.
      if (known === undefined) return isText(token) ? load(handle) : authError('token_malformed');
      const answer = judge(known, nowMs);
      if (isPromise(answer)) return answer;
      if (isAuthError(answer)) cache?.delete(handle);
      return answer;
    },

    async findRefresh(refreshToken) {
      if (!isText(refreshToken)) return authError('token_malformed');
      return (await store.familyByHandle(handleOf('refresh', refreshToken))) ?? authError('token_revoked');
    },

    async refresh({ family, generation }) {
      const issued = await sessions.rotate(family.id, generation, {
        handles: handlesOf(family.id, generation + 1),
        feedGeneration: true,
      });
      return isAuthError(issued) ? issued : grantOf(issued.family);
    },

    async replace(family, data) {
      const issued = await sessions.rotate(family.id, family.generation, {
        handles: handlesOf(family.id, family.generation + 1),
        feedGeneration: true,
        retireQuietly: true,
        // Another request may have replaced this generation just now; to be slower is no theft.
        graceMs: Number.MAX_SAFE_INTEGER,
        data,
      });
      // A repeat would be the answer to a request that came before this one, and may be bound otherwise.
      if (isAuthError(issued) || issued.repeated) return authError('token_revoked');
      return grantOf(issued.family);
    },
  };
}
