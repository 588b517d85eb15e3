import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT, packageEntries } from '../support/package-exports.ts';

interface Pins {
  readonly entries: Readonly<Record<string, { bytes: number; files: number; packages: readonly string[] }>>;
}

const SHARED = 'export const shared = 1;\n';
const ONE =
  "import '../chunks/shared.js';\nimport 'outer';\nexport const later = () => import('./late.js');\n";
const FILLING = `// ${'.'.repeat(19_996)}\n`;

let lab: string;

beforeAll(() => {
  lab = mkdtempSync(join(tmpdir(), 'sizes-'));
  mkdirSync(join(lab, 'node_modules'));
  mkdirSync(join(lab, 'test/pins'), { recursive: true });
  cpSync(join(PACKAGE_ROOT, 'scripts/subpath-sizes.mjs'), join(lab, 'scripts/subpath-sizes.mjs'));
  symlinkSync(join(PACKAGE_ROOT, 'node_modules/prettier'), join(lab, 'node_modules/prettier'));
  install('outer', "require('@scope/inner');");
  install('@scope/inner', '');
  install('another', '');
  publish('./one', './two');
  build({ 'src/one.js': ONE, 'src/two.js': FILLING, 'src/late.js': FILLING, 'chunks/shared.js': SHARED });
});

afterAll(() => rmSync(lab, { recursive: true, force: true }));

// The steps follow one another in one lab, each from the build that the first one measured.
describe('the sizes of the entries', { timeout: 60_000 }, () => {
  it('are of all files and packages that an import loads, and of none that it loads later', () => {
    expect(run()).toMatchObject({ status: 0, stdout: 'sizes: 2 entries\n', stderr: '' });
    const one = { bytes: ONE.length + SHARED.length, files: 2, packages: ['@scope/inner', 'outer'] };
    const two = { bytes: 20_000, files: 1, packages: [] };
    expect(pins().entries).toEqual({ 'lab/one': one, 'lab/two': two });
  });

  it('hold for the build that was measured', () => {
    expect(run('--check')).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it.each([
    ['grown by 5 %', FILLING.padEnd(21_000)],
    ['shrunk by 5 %', FILLING.slice(0, 19_000)],
  ])('let an entry pass that has %s', (_, text) => {
    build({ 'src/two.js': text });
    expect(run('--check')).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it.each([
    ['grown by more', FILLING.padEnd(21_001), 21_001],
    ['shrunk by more', FILLING.slice(0, 18_999), 18_999],
  ])('refuse an entry that has %s', (_, text, bytes) => {
    build({ 'src/two.js': text });
    expectComplaints(`lab/two loads ${bytes} bytes; the pin is 20000`);
  });

  it('refuse an entry that is made of many more files', () => {
    const pieces = ['a', 'b', 'c', 'd'].map((name) => `chunks/${name}.js`);
    const imports = pieces.map((piece) => `import '../${piece}';\n`).join('');
    build({
      'src/two.js': `${FILLING}${imports}`,
      ...Object.fromEntries(pieces.map((piece) => [piece, SHARED])),
    });
    expectComplaints('lab/two loads 5 files; the pin is 1');
  });

  it('refuse a package that is new, or gone', () => {
    build({
      'src/two.js': `${FILLING}import 'another';\n`,
      'src/one.js': ONE.replace("'outer'", "'@scope/inner'"),
    });
    expectComplaints(
      'lab/one no longer loads the package outer',
      'lab/two loads the package another, which its pin does not name',
    );
  });

  it('refuse an entry without a pin, and a pin without an entry', () => {
    build({ 'src/two.js': FILLING, 'src/one.js': ONE, 'src/three.js': SHARED });
    publish('./one', './three');
    expectComplaints('lab/two is pinned and is no entry any more', 'lab/three has no pin');
  });

  it('are not written when an entry cannot be imported', () => {
    const before = pins();
    build({ 'src/three.js': "import './nowhere.js';\n" });
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toContain(`${join('src', 'three.js')} cannot be imported`);
    expect(pins()).toEqual(before);
  });
});

describe('test/pins/subpath-sizes.json', () => {
  it('has a size for each public entry', () => {
    const { entries } = JSON.parse(
      readFileSync(join(PACKAGE_ROOT, 'test/pins/subpath-sizes.json'), 'utf8'),
    ) as Pins;
    expect(Object.keys(entries)).toEqual(packageEntries().map(({ name }) => name));
    expect(Object.entries(entries).filter(([, { bytes, files }]) => !(bytes > 0 && files > 0))).toEqual([]);
  });
});

function expectComplaints(...complaints: readonly string[]): void {
  const advice = 'if that is meant, npm run sizes writes it down';
  const stderr = [...complaints, advice].map((line) => `sizes: ${line}\n`).join('');
  expect(run('--check')).toEqual({ status: 1, stdout: '', stderr });
}

function publish(...subpaths: readonly string[]): void {
  const exports = Object.fromEntries(
    subpaths.map((subpath) => [subpath, { default: subpath.replace('./', './dist/src/').concat('.js') }]),
  );
  const manifest = {
    name: 'lab',
    type: 'module',
    exports: { ...exports, './package.json': './package.json' },
  };
  writeFileSync(join(lab, 'package.json'), JSON.stringify(manifest));
}

function build(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) put(`dist/${name}`, text);
}

function install(name: string, text: string): void {
  put(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'main.js' }));
  put(`node_modules/${name}/main.js`, `module.exports = {};\n${text}`);
}

function put(file: string, text: string): void {
  mkdirSync(join(lab, dirname(file)), { recursive: true });
  writeFileSync(join(lab, file), text);
}

function pins(): Pins {
  return JSON.parse(readFileSync(join(lab, 'test/pins/subpath-sizes.json'), 'utf8')) as Pins;
}

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(lab, 'scripts/subpath-sizes.mjs'), ...args],
    { cwd: lab, encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}
