import type { ApiKeyRecord, ApiKeySecret } from './document.ts';
import { isRetiring } from './secrets.ts';
import type { LastUse } from './usage.ts';

/** When each secret of a key was last used, by whichever process; a use may be missing for up to a minute. */
export interface ApiKeyUsage {
  readonly id: string;
  /** Oldest first; the last one is the current one. */
  readonly secrets: readonly ApiKeySecretUsage[];
}

export interface ApiKeySecretUsage extends ApiKeySecret {
  /** `null` for never. */
  readonly lastUsedAt: number | null;
  /**
   * Where a secret that was replaced was last used from, as the strategy that recognised it saw the client's address;
   * `null` while it is the current one, and when no address is known.
   */
  readonly lastUsedFrom: string | null;
}

/** What became of finishing a rotation. */
export type FinishedRotation =
  /** All earlier secrets are over: they had been quiet for long enough. */
  | { readonly outcome: 'retired'; readonly record: ApiKeyRecord }
  /** Somebody still uses an earlier secret; those that were quiet are over all the same. */
  | {
      readonly outcome: 'in_use';
      readonly lastUsedAt: number;
      /** When it will have been quiet for long enough, if it is not used again. */
      readonly quietAt: number;
      readonly record: ApiKeyRecord;
    }
  /** No earlier secret works any more. */
  | { readonly outcome: 'nothing_to_retire'; readonly record: ApiKeyRecord };

export function usageOf({ id, secrets }: ApiKeyRecord, lastUsed: ReadonlyMap<number, LastUse>): ApiKeyUsage {
  return {
    id,
    secrets: secrets.map((secret) => {
      const use = lastUsed.get(secret.serial);
      return { ...secret, lastUsedAt: use?.at ?? null, lastUsedFrom: use?.from ?? null };
    }),
  };
}

/** Which retiring secrets have been quiet since before `quietSince`, and the last use among the others. */
export function sortByQuiet(
  { secrets }: ApiKeyUsage,
  now: number,
  quietSince: number,
): { readonly quiet: readonly number[]; readonly lastUsedAt: number | null } {
  // A secret that was never used counts as used when it was made, since its caller may have yet to begin.
  const retiring = secrets
    .filter((secret) => isRetiring(secret, now))
    .map(({ serial, lastUsedAt, createdAt }) => ({ serial, usedAt: lastUsedAt ?? createdAt }));
  const inUse = retiring.filter(({ usedAt }) => usedAt > quietSince);
  return {
    quiet: retiring.filter(({ usedAt }) => usedAt <= quietSince).map(({ serial }) => serial),
    lastUsedAt: inUse.length === 0 ? null : Math.max(...inUse.map(({ usedAt }) => usedAt)),
  };
}
