import { ALL_CODES, leadOf, pageOf } from './errors-pages.ts';

/** The codes that have a row, in the order of the rows. */
export function codesInRows(index: string): readonly string[] {
  return [...index.matchAll(/^\| \[(\w+)\]\(errors\/\1\.md\) /gm)].map(([, code]) => code as string);
}

/**
 * The index with the rows of its tables as the sources and the pages say. A code that has none yet gets its row behind that
 * of the code before it.
 */
export function withRows(index: string): string {
  const placed = new Set(codesInRows(index));
  return index.replaceAll(/(?:^\|.*\n)+/gm, (table) => {
    const codes = codesInRows(table).filter((code) => ALL_CODES.includes(code));
    return tableOf(codes.flatMap((code) => [code, ...newcomersBehind(code, placed)]));
  });
}

function newcomersBehind(code: string, placed: ReadonlySet<string>): readonly string[] {
  const behind = ALL_CODES.slice(ALL_CODES.indexOf(code) + 1);
  const next = behind.findIndex((each) => placed.has(each));
  return next === -1 ? behind : behind.slice(0, next);
}

/** A table of `ConfigError` has no column of statuses, since they answer no request. */
function tableOf(codes: readonly string[]): string {
  const all = codes.map((code) => {
    const { status, meaning } = leadOf(pageOf(code));
    return [`[${code}](errors/${code}.md)`, status, meaning];
  });
  const isShown = all.some(([, status]) => status !== '');
  const rows = [['code', 'status', 'meaning'], ...all].map((row) => (isShown ? row : row.toSpliced(1, 1)));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .toSpliced(
      1,
      0,
      widths.map((width) => '-'.repeat(width)),
    )
    .map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`)
    .join('');
}
