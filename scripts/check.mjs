// Runs what CI runs, one line for each step. `--only a,b` runs some of the steps, `--skip a,b` leaves some out.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** @type {Record<string, string[][]>} The commands of each step; a step is as good as its worst command. */
const STEPS = {
  format: [['prettier', '--check', '.']],
  lint: [['oxlint', '--format', 'unix']],
  types: [['node', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']],
  test: [['vitest', 'run']],
  reference: [['node', 'scripts/reference.mjs', '--check']],
  unused: [['knip']],
  package: [
    ['node', 'scripts/build.mjs'],
    ['node', 'scripts/subpath-sizes.mjs', '--check'],
    ['publint', '--strict'],
    ['attw', '--pack', '--profile', 'esm-only'],
  ],
  consumers: [['node', 'scripts/test-consumers.mjs', '22', '24']],
};

/** A step that hangs must not hold the whole run. */
const STEP_LIMIT_MINUTES = 30;

/** @param {string[]} command @returns {Promise<{ ok: boolean, output: string }>} */
async function run(command) {
  const bin = join(ROOT, 'node_modules/.bin');
  const child = spawn(command[0], command.slice(1), {
    cwd: ROOT,
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(STEP_LIMIT_MINUTES * 60_000),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text;
    });
  }
  return new Promise((resolve) => {
    child.on('error', (error) =>
      resolve({ ok: false, output: `${output}${command[0]}: ${error.message}\n` }),
    );
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

/** @param {string} step */
async function runStep(step) {
  const started = performance.now();
  let ok = true;
  let output = '';
  for (const command of STEPS[step]) {
    const result = await run(command);
    output += result.output;
    ok &&= result.ok;
    if (!ok) break;
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${step.padEnd(9)} ${seconds.padStart(6)} s`);
  if (!ok) console.log(output.trimEnd().replaceAll(/^/gm, '        '));
  const closing = /^\d+ passed, \d+ failed, \d+ skipped$/m.exec(output)?.[0];
  if (closing !== undefined) console.log(closing);
  return ok;
}

/** @param {string | undefined} list */
function stepsNamed(list) {
  const names = list?.split(',').filter((name) => name !== '') ?? [];
  const unknown = names.filter((name) => !Object.hasOwn(STEPS, name));
  if (unknown.length > 0) {
    console.error(`check: no step "${unknown.join('", "')}"; the steps are ${Object.keys(STEPS).join(', ')}`);
    process.exit(2);
  }
  return names;
}

const { values } = parseArgs({ options: { only: { type: 'string' }, skip: { type: 'string' } } });
const only = stepsNamed(values.only);
const skip = stepsNamed(values.skip);
const chosen = Object.keys(STEPS).filter(
  (step) => (only.length === 0 || only.includes(step)) && !skip.includes(step),
);

const failed = [];
for (const step of chosen) if (!(await runStep(step))) failed.push(step);

const summary =
  failed.length === 0
    ? `all ${chosen.length} passed`
    : `${failed.length} of ${chosen.length} failed: ${failed.join(', ')}`;
console.log(`check: ${summary}`);
process.exitCode = failed.length === 0 ? 0 : 1;
