/**
 * One measured row: every candidate against the one that the others are compared with.
 *
 * @typedef {{ group: string, row: string, floor: string, results: Record<string, { medianNs: number, spread: number }> }} Row
 */

/** A table for people. @param {Row[]} rows */
export function toTable(rows) {
  const lines = [];
  for (const { group, row, floor, results } of rows) {
    lines.push(`\n${group}: ${row}   (1.00 = ${floor})`);
    const width = Math.max(...Object.keys(results).map((name) => name.length));
    for (const [name, { medianNs, spread }] of Object.entries(results)) {
      const ratio = medianNs / results[floor].medianNs;
      lines.push(
        `  ${name.padEnd(width)}  ${ratio.toFixed(2).padStart(9)}   ${toTime(medianNs).padStart(10)}   +-${Math.round(spread * 100)} %`,
      );
    }
  }
  return lines.join('\n');
}

/** The same for programs: ratios, and times that only this machine at this moment means anything by. @param {Row[]} rows */
export function toJson(rows) {
  return rows.map(({ group, row, floor, results }) => ({
    group,
    row,
    floor,
    ratios: Object.fromEntries(
      Object.entries(results).map(([name, { medianNs }]) => [name, medianNs / results[floor].medianNs]),
    ),
    results,
  }));
}

/** @param {number} ns */
function toTime(ns) {
  return ns >= 1e6
    ? `${(ns / 1e6).toFixed(2)} ms`
    : ns >= 1e3
      ? `${(ns / 1e3).toFixed(2)} us`
      : `${ns.toFixed(0)} ns`;
}
