/** One case on one host. */
export interface Cell {
  readonly host: string;
  readonly row: string;
  readonly passed: boolean;
}

/** A page of ASCII: a line for each case, a column for each host, and how many passed. */
export function matrixOf(cells: readonly Cell[]): string {
  const hosts = [...new Set(cells.map(({ host }) => host))];
  const rows = [...new Set(cells.map(({ row }) => row))];
  const line = (row: string): string => {
    const states = hosts.map((host) => {
      const cell = cells.find((each) => each.host === host && each.row === row);
      return (cell === undefined ? '-' : cell.passed ? 'ok' : 'FAIL').padEnd(host.length);
    });
    return `${states.join(' | ')} | ${row}`;
  };
  const passed = cells.filter((cell) => cell.passed).length;
  return [
    `${hosts.join(' | ')} | case`,
    hosts.map((host) => '-'.repeat(host.length)).join('-+-') + '-+-----',
    ...rows.map(line),
    `${rows.length} cases on ${hosts.length} hosts: ${passed} of ${cells.length} ok`,
  ].join('\n');
}
