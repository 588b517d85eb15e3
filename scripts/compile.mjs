import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const STAMP = '.build-stamp';

/**
 * Compiles one TypeScript project, unless nothing it is made from has changed since the last time.
 *
 * The output is written beside its place and then moved there, so that a failed build leaves the last good one, a
 * deleted source leaves nothing behind, and two builds at once cannot mix their files.
 *
 * @param {{ name: string, project: string, sources: string[], out: string, after?: string, force?: boolean }} job
 *   `after` is the output of another build that this one is compiled against.
 * @returns {string} What this build was made from, as a digest.
 */
export function compile({ name, project, sources, out, after, force = false }) {
  const target = join(ROOT, out);
  const stamp = digestOf([
    'tsconfig.json',
    project,
    'package.json',
    'node_modules/typescript/package.json',
    ...(after === undefined ? [] : [join(after, STAMP)]),
    ...sources.flatMap(filesBelow),
  ]);
  if (!force && stampIn(target) === stamp) return stamp;

  const started = performance.now();
  const staging = `${target}.new-${process.pid}`;
  rmSync(staging, { recursive: true, force: true });
  const tsc = spawnSync(process.execPath, [TSC, '-p', project, '--outDir', staging, '--pretty', 'false'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  });
  if (tsc.status !== 0) {
    rmSync(staging, { recursive: true, force: true });
    process.stderr.write(`build: ${name}: does not compile; ${out} is left as it was\n`);
    process.exit(1);
  }
  writeFileSync(join(staging, STAMP), stamp);
  moveInto(staging, target);
  process.stderr.write(
    `build: ${name} -> ${out} in ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
  );
  return stamp;
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
