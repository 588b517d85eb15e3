// Writes test/pins/subpath-sizes.json: what importing each public entry loads of the build, and of which other packages.
// `npm run sizes` builds and writes it; with `--check` it writes nothing and fails where an entry differs from it.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import prettier from 'prettier';

/**
 * @typedef {{ bytes: number, files: number, packages: string[] }} Size
 *   `bytes` and `files` are of the package's own code; `packages` are the names of all others, however deep.
 */

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PINS = join(ROOT, 'test/pins/subpath-sizes.json');

/** How far an entry may be from its pin, either way: a pin that is too high would let it grow unnoticed. */
const TOLERANCE = { percent: 5, bytes: 512, files: 3 };

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
const measured = await measureAll();
if (values.check === true) check();
else await write();

function check() {
  const { entries: pinned } = JSON.parse(readFileSync(PINS, 'utf8'));
  const names = new Set([...Object.keys(pinned), ...Object.keys(measured)]);
  const found = [...names].flatMap((name) => differences(name, pinned[name], measured[name]));
  for (const each of found) console.error(`sizes: ${each}`);
  if (found.length === 0) return;
  console.error('sizes: if that is meant, npm run sizes writes it down');
  process.exitCode = 1;
}

async function write() {
  const note = `What importing an entry loads; npm run sizes writes it, and more than ${TOLERANCE.percent} % off fails.`;
  const config = await prettier.resolveConfig(PINS);
  const text = JSON.stringify({ note, entries: measured });
  writeFileSync(PINS, await prettier.format(text, { ...config, parser: 'json' }));
  console.log(`sizes: ${Object.keys(measured).length} entries`);
}

/** @param {string} name @param {Size | undefined} pin @param {Size | undefined} size @returns {string[]} */
function differences(name, pin, size) {
  if (pin === undefined) return [`${name} has no pin`];
  if (size === undefined) return [`${name} is pinned and is no entry any more`];
  const share = (/** @type {number} */ of) => (of * TOLERANCE.percent) / 100;
  const added = size.packages.filter((each) => !pin.packages.includes(each));
  const gone = pin.packages.filter((each) => !size.packages.includes(each));
  return [
    ...(Math.abs(size.bytes - pin.bytes) > Math.max(TOLERANCE.bytes, share(pin.bytes))
      ? [`${name} loads ${size.bytes} bytes; the pin is ${pin.bytes}`]
      : []),
    ...(Math.abs(size.files - pin.files) > Math.max(TOLERANCE.files, share(pin.files))
      ? [`${name} loads ${size.files} files; the pin is ${pin.files}`]
      : []),
    ...added.map((each) => `${name} loads the package ${each}, which its pin does not name`),
    ...gone.map((each) => `${name} no longer loads the package ${each}`),
  ];
}

/** @returns {Promise<Record<string, Size>>} by the name that a user imports. */
async function measureAll() {
  const { name, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const entries = Object.entries(exports).filter(([, target]) => typeof target === 'object');
  const sizes = new Map();
  const left = entries.values();
  async function measureNext() {
    for (const [subpath, target] of left) sizes.set(subpath, await measure(join(ROOT, target.default)));
  }
  await Promise.all(Array.from({ length: availableParallelism() }, measureNext));
  return Object.fromEntries(entries.map(([subpath]) => [`${name}${subpath.slice(1)}`, sizes.get(subpath)]));
}

/** @param {string} file @returns {Promise<Size>} */
async function measure(file) {
  const loaded = await filesLoadedBy(file);
  const own = loaded.filter((each) => each.startsWith(join(ROOT, 'dist') + sep));
  const packages = loaded.flatMap((each) => packageOf(each) ?? []);
  return {
    bytes: own.reduce((sum, each) => sum + statSync(each).size, 0),
    files: own.length,
    packages: [...new Set(packages)].toSorted(),
  };
}

/**
 * Imports a module in a process of its own and gives the files of all the scripts that ran, of either kind of module:
 * Node's own record of coverage names them.
 * @param {string} file @returns {Promise<string[]>}
 */
async function filesLoadedBy(file) {
  const folder = mkdtempSync(join(tmpdir(), 'subpath-size-'));
  try {
    const program = `await import(${JSON.stringify(pathToFileURL(file).href)})`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: ROOT,
      env: { ...process.env, NODE_V8_COVERAGE: folder },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
    if (code !== 0) throw new Error(`${file} cannot be imported`);
    const urls = readdirSync(folder).flatMap((report) =>
      JSON.parse(readFileSync(join(folder, report), 'utf8')).result.map(({ url }) => url),
    );
    return [...new Set(urls)].filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The package that an installed file belongs to. @param {string} file @returns {string | undefined} */
function packageOf(file) {
  const [, name] = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file) ?? [];
  return name?.replaceAll('\\', '/');
}
