import type { Clock } from '../../core/clock.ts';
import type { AddOptions, AddResult, AddWarning } from './contract.ts';
import type { AllowlistEntry } from './document.ts';
import type { Edit } from './editor.ts';
import { addTo, type Added } from './edits.ts';
import { readLockOutOptions } from './lock-out.ts';
import { type NewEntry, readEntry } from './new-entry.ts';
import { type EditRefusal, refused } from './refusal.ts';
import { warningsOf } from './warnings.ts';

/** How the entries that are to be added are named in what is said of them. */
export interface Naming {
  lineOf(index: number): number;
  refusal(refusal: EditRefusal, line: number): EditRefusal;
}

/** Adds entries in one step: all of them, or none. */
export type Add = (
  subject: string,
  entries: readonly NewEntry[],
  options: AddOptions,
  naming: Naming,
) => Promise<AddResult>;

export function entryAdder(edit: Edit, clock: Clock): Add {
  return async function add(subject, entries, { observe, ...lockOut }, naming) {
    const now = clock.now();
    if (entries.length === 0) return refused('entries_missing', 'There is nothing to add.');
    const guard = readLockOutOptions(lockOut);
    if ('ok' in guard) return guard;
    const read: AllowlistEntry[] = [];
    const lines = new Map<string, number>();
    const warnings: AddWarning[] = [];
    for (const [index, value] of entries.entries()) {
      const line = naming.lineOf(index);
      const reading = readEntry(value, now);
      if (!reading.ok) return naming.refusal(reading, line);
      read.push(reading.entry);
      lines.set(reading.entry.network, line);
      for (const warning of reading.warnings) warnings.push({ line, ...warning });
    }
    const result = await edit(
      subject,
      (list) => addTo(list, read, now, observe === true),
      guard,
      ({ added }) => added.map(({ network, author }) => ({ action: 'added', network, author })),
    );
    return result.ok ? { ...result, warnings: [...warnings, ...warningsAbout(result, lines, now)] } : result;
  };
}

/** What is to be said of the list that is about what was added: a new entry may also make one that was there say nothing. */
function warningsAbout(
  { list }: Added,
  lines: ReadonlyMap<string, number>,
  now: number,
): readonly AddWarning[] {
  return warningsOf(list.entries, now).flatMap((warning) => {
    const line = lines.get(warning.network) ?? lines.get(warning.other ?? '');
    return line === undefined ? [] : [{ line, ...warning }];
  });
}
