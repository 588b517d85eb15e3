import type { Clock } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import { areWithin } from '../core/scopes.ts';
import { randomToken, sha256 } from '../core/secrets.ts';
import type { Json, RecordStore } from '../core/store.ts';
import { editRecord } from './edit-record.ts';
import { sessionDataOf } from './session-data.ts';
import type { Sessions } from './sessions/contract.ts';

/** What a user has agreed to that an application may do. Times are milliseconds since the Unix epoch. */
export interface OAuthConsent {
  readonly userId: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly grantedAt: number;
}

/** What users have agreed to. A consent that is withdrawn ends the tokens that stand on it. */
export interface OAuthConsents {
  list(userId: string): Promise<readonly OAuthConsent[]>;
  /**
   * Ends a consent, its sessions and its tokens; codes that stand on it cannot be redeemed any more.
   *
   * @returns Whether there was one.
   */
  withdraw(userId: string, clientId: string): Promise<boolean>;
}

/** What the server does with consents besides. */
export interface ConsentRecords extends OAuthConsents {
  /** Adds to what the user has agreed to. @returns The id of the consent, which tells it from one after a withdrawal. */
  grant(userId: string, clientId: string, scopes: readonly string[]): Promise<string>;
  /** Whether the user has agreed to all of these scopes. */
  covers(userId: string, clientId: string, scopes: readonly string[]): Promise<boolean>;
  /** Whether this very consent still stands. */
  stands(userId: string, clientId: string, consentId: string): Promise<boolean>;
}

export function consentRecords(store: RecordStore, sessions: Sessions, clock: Clock): ConsentRecords {
  async function find(userId: string, clientId: string): Promise<KeptConsent | null> {
    const record = await store.get(KIND, idOf(userId, clientId));
    return record === null ? null : (record.data as Json & KeptConsent);
  }

  return {
    async grant(userId, clientId, scopes) {
      const id = idOf(userId, clientId);
      const consentId = randomToken(128);
      const fresh: KeptConsent = { consentId, userId, clientId, scopes, grantedAt: clock.now() };
      for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        const edited = await editRecord<KeptConsent>(store, KIND, id, (consent) =>
          areWithin(scopes, consent.scopes)
            ? consent
            : { ...consent, scopes: [...new Set([...consent.scopes, ...scopes])] },
        );
        if (edited !== null) return edited.data.consentId;
        const data = fresh as KeptConsent & Json;
        const written = await store.put(KIND, id, data, { expect: 'absent', lookups: [userId] });
        if (written !== null) return consentId;
      }
      throw new StoreError('a consent is being given and withdrawn too often at the same time');
    },

    async covers(userId, clientId, scopes) {
      const consent = await find(userId, clientId);
      return consent !== null && areWithin(scopes, consent.scopes);
    },

    async stands(userId, clientId, consentId) {
      return (await find(userId, clientId))?.consentId === consentId;
    },

    async list(userId) {
      const consents: OAuthConsent[] = [];
      let after: string | undefined;
      do {
        const page = await store.list<Json & KeptConsent>(KIND, 0, userId, { after });
        for (const { data } of page.items) {
          const { clientId, scopes, grantedAt } = data;
          consents.push({ userId, clientId, scopes, grantedAt });
        }
        after = page.next ?? undefined;
      } while (after !== undefined);
      return consents;
    },

    async withdraw(userId, clientId) {
      // First, so that nothing new can come to stand on it while the sessions are ended.
      const existed = await store.delete(KIND, idOf(userId, clientId));
      for (const { id } of await sessions.list(userId)) {
        const family = await sessions.find(id);
        if (family === null || sessionDataOf(family)['clientId'] !== clientId) continue;
        await sessions.revoke(id, { reason: 'the consent was withdrawn' });
      }
      return existed;
    },
  };
}

type KeptConsent = OAuthConsent & { readonly consentId: string };

/** Ids of the host may be longer than a record's. */
function idOf(userId: string, clientId: string): string {
  return sha256(JSON.stringify([userId, clientId]));
}

const KIND = 'oauth_consent';
const MOST_ATTEMPTS = 10;
