import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../support/package-exports.ts';
import { testFiles, testsDeclaredIn } from '../support/test-names.ts';

/** The rows of the security catalogue that hold today. A row enters this list with the code that it is about. */
const inScope = readJson('in-scope.json') as readonly string[];

/** The rows that are left out for now, each with the reason. */
const exceptions = readJson('exceptions.json') as Readonly<Record<string, string>>;

/** The parts of the catalogue, and how many rows each has. */
const PARTS = { JWT: 22, BT: 15, AU: 15, SE: 20, AK: 6, IP: 8, TN: 2, MQ: 4, OC: 10, OS: 20, LG: 3 };

const shown = idsShown();

describe('the security catalogue', () => {
  it('has a test for each row in scope that runs on every machine', () => {
    expect(inScope.filter((id) => !shown.has(id))).toEqual([]);
  });

  it('lists every row of each of its parts', () => {
    const rows = Object.entries(PARTS).flatMap(([part, count]) =>
      Array.from({ length: count }, (_, index) => `${part}-${String(index + 1).padStart(2, '0')}`),
    );
    expect([...inScope, ...Object.keys(exceptions)].toSorted()).toEqual(rows.toSorted());
  });

  it('lists each row once, in one of the two lists', () => {
    const all = [...inScope, ...Object.keys(exceptions)];
    expect(all.filter((id, index) => all.indexOf(id) !== index)).toEqual([]);
    expect(all.filter((id) => !/^[A-Z]{2,3}-\d\d$/.test(id))).toEqual([]);
  });

  it('gives a sentence as the reason of each exception', () => {
    const without = Object.entries(exceptions).filter(([, reason]) => !/^[A-Z].{20,}\.$/.test(reason));
    expect(without).toEqual([]);
  });

  it('has no exception for a row that a test shows', () => {
    expect(Object.keys(exceptions).filter((id) => shown.has(id))).toEqual([]);
  });
});

/** The ids in the titles of all tests but those that are skipped, always or on some machines: they show nothing. */
function idsShown(): ReadonlySet<string> {
  const tests = testFiles(`${PACKAGE_ROOT}test`).flatMap((file) => testsDeclaredIn(file));
  const titles = tests
    .filter(({ state }) => state === 'runs' || state === 'focused')
    .flatMap((test) => test.titles);
  return new Set(titles.flatMap((title) => title.match(/\b[A-Z]{2,3}-\d\d\b/g) ?? []));
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
}
