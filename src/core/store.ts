/**
 * The engine-neutral contract of everything the package keeps. It is a small kernel of steps that each engine can make
 * atomic: records with versions, families of refresh tokens, and a feed that every node tails. Times are milliseconds
 * since the Unix epoch. Every method rejects with `StoreError` when the engine is down or does not answer in time.
 *
 * Kinds, ids, owners, handles and slot values are well-formed Unicode without U+0000, at most 255 bytes of UTF-8 (feed
 * keys: 1,024). Looking for any other text finds nothing, since it may come from a request; writing one, or a number
 * that is not a safe integer, rejects with `RangeError`.
 *
 * `portcullis/stores/testing` holds the suite that an implementation must pass.
 */
export interface Store extends RecordStore, FamilyStore, FeedStore {
  /**
   * Deletes rows that have expired; reads never see them, so this only frees space. An engine may leave those that
   * expired within the last day, and one that drops expired rows by itself deletes nothing here.
   *
   * @param limit The most rows deleted in one call.
   * @returns How many rows were deleted; fewer than `limit` means that there is nothing more to delete.
   */
  sweep(limit: number): Promise<number>;
  /** Asks the engine for its clock, which proves that it answers. */
  ping(): Promise<{ readonly serverNow: number }>;
  /** Ends watches and connections that the store opened itself. A closed store rejects every call. */
  close(): Promise<void>;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Up to three secondary keys of a record; what each slot means is declared by the kind's owner. */
export type Lookups = readonly [slot0?: string | null, slot1?: string | null, slot2?: string | null];

export interface StoredRecord<D extends Json = Json> {
  readonly kind: string;
  readonly id: string;
  readonly data: D;
  /** Grows with each `put`; a record that was deleted and made again never repeats a version. */
  readonly version: number;
  readonly expiresAt: number | null;
  /** Always three slots; `null` in those that are empty. */
  readonly lookups: Lookups;
  /** How often `use` was called since the record was made. */
  readonly uses: number;
  readonly usedAt: number | null;
}

export interface PutOptions {
  /** Writes only if the record has this version, or does not exist. Without it the write is unconditional. */
  readonly expect?: number | 'absent' | undefined;
  /** From this moment on the record is gone; `null` or absent means never, also when the earlier version had one. */
  readonly expiresAt?: number | null | undefined;
  /** Replaces all three slots; absent means that they are empty. */
  readonly lookups?: Lookups | undefined;
}

export interface Page<D extends Json = Json> {
  readonly items: readonly StoredRecord<D>[];
  /** Hand it in as `after` for the next page; `null` at the end. */
  readonly next: string | null;
}

/** Documents by kind and id. */
export interface RecordStore {
  get<D extends Json>(kind: string, id: string): Promise<StoredRecord<D> | null>;
  /** @returns The new version, or `null` when `expect` did not hold and nothing was written. */
  put(kind: string, id: string, data: Json, options?: PutOptions): Promise<number | null>;
  /**
   * Counts one use in one atomic step and returns the record after it: `uses === 1` means that this caller is the
   * first. It changes neither data nor version. `null` when the record does not exist.
   */
  use<D extends Json>(kind: string, id: string): Promise<StoredRecord<D> | null>;
  /** @returns Whether this call deleted it. */
  delete(kind: string, id: string, expectVersion?: number): Promise<boolean>;
  /** The live records of a kind with this value in this slot, in byte order of their ids (as UTF-8). */
  list<D extends Json>(kind: string, slot: 0 | 1 | 2, value: string, options?: PageOptions): Promise<Page<D>>;
  /** @returns How many were deleted. */
  deleteBy(kind: string, slot: 0 | 1 | 2, value: string): Promise<number>;
}

export interface PageOptions {
  /** The most items of one page; default 100. */
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
}

/** One login's chain of refresh tokens: a single row with a generation counter, however often it rotates. */
export interface Family {
  readonly id: string;
  /** Whose it is, for listing and for revoking all. */
  readonly owner: string;
  /** The family it hangs on; revoking the parent revokes it too. */
  readonly parent: string | null;
  readonly data: Json;
  /** The last generation that was issued; the first is 1. */
  readonly generation: number;
  /** When the first generation was issued. */
  readonly createdAt: number;
  /** When the current generation was issued. */
  readonly rotatedAt: number;
  /** When the current generation's refresh token ends: the idle end, capped by the absolute end. */
  readonly expiresAt: number;
  readonly absoluteAt: number | null;
}

export interface NewFamily {
  readonly id: string;
  readonly owner: string;
  readonly parent?: string | null | undefined;
  readonly data: Json;
  /** Lifetime without a rotation. */
  readonly idleMs: number;
  /** The end that no rotation moves; `null` for none. A child's is capped by the end its parent has at this moment. */
  readonly absoluteAt: number | null;
  /** How long a revocation of this family stays in the feed: at least the lifetime of its access tokens and the skew. */
  readonly feedMs: number;
  /** Hashes under which `familyByHandle` finds the first generation. */
  readonly handles?: readonly string[] | undefined;
}

/** What a rotation does. All but `graceMs` has an effect only when a successor is issued (`rotated`, `ahead`). */
export interface RotatePolicy {
  readonly idleMs: number;
  /** For how long after a rotation its own predecessor is answered with the same successor; 0 for never. */
  readonly graceMs: number;
  /** Raises the family's `feedMs`, when access tokens live longer than at its creation; a lower value changes nothing. */
  readonly feedMs?: number | undefined;
  /** Hashes of the successor's handles, written in the same step and kept until the family expires. */
  readonly handles?: readonly string[] | undefined;
  /** Also feeds `gen:<id>`, which refuses access tokens of earlier generations. */
  readonly feedGeneration?: boolean | undefined;
  /** Replaces the family's data in the same step. */
  readonly data?: Json | undefined;
  /** Earlier generations are merely gone afterwards: no grace for them, and presenting one is not reuse. */
  readonly retireQuietly?: boolean | undefined;
}

/** What became of presenting a generation. Everything but `gone` tells the family as it now is. */
export type Rotation =
  /** The presented generation was the current one (`ahead`: even later than the store knew); its successor is issued. */
  | { readonly outcome: 'rotated' | 'ahead'; readonly family: Family }
  /** The immediate predecessor came again inside the grace window: the successor that exists already. */
  | { readonly outcome: 'replayed'; readonly family: Family }
  /** An older generation: theft. The family is revoked and fed in this very step; later calls say `gone`. */
  | { readonly outcome: 'reuse'; readonly family: Family }
  /** Unknown, expired, revoked, retired quietly, or no generation at all (not from 1 to 2147483646). */
  | { readonly outcome: 'gone' };

/** Refresh token families. Each method is one atomic step; revocation is durable and fed in the same step. */
export interface FamilyStore {
  /** Rejects with `StoreError` when the id or a handle exists already, or when the parent is not a live family. */
  familyCreate(family: NewFamily): Promise<Family>;
  /** The live family, or `null`. */
  familyGet(id: string): Promise<Family | null>;
  /** The live family and the generation that a handle stands for, which may be an earlier one. */
  familyByHandle(handle: string): Promise<{ readonly family: Family; readonly generation: number } | null>;
  /**
   * Presents a generation, whose token the caller has authenticated already. It rejects with `StoreError`, and rotates
   * nothing, when a handle of the successor exists already.
   */
  familyRotate(id: string, generation: number, policy: RotatePolicy): Promise<Rotation>;
  /** Revokes a family and its children, and theirs. @returns Whether this call ended the family itself. */
  familyRevoke(id: string): Promise<boolean>;
  /** The owner's live families, oldest first; those of one millisecond in byte order of their ids. */
  familyList(owner: string): Promise<readonly Family[]>;
  /**
   * Revokes all of the owner's families and their children, and theirs. `except` spares one family, unless it hangs
   * on one that is revoked.
   *
   * @returns How many of the owner's own it ended.
   */
  familyRevokeAll(owner: string, options?: { readonly except?: string | undefined }): Promise<number>;
}

/**
 * One line of the feed. Revocations: `sid:<family>` (value unused), `gen:<family>` (generations below the value are
 * refused), `acc:<owner>` and `ws:<workspace>` (tokens with an auth version at or below the value are refused),
 * `act:<family>` (value unused; tokens of impersonations that were started from this family are refused).
 * Invalidations of caches: `inv:<kind>:<id>`.
 */
export interface FeedEvent {
  readonly key: string;
  readonly value: number;
  /** When the line may be forgotten. */
  readonly expiresAt: number;
}

/** An append-only list that every node reads to its end. A line may be delivered more than once, and is never lost. */
export interface FeedStore {
  feedAppend(events: readonly FeedEvent[]): Promise<void>;
  /**
   * @param cursor Where the last reading ended; `null` for every line that has not expired. A cursor that the engine
   *   does not know, say of a database that was restored since, reads like `null`.
   */
  feedRead(
    cursor: string | null,
  ): Promise<{ readonly events: readonly FeedEvent[]; readonly cursor: string }>;
  /**
   * Calls `wake` soon after something was appended, also by another process where the engine can tell. It is a hint:
   * readers poll as well.
   *
   * @returns Ends the watch.
   */
  feedWatch(wake: () => void): Promise<() => Promise<void>>;
}
