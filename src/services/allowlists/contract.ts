import type { AuthError } from '../../core/errors.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import type { PageOptions } from '../../core/store.ts';
import type { Address } from '../../network/address.ts';
import type { AllowlistPage } from './catalogue.ts';
import type { Allowlist, AllowlistMode } from './document.ts';
import type { Added, Removed } from './edits.ts';
import type { Explanation } from './explanation.ts';
import type { LockOutOptions } from './lock-out.ts';
import type { Changed, NewOverride } from './modes.ts';
import type { NewEntry } from './new-entry.ts';
import type { EditRefusal } from './refusal.ts';
import type { AllowlistReport } from './report.ts';
import type { ObservedRequest } from './route.ts';
import type { AllowlistWarning } from './warnings.ts';

/** Networks that requests of a client, a key or a workspace must come from: kept in the store, in force at once. */
export interface Allowlists {
  /**
   * Whether a request from this address may pass: every one of the lists that is enforced must contain it. At once
   * while the lists are in memory and what is known is fresh.
   *
   * @param subjects The lists that apply, as in `client:123456`; none of them means that everyone may pass.
   * @param address `null` when it cannot be known; a list that is enforced then refuses it.
   * @param request What was asked for, so that the report of a list that observes can name it.
   * @returns `null`, or the refusal `ip_denied` or `ip_unknown`.
   * @throws {@link StoreError} When a list, or the feed, cannot be read. TypeError when a subject is none.
   */
  check(
    subjects: string | readonly string[],
    address: Address | null,
    request?: ObservedRequest,
  ): MaybePromise<AuthError | null>;
  /**
   * The rule by which an address passed or was refused, for an event: the entries that let it in, as in
   * `client:7 10.0.0.0/8`, or the list that refused it, as in `client:7`. It knows what is in memory, and is to be asked
   * right after `check`.
   *
   * @returns `null` when no list decided.
   */
  rule(subjects: string | readonly string[], address: Address | null): string | null;
  /** The list as it is in the store. */
  list(subject: string): Promise<Allowlist>;
  /** The lists that are configured, in the order of their subjects. */
  lists(options?: PageOptions): Promise<AllowlistPage>;
  /** What is to be said of the entries of a list: overlaps, everything, private ranges, expired ones. */
  warnings(subject: string): Promise<readonly AllowlistWarning[]>;
  /** What a list says to an address, the entry that decides or the one that nearly would, as it is in the store. */
  explain(subject: string, address: string): Promise<Explanation | EditRefusal>;
  /** What a list would have refused since it began to observe, or since it was overridden. */
  report(subject: string): Promise<AllowlistReport>;
  /**
   * Adds a network. The first one makes the list configured and enforces it, unless it is to observe: everyone else is
   * refused from then on.
   *
   * An edit is in force in this process when it resolves, and in others as soon as they read the feed. When it rejects
   * with `StoreError` it may have been made or not: repeat it, since an edit that is repeated changes nothing more.
   */
  add(subject: string, entry: NewEntry, options?: AddOptions): Promise<AddResult>;
  /** Adds several in one step: all of them, or none when one of them is refused. */
  addMany(subject: string, entries: readonly NewEntry[], options?: AddOptions): Promise<AddResult>;
  /**
   * Adds the networks of a text in one step, one a line: all of them, or none when one line is refused. What stands
   * behind a `#` is the entry's label.
   *
   * @param common Who adds them, and when all of them expire.
   */
  addText(
    subject: string,
    text: string,
    common?: Pick<NewEntry, 'author' | 'expiresAt'>,
    options?: AddOptions,
  ): Promise<AddResult>;
  /**
   * Removes one entry. A list without any entry stays configured: while it is enforced it lets nobody in.
   *
   * @param idOrNetwork The entry's id, or its network in any spelling.
   */
  remove(subject: string, idOrNetwork: string, options?: EditOptions): Promise<RemoveResult>;
  /** Removes all entries and makes the list one that was never configured: everyone may pass. */
  clear(subject: string, options?: EditOptions): Promise<RemoveResult>;
  /**
   * Sets what the list does: nothing, count what it would refuse, or refuse it. Observing a list that was never
   * configured counts everyone. Enforcing is refused with `lock_out` for a list without a live entry and for one that
   * does not contain `from`, unless it is confirmed; and with `address_spoofable`.
   */
  setMode(subject: string, mode: AllowlistMode, options?: EditOptions): Promise<ChangeResult>;
  /** Breaks the glass: everyone may pass until a moment, within a day, when the list is in force again by itself. */
  override(subject: string, wanted: NewOverride): Promise<ChangeResult>;
  /** Puts a list in force before its override ends by itself. */
  endOverride(subject: string, options?: EditOptions): Promise<ChangeResult>;
  /** Writes what is left of reports, and ends the reader of the feed when it was made here. */
  close(): Promise<void>;
}

export interface EditOptions extends LockOutOptions {
  /** Who does it, for the event: at most 100 characters on one line. */
  readonly author?: string | undefined;
}

export interface AddOptions extends LockOutOptions {
  /** A list that gets its first entry observes, and does not enforce; refused for one that does something else already. */
  readonly observe?: boolean | undefined;
}

/** What was added, with what may not be meant so, or why nothing was. */
export type AddResult = (Added & { readonly warnings: readonly AddWarning[] }) | EditRefusal;
/** What was removed, or why nothing was. */
export type RemoveResult = Removed | EditRefusal;
/** What was changed, or why nothing was. */
export type ChangeResult = Changed | EditRefusal;

/** What was added, and may not be what was meant. */
export interface AddWarning extends AllowlistWarning {
  /** Which of the entries, or of the lines of a text, counted from 1. */
  readonly line: number;
}
