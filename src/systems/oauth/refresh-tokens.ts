import type { KeyObject } from 'node:crypto';
import { authError, type AuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { Family, FamilyStore, Json } from '../../core/store.ts';
import type { ClientAddressFinder } from '../../middleware/client-address.ts';
import { AS_BASE64URL, opaqueTexts } from '../../services/opaque-texts.ts';
import { newSessionData, sessionDataOf } from '../../services/session-data.ts';
import type { GrantSessions } from './standing.ts';

/** What a grant was given, as its session keeps it. */
export interface GrantData {
  readonly clientId: string;
  readonly subjectKind: 'user' | 'service_account';
  readonly subjectId: string;
  /** What was granted in all; a refresh may ask for less and later for all of it again. */
  readonly scopes: readonly string[];
  /** What the access tokens of the current generation may do. */
  readonly accessScopes: readonly string[];
  readonly team: string | null;
  /** The consent that it stands on; `null` for a service account. */
  readonly consentId: string | null;
  /** The user who agreed. */
  readonly approvedBy: string;
}

/** A refresh token that was found, used or not. */
export interface PresentedGrant {
  readonly family: Family;
  readonly generation: number;
  readonly grant: GrantData;
}

/** The sessions behind grants, and the refresh tokens that continue them. */
export interface RefreshTokens {
  /**
   * Starts the session of a grant.
   *
   * @param id The session's id, for a code whose replay must find it; by default a random one.
   */
  start(
    exchange: Exchange,
    grant: GrantData,
    options: { id?: string; refreshable: boolean },
  ): Promise<Family>;
  /** The refresh token of a session's current generation; the same text each time. */
  textOf(family: Family): string;
  /** @returns `token_malformed`, or `token_revoked` for one that is unknown or over. */
  find(refreshToken: string): Promise<PresentedGrant | AuthError>;
  /** Exchanges it: atomic, with one successor, which a repeat inside the window gets again. */
  rotate(presented: PresentedGrant, accessScopes: readonly string[]): Promise<Family | AuthError>;
}

export interface RefreshTokensParts {
  readonly store: FamilyStore;
  readonly sessions: GrantSessions;
  readonly secret: KeyObject;
  readonly accessSeconds: number;
  readonly addressOf: ClientAddressFinder;
}

export function refreshTokens(parts: RefreshTokensParts): RefreshTokens {
  const { store, sessions, secret, accessSeconds, addressOf } = parts;
  const texts = opaqueTexts<typeof USE>(secret, AS_BASE64URL);

  function handlesOf(sessionId: string, generation: number): readonly string[] {
    return [texts.handleOf(USE, texts.textOf(USE, sessionId, generation))];
  }

  return {
    start(exchange, grant, { id, refreshable }) {
      const data = newSessionData(grant.subjectId, exchange, addressOf(exchange), { ...grant });
      return sessions[grant.subjectKind].start(grant.subjectId, data, {
        id,
        // What cannot be refreshed is over with its access token.
        ...(refreshable
          ? { handlesOf: (sessionId) => handlesOf(sessionId, 1) }
          : { maxSeconds: accessSeconds }),
      });
    },

    textOf: ({ id, generation }) => texts.textOf(USE, id, generation),

    async find(refreshToken) {
      if (!texts.isText(refreshToken)) return authError('token_malformed');
      const found = await store.familyByHandle(texts.handleOf(USE, refreshToken));
      return found === null ? authError('token_revoked') : { ...found, grant: grantDataOf(found.family) };
    },

    async rotate({ family, generation, grant }, accessScopes) {
      const issued = await sessions[grant.subjectKind].rotate(family.id, generation, {
        handles: handlesOf(family.id, generation + 1),
        feedGeneration: true,
        data: { ...sessionDataOf(family), accessScopes } as unknown as Json,
      });
      return 'family' in issued ? issued.family : issued;
    },
  };
}

/** What a grant's session keeps. */
export function grantDataOf(family: Family): GrantData {
  return sessionDataOf(family) as unknown as GrantData;
}

const USE = 'oauth refresh';
