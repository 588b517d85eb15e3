import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { plotOf } from './plot.mjs';
import { judge, written } from './report.mjs';

const PAGE = new URL('../../docs/performance.md', import.meta.url);
const IMAGES = new URL('../../docs/images/', import.meta.url);
const FIGURES = /(?<=<!-- figures -->\n)[^]*(?=<!-- end of figures -->)/;

/**
 * Puts the figures of a run into the page, between its two marks, and draws the plots beside it.
 *
 * @param {string} machine
 * @param {import('./report.mjs').Row[]} rows
 * @param {import('../growth.mjs').Growth[]} growths
 */
export function writePage(machine, rows, growths) {
  mkdirSync(IMAGES, { recursive: true });
  for (const growth of growths) writeFileSync(new URL(`growth-${growth.name}.svg`, IMAGES), plotOf(growth));
  const figures = [
    `\nMachine: ${machine}.\n`,
    '## Targets\n',
    markdownTable(
      ['', 'measured', 'target', 'what'],
      rows
        .flatMap(judge)
        .map(({ met, measured, bound, what }) => [
          met ? 'met' : '**missed**',
          measured.toFixed(2),
          bound,
          what,
        ]),
    ),
    '## Figures\n',
    ...rows.map(rowSection),
    '## How cost grows\n',
    ...growths.map(growthSection),
  ].join('\n');
  writeFileSync(
    PAGE,
    readFileSync(PAGE, 'utf8').replace(FIGURES, () => figures),
  );
}

function rowSection({ group, row, floor, unit, results }) {
  const lines = Object.entries(results).map(([name, { median, spread }]) => [
    name,
    floor === null ? '' : (median / results[floor].median).toFixed(2),
    written(median, unit),
    `${Math.round(spread * 100)} %`,
  ]);
  return `### ${group}: ${row}\n\n${markdownTable(['candidate', 'ratio', 'median', 'spread'], lines)}`;
}

function growthSection({ name, title, x, y, series }) {
  const xs = [
    ...new Set(
      Object.values(series)
        .flat()
        .map(([value]) => value),
    ),
  ];
  const at = (points, value) => points.find(([each]) => each === value)?.[1];
  const lines = xs.map((value) => [
    value.toLocaleString('en'),
    ...Object.values(series).map((points) => Math.round(at(points, value) ?? 0).toLocaleString('en')),
  ]);
  return `### ${title}\n\n![${title}: ${y} by ${x}](images/growth-${name}.svg)\n\n${markdownTable([x, ...Object.keys(series).map((each) => `${each}, ${y}`)], lines)}`;
}

function markdownTable(columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return `${[line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}
