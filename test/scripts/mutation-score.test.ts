import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../support/package-exports.ts';

interface Scores {
  /** What was run, with the share of changes that a test noticed. */
  readonly paths: Readonly<Record<string, Score>>;
  /** What belongs to it and was never run. */
  readonly notRunYet: readonly string[];
  /** What a run found nothing to change in: types. */
  readonly nothingToChange: readonly string[];
}

interface Score {
  readonly score: number;
  readonly mutants: number;
  readonly date: string;
  readonly floor: number;
}

const { paths, notRunYet, nothingToChange } = JSON.parse(
  readFileSync(`${PACKAGE_ROOT}test/mutation-score.json`, 'utf8'),
) as Scores;

describe('test/mutation-score.json', () => {
  it('has no score under its floor', () => {
    expect(Object.entries(paths).filter(([, { score, floor }]) => !(score >= floor))).toEqual([]);
  });

  it('has a score of a real run for each path', () => {
    const unreal = Object.values(paths).filter(
      ({ score, mutants, date }) => score > 100 || mutants < 1 || Number.isNaN(Date.parse(date)),
    );
    expect(unreal).toEqual([]);
  });

  it('says of each source of the four folders once that it was run, or that it was not', () => {
    const named = [...Object.keys(paths), ...notRunYet, ...nothingToChange].toSorted();
    const sources = ['src/core', 'src/network', 'src/tokens', 'strategies'].flatMap((folder) =>
      readdirSync(`${PACKAGE_ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => `${folder}/${file}`),
    );
    expect(named).toEqual(sources.toSorted());
  });
});
