import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../support/package-exports.ts';

let lab: string;

/** Where the build puts the module that both entries of the lab use. */
const SHARED = 'dist/chunks/word.js';

beforeAll(() => {
  lab = mkdtempSync(join(tmpdir(), 'build-'));
  for (const kept of ['scripts', 'tsconfig.json', 'tsconfig.build.json', 'examples/tsconfig.build.json']) {
    cpSync(join(PACKAGE_ROOT, kept), join(lab, kept), { recursive: true });
  }
  symlinkSync(join(PACKAGE_ROOT, 'node_modules'), join(lab, 'node_modules'));
  const exports = {
    './greet': { types: './dist/src/greet.d.ts', default: './dist/src/greet.js' },
    './one': { types: './dist/strategies/one.d.ts', default: './dist/strategies/one.js' },
  };
  put('package.json', JSON.stringify({ name: 'portcullis', type: 'module', exports }));
  put(
    'src/greet.ts',
    "import { word } from './word.ts';\nexport { mark } from './word.ts';\nexport const greet = (): string => word;\n",
  );
  put('src/word.ts', "export const word: string = 'hello';\nexport const mark: object = {};\n");
  put(
    'strategies/one.ts',
    "import { word } from '../src/word.ts';\nexport { mark } from '../src/word.ts';\nexport const one: string = word;\n",
  );
  put(
    'examples/api/main.ts',
    "import { greet } from 'portcullis/greet';\nprocess.stdout.write(JSON.stringify([greet(), ...process.argv.slice(2)]) + '\\n');\n",
  );
});

afterAll(() => rmSync(lab, { recursive: true, force: true }));

// The steps follow one another in one lab, because what a build does depends on what the last one left.
describe('the build', { timeout: 120_000 }, () => {
  it('writes code and types beside each other and speaks on standard error only', () => {
    const { status, stdout, stderr } = run('build.mjs');
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(/^build: package -> dist in [\d.]+ s\n$/);
    const made = [
      'src/greet.js',
      'src/greet.d.ts',
      'src/greet.js.map',
      'strategies/one.js',
      'strategies/one.d.ts',
    ];
    expect(made.filter((file) => !existsSync(join(lab, 'dist', file)))).toEqual([]);
  });

  it('writes a module that entries share once, so that they see one copy of it', async () => {
    const [greet, one] = await Promise.all(
      ['src/greet.js', 'strategies/one.js'].map(
        async (file) => (await import(pathToFileURL(join(lab, 'dist', file)).href)) as { mark: object },
      ),
    );
    expect(greet?.mark).toBeTypeOf('object');
    expect(greet?.mark).toBe(one?.mark);
  });

  it('does nothing when no source has changed', () => {
    expect(run('build.mjs')).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('leaves the last good output when a source does not compile', () => {
    put('src/word.ts', 'export const word: string = 7;\nexport const mark: object = {};\n');
    const { status, stdout, stderr } = run('build.mjs');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(
      "src/word.ts(1,14): error TS2322: Type 'number' is not assignable to type 'string'.",
    );
    expect(stderr).toContain('build: package: does not compile; dist is left as it was');
    expect(readFileSync(join(lab, SHARED), 'utf8')).toContain('hello');
  });

  it('leaves nothing behind of a source that is gone', () => {
    rmSync(join(lab, 'src/word.ts'));
    put('src/greet.ts', "export const greet = (): string => 'good evening';\n");
    put('strategies/one.ts', "export const one: string = 'one';\n");
    expect(run('build.mjs').status).toBe(0);
    expect(existsSync(join(lab, SHARED))).toBe(false);
  });

  it('runs the example against the build, with standard output for the example alone', () => {
    expect(run('start.mjs', '--json')).toMatchObject({ status: 0, stdout: '["good evening","--json"]\n' });
    expect(run('start.mjs')).toEqual({ status: 0, stdout: '["good evening"]\n', stderr: '' });
  });

  it('compiles the example again when the package has changed under it', () => {
    put('src/greet.ts', 'export const greet = (name: string): string => name;\n');
    const { status, stdout, stderr } = run('start.mjs');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('examples/api/main.ts(2,');
    expect(stderr).toContain('build: examples: does not compile; examples/dist is left as it was');
  });
});

function put(file: string, text: string): void {
  mkdirSync(join(lab, dirname(file)), { recursive: true });
  writeFileSync(join(lab, file), text);
}

function run(script: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join('scripts', script), ...args], {
    cwd: lab,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}
