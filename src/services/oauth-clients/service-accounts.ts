import type { Clock } from '../../core/clock.ts';
import { sha256 } from '../../core/secrets.ts';
import type { Json, RecordStore } from '../../core/store.ts';
import { editRecord } from '../edit-record.ts';

/** What acts for a team in one application, whoever of the team let it. Times are milliseconds since the Unix epoch. */
export interface ServiceAccount {
  readonly id: string;
  readonly clientId: string;
  readonly team: string;
  readonly createdAt: number;
  /** When it was disabled; `null` while it is not. */
  readonly disabledAt: number | null;
  /** What was issued until then is over, for good; `null` when it was never disabled. */
  readonly endedAt: number | null;
}

export interface ServiceAccountRecords {
  /** The one service account of an application and a team; it is made when it is first asked for. */
  obtain(clientId: string, team: string): Promise<ServiceAccount>;
  find(id: string): Promise<ServiceAccount | null>;
  list(clientId: string): Promise<readonly ServiceAccount[]>;
  /** @returns The service account, and whether this call changed it; `null` when there is none. */
  setDisabled(
    id: string,
    disabled: boolean,
  ): Promise<{ readonly account: ServiceAccount; readonly changed: boolean } | null>;
}

export function serviceAccountRecords(store: RecordStore, clock: Clock): ServiceAccountRecords {
  async function find(id: string): Promise<ServiceAccount | null> {
    const record = await store.get(KIND, id);
    return record === null ? null : (record.data as Json & ServiceAccount);
  }

  return {
    find,

    async obtain(clientId, team) {
      // Made of the two alone, so that nobody can make a second one at the same moment.
      const id = `service-${sha256(JSON.stringify([clientId, team])).slice(0, 22)}`;
      const found = await find(id);
      if (found !== null) return found;
      const account: ServiceAccount = {
        id,
        clientId,
        team,
        createdAt: clock.now(),
        disabledAt: null,
        endedAt: null,
      };
      const data = account as ServiceAccount & Json;
      const written = await store.put(KIND, id, data, { expect: 'absent', lookups: [clientId] });
      return written === null ? ((await find(id)) ?? account) : account;
    },

    async list(clientId) {
      const accounts: ServiceAccount[] = [];
      let after: string | undefined;
      do {
        const { items, next } = await store.list<Json & ServiceAccount>(KIND, 0, clientId, { after });
        accounts.push(...items.map(({ data }) => data));
        after = next ?? undefined;
      } while (after !== undefined);
      return accounts;
    },

    async setDisabled(id, disabled) {
      const now = clock.now();
      const edited = await editRecord<ServiceAccount>(store, KIND, id, (account) =>
        switchedTo(account, disabled, now),
      );
      return edited === null ? null : { account: edited.data, changed: edited.changed };
    },
  };
}

/** Disables or enables what has these two times; the same object when it is so already. */
export function switchedTo<D extends Pick<ServiceAccount, 'disabledAt' | 'endedAt'>>(
  document: D,
  disabled: boolean,
  now: number,
): D {
  if ((document.disabledAt !== null) === disabled) return document;
  return disabled
    ? { ...document, disabledAt: now, endedAt: now }
    : { ...document, disabledAt: null, endedAt: now };
}

const KIND = 'oauth_service_account';
