import type { Clock } from '../core/clock.ts';
import { randomToken, sha256 } from '../core/secrets.ts';
import type { Json, RecordStore } from '../core/store.ts';

/** What an authorization code stands for. */
export interface CodeGrant {
  readonly clientId: string;
  readonly redirectUri: string;
  /** Whether the request named the redirect URI, so that its redemption must name it too (RFC 6749 section 4.1.3). */
  readonly redirectUriSent: boolean;
  /** The S256 challenge of RFC 7636; `null` where the application was let off it. */
  readonly codeChallenge: string | null;
  readonly scopes: readonly string[];
  /** What was asked for; `null` when the request named no scope. */
  readonly requestedScopes: readonly string[] | null;
  /** Whom the tokens will be for. */
  readonly subject: { readonly kind: 'user' | 'service_account'; readonly id: string };
  /** The user who agreed. */
  readonly approvedBy: string;
  readonly team: string | null;
  /** The consent that it stands on; `null` for a service account, which outlives whoever approved it. */
  readonly consentId: string | null;
}

export interface FoundCode {
  readonly grant: CodeGrant;
  /** Milliseconds since the Unix epoch. */
  readonly issuedAt: number;
  readonly isExpired: boolean;
  readonly isUsed: boolean;
}

/** Authorization codes, kept as hashes only. */
export interface AuthorizationCodes {
  issue(grant: CodeGrant): Promise<string>;
  /** Looks at a code and changes nothing; it is known for ten minutes after its end, so that a late replay is noticed. */
  find(code: string): Promise<FoundCode | null>;
  /** Counts one redemption in one atomic step: only one caller ever hears `first`. */
  redeem(code: string): Promise<'first' | 'again' | 'gone'>;
  /** Whether a code has been redeemed more than once. */
  wasReplayed(code: string): Promise<boolean>;
  /** The id of the session that a code's redemption starts, so that a replay can end it wherever it is started. */
  sessionIdOf(code: string): string;
}

export interface AuthorizationCodesOptions {
  readonly store: RecordStore;
  readonly clock: Clock;
  readonly codeSeconds: number;
}

export function authorizationCodes({
  store,
  clock,
  codeSeconds,
}: AuthorizationCodesOptions): AuthorizationCodes {
  return {
    async issue(grant) {
      const code = randomToken(256);
      const issuedAt = clock.now();
      const kept: KeptCode = { ...grant, issuedAt, endsAt: issuedAt + codeSeconds * 1000 };
      await store.put(KIND, sha256(code), kept as KeptCode & Json, {
        expect: 'absent',
        expiresAt: kept.endsAt + REMEMBERED_MS,
      });
      return code;
    },

    async find(code) {
      const record = await store.get(KIND, sha256(code));
      if (record === null) return null;
      const { issuedAt, endsAt, ...grant } = record.data as unknown as KeptCode;
      return { grant, issuedAt, isExpired: clock.now() >= endsAt, isUsed: record.uses > 0 };
    },

    async redeem(code) {
      const record = await store.use(KIND, sha256(code));
      if (record === null) return 'gone';
      return record.uses === 1 ? 'first' : 'again';
    },

    async wasReplayed(code) {
      return ((await store.get(KIND, sha256(code)))?.uses ?? 0) > 1;
    },

    sessionIdOf: (code) => sha256(`session of code ${code}`).slice(0, 22),
  };
}

type KeptCode = CodeGrant & { readonly issuedAt: number; readonly endsAt: number };

const KIND = 'oauth_code';
const REMEMBERED_MS = 600_000;
