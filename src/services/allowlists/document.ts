import { StoreError } from '../../core/errors.ts';
import type { Json, StoredRecord } from '../../core/store.ts';
import { activeOverride, isOverride, type AllowlistOverride } from './override.ts';

/** The kind under which lists are kept; a list's id is its subject key. */
export const ALLOWLIST_KIND = 'allowlist';

/**
 * What a list does with a request from outside of it. `enforce` refuses it. `observe` lets it pass and counts it in the
 * report. `off` lets it pass.
 */
export type AllowlistMode = 'off' | 'observe' | 'enforce';

/** One network of a list. */
export interface AllowlistEntry {
  /** Unique within the list. It is never text that could be read as a network. */
  readonly id: string;
  /** Canonical CIDR text, as in `10.0.0.0/8` or `2001:db8::1/128`. */
  readonly network: string;
  readonly label?: string;
  /** Who added it. */
  readonly author?: string;
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
  /** From this moment on, in milliseconds since the Unix epoch, it lets nobody in; absent means never. */
  readonly expiresAt?: number;
}

/** A list as it is kept. */
export interface Allowlist {
  /** From the first entry, or from when it first observed, until it is cleared. */
  readonly configured: boolean;
  /** What a configured list does; it has no meaning before. Enforcing without a live entry lets nobody in. */
  readonly mode: AllowlistMode;
  /** In the order of adding, with those that have expired. */
  readonly entries: readonly AllowlistEntry[];
  /** Since when the report counts, in milliseconds since the Unix epoch; absent when it never did. */
  readonly observedSince?: number;
  /** The latest overrides, oldest first, also those that have ended. */
  readonly overrides?: readonly AllowlistOverride[];
}

/** A list that nobody has configured: everyone may pass. */
export const NEVER_CONFIGURED: Allowlist = Object.freeze({
  configured: false,
  mode: 'enforce',
  entries: Object.freeze([]),
});

/**
 * Reads a list's record. Members that this version does not know stay in it, so that an edit writes them back.
 *
 * @throws {@link StoreError} When the record is not a list: guessing could let everyone in.
 */
export function readAllowlist(subject: string, record: StoredRecord | null): Allowlist {
  if (record === null) return NEVER_CONFIGURED;
  const { data } = record;
  if (!isAllowlist(data)) throw damaged(subject);
  return data;
}

export function damaged(subject: string, cause?: unknown): StoreError {
  return new StoreError(`the allowlist of ${JSON.stringify(subject)} cannot be read: its record is damaged`, {
    cause,
  });
}

/** Whether an entry lets its network in at this moment. */
export function isLive(entry: Pick<AllowlistEntry, 'expiresAt'>, now: number): boolean {
  return entry.expiresAt === undefined || now < entry.expiresAt;
}

/** Whether a list refuses whoever is not on it, unless it is overridden. */
export function isEnforcing({ configured, mode }: Pick<Allowlist, 'configured' | 'mode'>): boolean {
  return configured && mode === 'enforce';
}

/** Whether a list refuses at this moment whoever is not on it. */
export function enforcesAt(
  list: Pick<Allowlist, 'configured' | 'mode'> & { readonly overrides?: Allowlist['overrides'] | undefined },
  now: number,
): boolean {
  return isEnforcing(list) && activeOverride(list.overrides, now) === null;
}

const MODES: ReadonlySet<Json | undefined> = new Set<AllowlistMode>(['off', 'observe', 'enforce']);

function isAllowlist(data: Json): data is Json & Allowlist {
  if (!isObject(data)) return false;
  const { configured, mode, entries, observedSince, overrides } = data;
  if (typeof configured !== 'boolean' || !MODES.has(mode)) return false;
  if (observedSince !== undefined && typeof observedSince !== 'number') return false;
  if (overrides !== undefined && !(Array.isArray(overrides) && overrides.every(isOverride))) return false;
  return Array.isArray(entries) && entries.every(isEntry) && (configured || entries.length === 0);
}

function isEntry(value: Json): boolean {
  if (!isObject(value)) return false;
  const { id, network, createdAt, expiresAt } = value;
  return (
    typeof id === 'string' &&
    typeof network === 'string' &&
    typeof createdAt === 'number' &&
    (expiresAt === undefined || typeof expiresAt === 'number')
  );
}

function isObject(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
