/**
 * One measured row: every candidate against the one that the others are compared with.
 *
 * @typedef {{ candidate: string, over?: string, atMost?: number, atLeast?: number }} Target A bound on the ratio of a
 *   candidate's figure to that of `over`, by default the row's floor; without a floor, on the figure itself.
 * @typedef {{ group: string, row: string, floor: string | null, unit?: 'ns' | 'ms' | 'bytes' | 'per second',
 *   results: Record<string, import('./measure.mjs').Figure>, targets?: Target[] }} Row
 */

/** A table for people. @param {Row[]} rows */
export function toTable(rows) {
  const lines = [];
  for (const row of rows) {
    lines.push(`\n${row.group}: ${row.row}${row.floor === null ? '' : `   (1.00 = ${row.floor})`}`);
    const width = Math.max(...Object.keys(row.results).map((name) => name.length));
    for (const [name, { median, spread }] of Object.entries(row.results)) {
      const ratio = row.floor === null ? '' : (median / row.results[row.floor].median).toFixed(2);
      lines.push(
        `  ${name.padEnd(width)}  ${ratio.padStart(9)}   ${written(median, row.unit).padStart(12)}   +-${Math.round(spread * 100)} %`,
      );
    }
  }
  return lines.join('\n');
}

/** The same for programs: ratios, and figures that only this machine at this moment means anything by. @param {Row[]} rows */
export function toJson(rows) {
  return rows.map((row) => ({
    group: row.group,
    row: row.row,
    floor: row.floor,
    unit: row.unit ?? 'ns',
    ratios:
      row.floor === null
        ? {}
        : Object.fromEntries(
            Object.entries(row.results).map(([name, { median }]) => [
              name,
              median / row.results[row.floor].median,
            ]),
          ),
    results: row.results,
    targets: judge(row),
  }));
}

/** Each target of a row with what was measured. @param {Row} row */
export function judge({ group, row, floor, unit, results, targets = [] }) {
  return targets.map(({ candidate, over = floor ?? undefined, atMost, atLeast }) => {
    const { median } = results[candidate];
    const measured = over === undefined ? median : median / results[over].median;
    const what = `${group}: ${row}: ${candidate}${over === undefined ? '' : ` / ${over}`}`;
    const met =
      (atMost === undefined || measured <= atMost) && (atLeast === undefined || measured >= atLeast);
    const bound = atMost === undefined ? `>= ${atLeast}` : `<= ${atMost}`;
    return { what, bound: over === undefined ? `${bound} ${unit}` : bound, measured, met };
  });
}

/** The targets for people, those that are missed first. @param {Row[]} rows */
export function toVerdict(rows) {
  const verdicts = rows.flatMap(judge).toSorted((a, b) => Number(a.met) - Number(b.met));
  const lines = verdicts.map(
    ({ what, bound, measured, met }) =>
      `${met ? 'met   ' : 'MISSED'}  ${measured.toFixed(2).padStart(10)}  ${bound.padEnd(12)}  ${what}`,
  );
  const missed = verdicts.filter(({ met }) => !met).length;
  return { text: [...lines, '', `${verdicts.length - missed} met, ${missed} missed`].join('\n'), missed };
}

/** @param {number} value @param {Row['unit']} unit */
export function written(value, unit = 'ns') {
  if (unit === 'per second') return `${Math.round(value).toLocaleString('en')}/s`;
  if (unit === 'bytes') return value >= 1e6 ? `${(value / 1e6).toFixed(2)} MB` : `${Math.round(value)} B`;
  const ns = unit === 'ms' ? value * 1e6 : value;
  return ns >= 1e6
    ? `${(ns / 1e6).toFixed(2)} ms`
    : ns >= 1e3
      ? `${(ns / 1e3).toFixed(2)} us`
      : `${ns.toFixed(0)} ns`;
}
