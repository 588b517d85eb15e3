import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const STAMP = '.build-stamp';

/**
 * Builds one output, unless nothing it is made from has changed since the last time.
 *
 * The output is written beside its place and then moved there, so that a failed build leaves the last good one, a
 * deleted source leaves nothing behind, and two builds at once cannot mix their files.
 *
 * @param {Job} job
 * @typedef {object} Job
 * @property {string} name
 * @property {string[]} sources Folders.
 * @property {string[]} [tools] Files that decide besides the sources what comes out.
 * @property {string} out
 * @property {string} [after] The output of another build that this one is compiled against.
 * @property {((staging: string) => Promise<void> | void)[]} steps What writes the output; one that throws ends the build.
 * @property {boolean} [force]
 */
export async function compile({ name, sources, tools = [], out, after, steps, force = false }) {
  const target = join(ROOT, out);
  const stamp = digestOf([
    'tsconfig.json',
    'package.json',
    'node_modules/typescript/package.json',
    ...tools,
    ...(after === undefined ? [] : [join(after, STAMP)]),
    ...sources.flatMap(filesBelow),
  ]);
  if (!force && stampIn(target) === stamp) return;

  const started = performance.now();
  const staging = `${target}.new-${process.pid}`;
  rmSync(staging, { recursive: true, force: true });
  try {
    for (const step of steps) await step(staging);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    process.stderr.write(`build: ${name}: ${error.message}; ${out} is left as it was\n`);
    process.exit(1);
  }
  writeFileSync(join(staging, STAMP), stamp);
  moveInto(staging, target);
  process.stderr.write(
    `build: ${name} -> ${out} in ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
  );
}

/** Compiles a TypeScript project. @param {string} project @returns {(staging: string) => void} */
export function typescript(project) {
  return (staging) => {
    const args = [TSC, '-p', project, '--outDir', staging, '--pretty', 'false'];
    const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
    if (status !== 0) throw new Error('does not compile');
  };
}

/** @param {string} directory */
function stampIn(directory) {
  const file = join(directory, STAMP);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** @param {string} path @returns {string[]} */
function filesBelow(path) {
  return readdirSync(join(ROOT, path), { withFileTypes: true })
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.isDirectory()) return IGNORED.has(entry.name) ? [] : filesBelow(join(path, entry.name));
      return /\.(ts|mts|json)$/.test(entry.name) ? [join(path, entry.name)] : [];
    });
}

const IGNORED = new Set(['node_modules', 'dist', '.data']);

/** @param {string[]} files */
function digestOf(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update('\0');
  return hash.digest('hex');
}

/** @param {string} staging @param {string} target */
function moveInto(staging, target) {
  const old = `${target}.old-${process.pid}`;
  for (let attempt = 0; ; attempt += 1) {
    try {
      if (existsSync(target)) renameSync(target, old);
      renameSync(staging, target);
      break;
    } catch (error) {
      // Another build moved its own output in between the two steps; it is as good as this one, and goes the same way.
      if (attempt === 5) throw new Error(`${basename(target)} cannot be replaced`, { cause: error });
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}
