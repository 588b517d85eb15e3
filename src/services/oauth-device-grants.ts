import { randomBytes } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import { sha256 } from '../core/secrets.ts';
import type { Json, RecordStore, StoredRecord } from '../core/store.ts';
import { newUserCode, userCodeOf } from './device-user-codes.ts';
import { editRecord } from './edit-record.ts';

/** A request of a device for tokens, which its user decides about in a browser. */
export interface DeviceGrant {
  readonly clientId: string;
  /** What the device asked for. */
  readonly requestedScopes: readonly string[];
}

/** What the user of a device has agreed to. */
export interface DeviceApproval {
  readonly userId: string;
  readonly scopes: readonly string[];
  readonly consentId: string;
}

export interface DeviceCodes {
  /** 80 hexadecimal characters; kept as a hash only. */
  readonly deviceCode: string;
  /** Eight consonants, unique among the codes that live; kept as a hash only. */
  readonly userCode: string;
}

/** What a device hears when it polls. */
export type DevicePoll =
  | { readonly kind: 'unknown' | 'used' | 'expired' | 'pending' | 'too-early' | 'denied' }
  | {
      readonly kind: 'approved';
      readonly grant: DeviceGrant;
      readonly approval: DeviceApproval;
      /** Milliseconds since the Unix epoch. */
      readonly issuedAt: number;
    };

/** A request that a user has opened by its code. */
export interface OpenedDeviceGrant extends DeviceGrant {
  /** Names it to `decide`. */
  readonly id: string;
  /** As the device shows it. */
  readonly userCode: string;
}

export interface DeviceGrants {
  issue(grant: DeviceGrant): Promise<DeviceCodes>;
  /** A poll of the device, which belongs to this application or is `unknown`. */
  poll(deviceCode: string, clientId: string): Promise<DevicePoll>;
  /** Uses up an approved code in one atomic step. @returns Whether this call was the first. */
  redeem(deviceCode: string): Promise<boolean>;
  /**
   * Opens a request that waits for its user. From then on nobody but this user can open it or decide about it.
   *
   * @param entered The code as a person typed it; blanks, hyphens and case do not matter.
   * @returns `null` for a code that is unknown, expired, decided or another user's.
   */
  open(entered: string, userId: string): Promise<OpenedDeviceGrant | null>;
  /** @returns Whether the decision was taken; false when the request is over, decided, or another user's. */
  decide(id: string, userId: string, decision: DeviceApproval | 'denied'): Promise<boolean>;
}

export interface DeviceGrantsOptions {
  readonly store: RecordStore;
  readonly clock: Clock;
  readonly deviceCodeSeconds: number;
  /** The least time between two polls, at the beginning. */
  readonly intervalSeconds: number;
}

/** @see RFC 8628 */
export function deviceGrants(options: DeviceGrantsOptions): DeviceGrants {
  const { store, clock, deviceCodeSeconds, intervalSeconds } = options;

  /** Takes a user code that no live request has. */
  async function reserveUserCode(deviceId: string, endsAt: number): Promise<string> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const userCode = newUserCode();
      const written = await store.put(USER_CODE_KIND, userCodeId(userCode), deviceId, {
        expect: 'absent',
        expiresAt: endsAt,
      });
      if (written !== null) return userCode;
    }
    throw new StoreError('no user code was free');
  }

  /** What a poll makes of the request, and the answer to it. */
  function judge(kept: KeptGrant, { uses }: StoredRecord, now: number): readonly [KeptGrant, DevicePoll] {
    if (uses > 0) return [kept, { kind: 'used' }];
    if (now >= kept.endsAt) return [kept, { kind: 'expired' }];
    const { state, clientId, requestedScopes, issuedAt } = kept;
    if (state.kind === 'denied') return [kept, { kind: 'denied' }];
    if (state.kind === 'approved') {
      const grant = { clientId, requestedScopes };
      return [kept, { kind: 'approved', grant, approval: state.approval, issuedAt }];
    }
    // Counted from the last poll that was in time, so that a device which obeys `slow_down` gets out of it.
    if (kept.polledAt !== null && now < kept.polledAt + kept.intervalMs) {
      return [{ ...kept, intervalMs: kept.intervalMs + SLOWER_MS }, { kind: 'too-early' }];
    }
    return [{ ...kept, polledAt: now }, { kind: 'pending' }];
  }

  return {
    async issue({ clientId, requestedScopes }) {
      const deviceCode = randomBytes(40).toString('hex');
      const id = sha256(deviceCode);
      const issuedAt = clock.now();
      const kept: KeptGrant = {
        clientId,
        requestedScopes,
        issuedAt,
        endsAt: issuedAt + deviceCodeSeconds * 1000,
        intervalMs: intervalSeconds * 1000,
        polledAt: null,
        openedBy: null,
        state: { kind: 'pending' },
      };
      const userCode = await reserveUserCode(id, kept.endsAt);
      await store.put(KIND, id, kept as KeptGrant & Json, {
        expect: 'absent',
        expiresAt: kept.endsAt + REMEMBERED_MS,
      });
      return { deviceCode, userCode };
    },

    async poll(deviceCode, clientId) {
      let answer: DevicePoll = { kind: 'unknown' };
      await editRecord<KeptGrant>(store, KIND, sha256(deviceCode), (kept, record) => {
        answer = { kind: 'unknown' };
        if (kept.clientId !== clientId) return null;
        const [next, said] = judge(kept, record, clock.now());
        answer = said;
        return next;
      });
      return answer;
    },

    async redeem(deviceCode) {
      return (await store.use(KIND, sha256(deviceCode)))?.uses === 1;
    },

    async open(entered, userId) {
      const userCode = userCodeOf(entered);
      if (userCode === null) return null;
      const id = (await store.get<string>(USER_CODE_KIND, userCodeId(userCode)))?.data;
      if (id === undefined) return null;
      const edited = await editRecord<KeptGrant>(store, KIND, id, (kept) => {
        if (kept.state.kind !== 'pending' || clock.now() >= kept.endsAt) return null;
        if (kept.openedBy !== null) return kept.openedBy === userId ? kept : null;
        return { ...kept, openedBy: userId };
      });
      if (edited === null) return null;
      const { clientId, requestedScopes } = edited.data;
      return { id, clientId, requestedScopes, userCode };
    },

    async decide(id, userId, decision) {
      const edited = await editRecord<KeptGrant>(store, KIND, id, (kept) => {
        const isOpen = kept.state.kind === 'pending' && clock.now() < kept.endsAt && kept.openedBy === userId;
        if (!isOpen) return null;
        const state: KeptState =
          decision === 'denied' ? { kind: 'denied' } : { kind: 'approved', approval: decision };
        return { ...kept, state };
      });
      return edited !== null;
    },
  };
}

type KeptState =
  { readonly kind: 'pending' | 'denied' } | { readonly kind: 'approved'; readonly approval: DeviceApproval };

interface KeptGrant extends DeviceGrant {
  readonly issuedAt: number;
  readonly endsAt: number;
  readonly intervalMs: number;
  /** The last poll that was not too early. */
  readonly polledAt: number | null;
  readonly openedBy: string | null;
  readonly state: KeptState;
}

const KIND = 'oauth_device';
const USER_CODE_KIND = 'oauth_user_code';
/** How long a code is told to be expired rather than unknown. */
const REMEMBERED_MS = 600_000;
/** RFC 8628 section 3.5. */
const SLOWER_MS = 5_000;
const MOST_ATTEMPTS = 10;

function userCodeId(userCode: string): string {
  return sha256(`user code ${userCode}`);
}
