import type { RecordStore } from '../../core/store.ts';
import { type Network, networkContains, parseNetwork } from '../../network/network.ts';
import { isLive, type Allowlist, type AllowlistMode } from './document.ts';
import type { Observations } from './observations.ts';
import { openSheet, storedSheet, type Tally, type TallyLine } from './tally.ts';

/** What a list would have refused while it observed, or while it was overridden. */
export interface AllowlistReport {
  /** The list's subject key. */
  readonly list: string;
  readonly mode: AllowlistMode;
  /** Since when it counts, in milliseconds since the Unix epoch; `null` when the list never observed. */
  readonly since: number | null;
  /** The most frequent first. */
  readonly lines: readonly AllowlistReportLine[];
  /** What came when there were 500 lines already. */
  readonly others: Tally | null;
}

export interface AllowlistReportLine extends TallyLine {
  /** Whether the list as it is would let the network in: all of it, a part of it, or none of it. */
  readonly admitted: 'all' | 'part' | 'none';
}

/**
 * The report of a list: what all processes have written, and what this one knows beyond it. Processes write every two
 * seconds.
 *
 * @throws {@link StoreError} When it cannot be read.
 */
export async function reportOf(
  store: Pick<RecordStore, 'get'>,
  observations: Pick<Observations, 'unwritten'>,
  subject: string,
  list: Allowlist,
  now: number,
): Promise<AllowlistReport> {
  const { mode, observedSince: since } = list;
  const sheet = openSheet(since ?? -1);
  for (const counted of [await storedSheet(store, subject), observations.unwritten(subject)]) {
    if (since !== undefined && counted?.since === since) sheet.addAll(counted);
  }
  const live = list.entries.filter((entry) => isLive(entry, now)).map(({ network }) => network);
  const admission = admissionBy(live);
  const { lines, others } = sheet.copy();
  return {
    list: subject,
    mode,
    since: since ?? null,
    lines: lines
      .map((line) => ({ ...line, admitted: admission(line.network) }))
      .toSorted((a, b) => b.count - a.count || b.lastAt - a.lastAt || (keyOf(a) < keyOf(b) ? -1 : 1)),
    others,
  };
}

function keyOf({ network, route }: TallyLine): string {
  return `${network} ${route}`;
}

function admissionBy(texts: readonly string[]): (network: string | null) => AllowlistReportLine['admitted'] {
  const allowed = texts.flatMap(networkOf);
  return function admissionOf(text) {
    const [network] = text === null ? [] : networkOf(text);
    if (network === undefined) return 'none';
    if (allowed.some((each) => each.prefix <= network.prefix && networkContains(each, network.first)))
      return 'all';
    return allowed.some((each) => networkContains(network, each.first)) ? 'part' : 'none';
  };
}

function networkOf(text: string): readonly Network[] {
  const reading = parseNetwork(text);
  return reading.ok ? [reading.network] : [];
}
