import type { Lookups, PageOptions, RecordStore, StoredRecord } from '../../core/store.ts';
import { ALLOWLIST_KIND, isLive, readAllowlist, type Allowlist, type AllowlistMode } from './document.ts';
import { activeOverride } from './override.ts';

/** One of all lists, in brief. */
export interface AllowlistSummary {
  /** Its subject key. */
  readonly list: string;
  readonly mode: AllowlistMode;
  /** How many entries let somebody in. */
  readonly live: number;
  /** How many have expired. */
  readonly expired: number;
  /** When the override that is in force ends, in milliseconds since the Unix epoch; `null` when there is none. */
  readonly overriddenUntil: number | null;
}

/** A part of the configured lists, in byte order of their subjects. */
export interface AllowlistPage {
  readonly items: readonly AllowlistSummary[];
  /** Hand it in as `after` for the next page; `null` at the end. */
  readonly next: string | null;
}

/** The lists that are configured can be listed by this value of slot 0; one that is cleared leaves the catalogue. */
const CONFIGURED = 'configured';

export function lookupsOf({ configured }: Allowlist): Lookups {
  return configured ? [CONFIGURED] : [];
}

/** The configured lists in byte order of their subjects, a page at a time. */
export async function listAll(
  store: Pick<RecordStore, 'list'>,
  now: number,
  options: PageOptions | undefined,
): Promise<AllowlistPage> {
  const { items, next } = await store.list(ALLOWLIST_KIND, 0, CONFIGURED, options);
  return { items: items.map((record) => summaryOf(record, now)), next };
}

/**
 * Enters a list that was written without the slot, once it is read. Nobody waits for it and it may fail: the list works
 * as it is, and the next reading tries again.
 */
export function enlist(store: Pick<RecordStore, 'put'>, record: StoredRecord): void {
  const { kind, id, data, version, expiresAt, lookups } = record;
  if (lookups[0] !== null || !readAllowlist(id, record).configured) return;
  const options = { expect: version, expiresAt, lookups: [CONFIGURED] } as const;
  store.put(kind, id, data, options).catch(leaveUnlisted);
}

function summaryOf(record: StoredRecord, now: number): AllowlistSummary {
  const { mode, entries, overrides } = readAllowlist(record.id, record);
  const live = entries.filter((entry) => isLive(entry, now)).length;
  return {
    list: record.id,
    mode,
    live,
    expired: entries.length - live,
    overriddenUntil: activeOverride(overrides, now)?.until ?? null,
  };
}

function leaveUnlisted(): void {}
