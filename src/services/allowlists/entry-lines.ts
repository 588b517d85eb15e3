import type { NewEntry } from './new-entry.ts';

/** An entry of a text, with the number of its line, counted from 1. */
export interface EntryLine {
  readonly line: number;
  readonly entry: NewEntry;
}

/**
 * Cuts a text into entries: one network a line, and behind a `#` what it is, which becomes the entry's label. Blank lines
 * and lines that hold only a remark are left out. Nothing else is forgiven, so that no line means something by a slip.
 *
 * @param common What every entry has besides.
 */
export function entryLines(
  text: string,
  common: Pick<NewEntry, 'author' | 'expiresAt'>,
): readonly EntryLine[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
  return lines.flatMap((content, index) => {
    const hash = content.indexOf('#');
    const network = (hash === -1 ? content : content.slice(0, hash)).trim();
    const label = hash === -1 ? '' : content.slice(hash + 1).trim();
    if (network === '') return [];
    return [{ line: index + 1, entry: { ...common, network, ...(label === '' ? {} : { label }) } }];
  });
}
