// Changes the sources of src/core, src/network, src/tokens and strategies in one place after the other, and looks whether a
// test notices: `npm run test:mutation`, or `npm run test:mutation -- src/network src/tokens/claims.ts` for some of them.
// What share was noticed goes into test/mutation-score.json, a line for each file. Two runs over different files do not
// disturb each other; MUTATION_CONCURRENCY says how many mutants one run tries at a time.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SCORES = join(ROOT, 'test/mutation-score.json');
/** What a file that is run for the first time is held to. */
const FLOOR = 85;

const given = process.argv.slice(2);
const paths = given.length > 0 ? given : ['src/core', 'src/network', 'src/tokens', 'strategies'];

for (const file of paths.flatMap(sourcesOf)) {
  const states = run(file, testsOf(file));
  if (states === null) {
    console.error(`mutation: ${file} could not be run`);
    process.exitCode = 1;
    continue;
  }
  const { score, floor } = record(file, states);
  console.log(`mutation: ${file} ${score} of 100, floor ${floor}`);
  if (score < floor) process.exitCode = 1;
}

/** @param {string} path of a source or a folder @returns {string[]} */
function sourcesOf(path) {
  return statSync(join(ROOT, path)).isDirectory() ? filesUnder(path, '.ts') : [path];
}

/**
 * The tests that a file is held to: of those that mirror its folder, the ones of its own name and the ones that import more
 * of it than types.
 * A run over all that reach it would take hours, and would tell little of the tests that are meant for it. A file that none
 * is meant for is held to the whole folder.
 * @param {string} file
 */
function testsOf(file) {
  const tests = filesUnder(join('test', dirname(file).replace(/^src\//, '')), '.test.ts');
  const importing = new RegExp(`^import (?!type )[^;]*/${file}'`, 'm');
  const own = tests.filter(
    (test) =>
      basename(test).startsWith(`${basename(file, '.ts')}.`) ||
      importing.test(readFileSync(join(ROOT, test), 'utf8')),
  );
  return own.length > 0 ? own : tests;
}

/** @param {string} folder @param {string} ending */
function filesUnder(folder, ending) {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
}

/**
 * What became of each mutant of the file; `null` when the run failed.
 * @param {string} file @param {string[]} tests @returns {string[] | null}
 */
function run(file, tests) {
  const folder = join('.data/mutation', file.replaceAll('/', '.'));
  const digest = createHash('sha256');
  for (const test of tests) digest.update(readFileSync(join(ROOT, test)));
  const tested = digest.digest('hex');
  const lastTested = join(ROOT, folder, 'tests.sha256');
  // What is kept of the last run tells changes of the source apart, but not what a new test would notice.
  const isKnown = existsSync(lastTested) && readFileSync(lastTested, 'utf8') === tested;
  const { status } = spawnSync(
    join(ROOT, 'node_modules/.bin/stryker'),
    ['run', '--mutate', file, ...(isKnown ? [] : ['--force'])],
    {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, MUTATION_FOLDER: folder, MUTATION_TESTS: tests.join(' ') },
    },
  );
  if (status !== 0) return null;
  writeFileSync(lastTested, tested);
  const { files } = JSON.parse(readFileSync(join(ROOT, folder, 'report.json'), 'utf8'));
  return (files[file]?.mutants ?? []).map((/** @type {{ status: string }} */ mutant) => mutant.status);
}

/**
 * Writes down the share of mutants that a test noticed; those that ran into the time limit were noticed as well.
 * @param {string} file @param {string[]} states
 */
function record(file, states) {
  const noticed = states.filter((state) => state === 'Killed' || state === 'Timeout').length;
  const missed = states.filter((state) => state === 'Survived' || state === 'NoCoverage').length;
  const mutants = noticed + missed;
  // Read only now: another run may have written since this one began.
  const scores = JSON.parse(readFileSync(SCORES, 'utf8'));
  const floor = scores.paths[file]?.floor ?? FLOOR;
  const score = mutants === 0 ? 100 : Math.floor((noticed / mutants) * 10_000) / 100;
  const date = new Date().toISOString().slice(0, 10);
  for (const list of ['notRunYet', 'nothingToChange']) {
    scores[list] = scores[list].filter((/** @type {string} */ path) => path !== file);
  }
  delete scores.paths[file];
  if (mutants === 0) scores.nothingToChange.push(file);
  else scores.paths[file] = { score, mutants, date, floor };
  writeFileSync(SCORES, `${JSON.stringify(scores, null, 2)}\n`);
  return { score, floor };
}
