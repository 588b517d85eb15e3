// Builds what has changed, installs the peers once, and runs the bench with the arguments given.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BENCH = fileURLToPath(new URL('../bench/', import.meta.url));

/** @param {string} command @param {string[]} args @param {{ cwd?: string, stdout?: 'inherit' | 2 }} options */
function run(command, args, { cwd, stdout = 2 } = {}) {
  const { status } = spawnSync(command, args, { cwd, stdio: ['ignore', stdout, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

run(process.execPath, [fileURLToPath(new URL('build.mjs', import.meta.url)), '--bench']);
if (!existsSync(`${BENCH}node_modules`)) run('npm', ['ci'], { cwd: BENCH });
run(process.execPath, [`${BENCH}main.mjs`, ...process.argv.slice(2)], { stdout: 'inherit' });
