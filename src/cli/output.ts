import { EXIT, type Answer } from './command.ts';

/** A table with aligned columns; `empty` stands for a table without rows. */
export function table(
  columns: readonly string[],
  rows: readonly (readonly (string | null)[])[],
  empty: string,
): string {
  if (rows.length === 0) return empty;
  const cells = [columns, ...rows.map((row) => row.map((cell) => printable(cell ?? '-')))];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A moment for people: UTC with whole seconds; `null` stays `null`. */
export function moment(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

export function done(json: unknown, text: string): Answer {
  return { exit: EXIT.done, json, text };
}

export function refused(json: unknown, text: string): Answer {
  return { exit: EXIT.refused, json, text };
}

/** Keeps what others wrote from steering the terminal. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?');
}
