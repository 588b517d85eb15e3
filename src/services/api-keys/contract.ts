import type { PageOptions } from '../../core/store.ts';
import type { ApiKeyRecord } from './document.ts';
import type { ApiKeyChanges, NewApiKey } from './new-key.ts';
import type { ApiKeyUsage, FinishedRotation } from './usage-report.ts';

/**
 * What an administrator does with keys. These are functions and never an endpoint: whoever calls them has decided that
 * the person may, and says whose key it is.
 *
 * An edit that rejects with `StoreError` may have been made or not: repeat it.
 */
export interface ApiKeyAdministration {
  /**
   * Makes a key.
   *
   * @returns The key itself, which is shown this once and kept nowhere, and what is kept of it.
   * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`.
   */
  create(key: NewApiKey, options?: EditOptions): Promise<IssuedApiKey>;
  /** The keys of a workspace in the order of their ids, those that are revoked or expired among them. */
  list(workspace: string, page?: PageOptions): Promise<ApiKeyPage>;
  find(id: string): Promise<ApiKeyRecord | null>;
  /**
   * Changes what is given and leaves the rest.
   *
   * @returns `null` when there is no such key, or it has been revoked.
   * @throws {@link ConfigError} `option_unknown`, `option_invalid`.
   */
  update(id: string, changes: ApiKeyChanges, options?: EditOptions): Promise<ApiKeyRecord | null>;
  /**
   * Sets from when on the key is refused, in milliseconds since the Unix epoch; `null` for never.
   *
   * @returns `null` when there is no such key, or it has been revoked.
   */
  setExpiry(id: string, expiresAt: number | null, options?: EditOptions): Promise<ApiKeyRecord | null>;
  /**
   * Gives a key a new secret. It works at once; the earlier one works until its end, and its callers are told by
   * `Deprecation` and `Sunset` headers.
   *
   * @returns The new key; `null` when there is no such key, or it is revoked or expired.
   * @throws {@link ConfigError} `option_invalid`; `option_conflict` when eight earlier secrets would still work.
   */
  rotate(id: string, options?: RotateOptions): Promise<IssuedApiKey | null>;
  /** When each secret was last used; `null` when there is no such key. */
  usage(id: string): Promise<ApiKeyUsage | null>;
  /**
   * Ends the earlier secrets that nobody has used for so many days, and says whether all of them are.
   *
   * @returns `null` when there is no such key, or it has been revoked.
   */
  finishRotation(id: string, options: FinishOptions): Promise<FinishedRotation | null>;
  /**
   * Ends a key for good. This process refuses it from the next request on, others as soon as they read the feed.
   *
   * @returns Whether this call revoked it; false when there is no such key, or it was revoked before.
   */
  revoke(id: string, options?: EditOptions): Promise<boolean>;
  /** Revokes every key of a workspace. @returns How many this call revoked. */
  revokeAll(workspace: string, options?: EditOptions): Promise<number>;
}

export interface EditOptions {
  /** Who does it, for the event: at most 100 characters on one line. */
  readonly author?: string | undefined;
}

export interface RotateOptions extends EditOptions {
  /**
   * For how long the earlier secrets go on working; 0 ends them now. By default, and with `null`, they work until
   * `finishRotation` or an expiry ends them.
   */
  readonly overlapSeconds?: number | null | undefined;
}

export interface FinishOptions extends EditOptions {
  /** For how many days an earlier secret must not have been used; at least 1. */
  readonly quietDays: number;
}

/** A key when it is created, and never again. */
export interface IssuedApiKey {
  /** The whole key. It cannot be had again. */
  readonly key: string;
  readonly record: ApiKeyRecord;
}

/** A part of the keys of a workspace, in the order of their ids. */
export interface ApiKeyPage {
  readonly items: readonly ApiKeyRecord[];
  /** Hand it in as `after` for the next page; `null` at the end. */
  readonly next: string | null;
}
