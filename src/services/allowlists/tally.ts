import type { Json, RecordStore } from '../../core/store.ts';
import { StoreError } from '../../core/errors.ts';

/** How often something was seen. */
export interface Tally {
  readonly count: number;
  /** Milliseconds since the Unix epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Requests from one network to one route. */
export interface TallyLine extends Tally {
  /** IPv4 by /24, IPv6 by /64, in CIDR text; `null` for requests whose address could not be known. */
  readonly network: string | null;
  /** As in `GET /api/v1/products`. */
  readonly route: string;
}

/** What one list would have refused since a moment; at most {@link MOST_LINES} lines. */
export interface TallySheet {
  /** The list's `observedSince` that these belong to. */
  readonly since: number;
  readonly lines: readonly TallyLine[];
  /** What came when the sheet was full. */
  readonly others: Tally | null;
}

/** The most lines of one sheet; what is beyond is counted together. */
const MOST_LINES = 500;

/** A sheet that is being written. */
export interface OpenSheet {
  readonly since: number;
  /** Whether anything stands on it. */
  readonly isEmpty: boolean;
  add(network: string | null, route: string, tally: Tally): void;
  addAll(sheet: TallySheet): void;
  copy(): TallySheet;
}

export function openSheet(since: number): OpenSheet {
  const lines = new Map<string, TallyLine>();
  let others: Tally | null = null;

  function add(network: string | null, route: string, tally: Tally): void {
    const key = `${network} ${route}`;
    const present = lines.get(key);
    if (present === undefined && lines.size >= MOST_LINES) others = sum(others, tally);
    else lines.set(key, { network, route, ...sum(present, tally) });
  }

  return {
    since,
    get isEmpty() {
      return lines.size === 0 && others === null;
    },
    add,
    addAll(sheet) {
      for (const { network, route, count, firstAt, lastAt } of sheet.lines) {
        add(network, route, { count, firstAt, lastAt });
      }
      if (sheet.others !== null) others = sum(others, sheet.others);
    },
    copy: () => ({ since, lines: [...lines.values()], others }),
  };
}

/** The kind of the records: one for each list, apart from the list's own, so that counting changes no version of it. */
const KIND = 'allowlist.report';

/** A report that nobody adds to is forgotten after so long. */
const KEPT_MS = 90 * 24 * 3_600_000;

const MOST_ATTEMPTS = 5;

/**
 * Adds a sheet to the one in the store; several processes count for one list. A sheet of an earlier observation than the
 * stored one is dropped, and a later one takes its place.
 *
 * @throws {@link StoreError} When it cannot be written.
 */
export async function addToStored(
  store: Pick<RecordStore, 'get' | 'put'>,
  subject: string,
  sheet: TallySheet,
  now: number,
): Promise<void> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const record = await store.get(KIND, subject);
    const stored = readSheet(record?.data);
    if (stored.since > sheet.since) return;
    const total = openSheet(sheet.since);
    if (stored.since === sheet.since) total.addAll(stored);
    total.addAll(sheet);
    const data = total.copy() as TallySheet & Json;
    const expect = record?.version ?? 'absent';
    if ((await store.put(KIND, subject, data, { expect, expiresAt: now + KEPT_MS })) !== null) return;
  }
  throw new StoreError('the report of an allowlist is being written by too many at the same time');
}

/** The sheet in the store; an empty one where there is none. */
export async function storedSheet(store: Pick<RecordStore, 'get'>, subject: string): Promise<TallySheet> {
  return readSheet((await store.get(KIND, subject))?.data);
}

/** What is not a sheet counts as none: a report decides nothing. */
function readSheet(data: Json | undefined): TallySheet {
  const { since, lines, others } = (data ?? {}) as Partial<TallySheet>;
  const isSheet = typeof since === 'number' && Array.isArray(lines);
  return isSheet ? { since, lines, others: others ?? null } : { since: -1, lines: [], others: null };
}

function sum(a: Tally | null | undefined, { count, firstAt, lastAt }: Tally): Tally {
  if (a === null || a === undefined) return { count, firstAt, lastAt };
  return {
    count: a.count + count,
    firstAt: Math.min(a.firstAt, firstAt),
    lastAt: Math.max(a.lastAt, lastAt),
  };
}
