// Changes the sources of src/core, src/network, src/tokens and strategies in one place after the other, and looks whether a
// test notices: `npm run test:mutation`, or `npm run test:mutation -- src/network src/tokens/claims.ts` for some of them.
// What share was noticed goes into test/mutation-score.json, a line for each path that was named.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SCORES = join(ROOT, 'test/mutation-score.json');
const REPORT = join(ROOT, '.data/mutation/report.json');
/** What a path that is run for the first time is held to. */
const FLOOR = 85;

const given = process.argv.slice(2);
const paths = given.length > 0 ? given : ['src/core', 'src/network', 'src/tokens', 'strategies'];

const isFolder = (path) => statSync(join(ROOT, path)).isDirectory();
const mutated = paths.map((path) => (isFolder(path) ? `${path}/**/*.ts` : path));
// A file is held to the tests of its own name: a run for each mutant over those of the whole folder would take hours.
const tests = paths.map((path) => {
  const own = path.replace(/^src\//, '').replace(/\.ts$/, '');
  return isFolder(path) ? `test/${own}/**/*.test.ts` : `test/${own}{,.*}.test.ts`;
});
const { status } = spawnSync(
  join(ROOT, 'node_modules/.bin/stryker'),
  ['run', '--mutate', mutated.join(',')],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, MUTATION_TESTS: tests.join(' ') },
  },
);
if (status !== 0) process.exit(status ?? 1);

const { files } = JSON.parse(readFileSync(REPORT, 'utf8'));
const scores = JSON.parse(readFileSync(SCORES, 'utf8'));
let isUnder = false;
for (const path of paths) {
  const { score, mutants } = scoreOf(path);
  const floor = scores.paths[path]?.floor ?? FLOOR;
  scores.paths[path] = { score, mutants, date: new Date().toISOString().slice(0, 10), floor };
  isUnder ||= score < floor;
  console.log(`mutation: ${path} ${score} of 100, floor ${floor}`);
}
scores.notRunYet = scores.notRunYet.filter((path) => !paths.includes(path));
writeFileSync(SCORES, `${JSON.stringify(scores, null, 2)}\n`);
process.exitCode = isUnder ? 1 : 0;

/** The share of mutants that a test noticed; those that ran into the time limit were noticed as well. @param {string} path */
function scoreOf(path) {
  const states = Object.entries(files)
    .filter(([file]) => file === path || file.startsWith(`${path}/`))
    .flatMap(([, file]) => file.mutants.map((mutant) => mutant.status));
  const noticed = states.filter((state) => state === 'Killed' || state === 'Timeout').length;
  const counted = noticed + states.filter((state) => state === 'Survived' || state === 'NoCoverage').length;
  return { score: Math.floor((noticed / counted) * 10_000) / 100, mutants: counted };
}
