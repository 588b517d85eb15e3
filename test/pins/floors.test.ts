import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript-6';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Place, importsOf, mayImport, placeOf, sourceFiles } from '../support/floors.ts';
import { PACKAGE_ROOT } from '../support/package-exports.ts';

/** One file in each part of the house, and one in a folder within a folder. */
const INHABITANTS = [
  'src/core/resident.ts',
  ...['tokens', 'network', 'stores', 'dialects', 'passport', 'providers'].flatMap((folder) => [
    `src/${folder}/resident.ts`,
    `src/${folder}/inner/resident.ts`,
  ]),
  'src/services/resident.ts',
  'src/services/inner/resident.ts',
  'strategies/resident.ts',
  'src/middleware/resident.ts',
  'src/systems/resident.ts',
  'src/systems/b2b/resident.ts',
  'src/systems/oauth/resident.ts',
  'src/systems/oauth/inner/resident.ts',
  'src/express.ts',
  'src/koa.ts',
  'src/testing/resident.ts',
  'src/cli/resident.ts',
  'src/cli/inner/resident.ts',
  'examples/api/resident.ts',
];

/** Each way to write an import; `n` keeps the names of one probe file apart. */
const FORMS = [
  { form: 'a value', write: (from: string, n: number) => `import { v${n} } from '${from}'; use(v${n});` },
  {
    form: 'a type',
    write: (from: string, n: number) => `import type { T${n} } from '${from}'; use<T${n}>();`,
  },
  {
    form: 'an inline type',
    write: (from: string, n: number) => `import { type T${n} } from '${from}'; use<T${n}>();`,
  },
  { form: 'a re-export', write: (from: string, n: number) => `export { v${n} } from '${from}';` },
  { form: 'a re-exported type', write: (from: string, n: number) => `export type { T${n} } from '${from}';` },
  { form: 'a star', write: (from: string) => `export * from '${from}';` },
  { form: 'a side effect', write: (from: string) => `import '${from}';` },
  { form: 'a dynamic import', write: (from: string) => `void import('${from}');` },
];

/** A forbidden import by other means than the plain relative path. */
const DETOURS = [
  ['src/tokens/a.ts', '../core/../network/resident.ts'],
  ['src/tokens/b.ts', './../network/resident.ts'],
  ['src/tokens/c.ts', '../../src/network/resident.ts'],
  ['src/tokens/d.ts', '../core//resident.ts'],
  ['src/tokens/e.ts', '../core/resident.js'],
  ['src/tokens/f.ts', '../corey/resident.ts'],
  ['src/tokens/g.ts', '../core.ts'],
  ['src/tokens/h.ts', 'portcullis/express'],
  ['strategies/a.ts', 'portcullis/express'],
  ['strategies/b.ts', '../examples/api/resident.ts'],
  ['src/core/a.ts', 'lru-cache'],
  ['src/core/b.ts', 'fs'],
  ['examples/api/a.ts', '../../src/express.ts'],
  ['examples/api/b.ts', '../../dist/src/express.js'],
  ['examples/api/c.ts', '../../strategies/resident.ts'],
] as const;

const WELCOME = [
  ['src/core/x.ts', 'node:crypto'],
  ['src/core/y.ts', './resident.ts'],
  ['src/core/z.ts', 'node:util/types'],
  ['src/tokens/x.ts', 'lru-cache'],
  ['src/tokens/y.ts', 'node:crypto'],
  ['src/stores/inner/x.ts', '../resident.ts'],
  ['src/systems/b2b/x.ts', './resident.ts'],
  ['examples/api/x.ts', 'portcullis/strategies/jwt-bearer'],
  ['examples/api/y.ts', './resident.ts'],
] as const;

let lab: string;
let complaints: ReadonlyMap<string, readonly string[]>;

beforeAll(() => {
  lab = mkdtempSync(join(tmpdir(), 'floors-'));
  for (const from of INHABITANTS) {
    for (const [form, { write }] of FORMS.entries()) {
      const others = INHABITANTS.filter((to) => to !== from);
      put(probeName(from, form), others.map((to, n) => write(relativePath(from, to), n)).join('\n'));
    }
  }
  for (const [file, specifier] of [...DETOURS, ...WELCOME]) put(file, `import '${specifier}';`);
  put('src/services/ring-a.ts', "import type { B } from './ring-b.ts'; export type A = B;");
  put('src/services/ring-b.ts', "import type { A } from './ring-a.ts'; export type B = A;");
  complaints = lint();
});

afterAll(() => rmSync(lab, { recursive: true, force: true }));

describe('the lint rules of the floors', () => {
  it.each(FORMS)('let $form through downstairs and within a folder, and nowhere else', ({ write }) => {
    const index = FORMS.findIndex((each) => each.write === write);
    const verdicts = INHABITANTS.flatMap((from) => {
      const refused = complaints.get(probeName(from, index)) ?? [];
      return INHABITANTS.filter((to) => to !== from).map((to) => ({
        from,
        to,
        allowed: !refused.includes(relativePath(from, to)),
      }));
    });
    expect(verdicts).toEqual(verdicts.map(({ from, to }) => ({ from, to, allowed: expected(from, to) })));
  });

  it.each(DETOURS)('refuse in %s the import of %s', (file, specifier) => {
    expect(complaints.get(file)).toEqual([specifier]);
  });

  it.each(WELCOME)('allow in %s the import of %s', (file) => {
    expect(complaints.get(file)).toBeUndefined();
  });

  it('refuse a circle, of types too', () => {
    expect(complaints.get('src/services/ring-a.ts')).toEqual(['import(no-cycle)']);
    expect(complaints.get('src/services/ring-b.ts')).toEqual(['import(no-cycle)']);
  });
});

describe('the imports of the sources', () => {
  const files = sourceFiles(PACKAGE_ROOT, ['src', 'strategies']);
  const sites = files.flatMap((file) => importsOf(PACKAGE_ROOT, file));

  it('come from files that stand on a floor', () => {
    expect(files.filter((file) => placeOf(file) === undefined)).toEqual([]);
  });

  it('go downstairs or stay within the folder, whatever their form', () => {
    const upstairs = sites.filter(({ file, target }) => {
      if (target === undefined) return false;
      const [from, to] = [placeOf(file), placeOf(target)];
      return from === undefined || to === undefined || !mayImport(from, to);
    });
    expect(upstairs).toEqual([]);
  });

  it('lead out of src/core to built-ins only', () => {
    const packages = sites.filter(
      ({ file, target, specifier }) =>
        file.startsWith('src/core/') && target === undefined && !specifier.startsWith('node:'),
    );
    expect(packages).toEqual([]);
  });
});

describe('placeOf', () => {
  it.each<[string, Place | undefined]>([
    ['src/core/errors.ts', { height: 0, part: 'src/core' }],
    ['src/tokens/inner/gate.ts', { height: 1, part: 'src/tokens' }],
    ['src/systems/endpoints.ts', { height: 5, part: 'src/systems' }],
    ['src/systems/b2b/claims.ts', { height: 6, part: 'src/systems/b2b' }],
    ['src/express.ts', { height: 7, part: 'src/express.ts' }],
    ['src/cli/main.ts', { height: 7, part: 'src/cli' }],
    ['examples/api/main.ts', { height: 8, part: 'examples' }],
    ['src/corey/errors.ts', undefined],
    ['src/config.json', undefined],
  ])('%s', (path, place) => {
    expect(placeOf(path)).toEqual(place);
  });
});

/** What the lint must say: examples are upstairs of everything, yet reach the package by its public name only. */
function expected(from: string, to: string): boolean {
  const [here, there] = [placeOf(from), placeOf(to)];
  if (here === undefined || there === undefined) throw new Error(`${from} or ${to} stands on no floor`);
  return here.part === 'examples' ? there.part === 'examples' : mayImport(here, there);
}

/** A neighbour of an inhabitant; on the floor of single files the probe has to be a single file as well. */
function probeName(inhabitant: string, form: number): string {
  return inhabitant.replace(/\.ts$/, `-probe-${form}.ts`);
}

function relativePath(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
}

function put(file: string, text: string): void {
  mkdirSync(join(lab, dirname(file)), { recursive: true });
  writeFileSync(join(lab, file), `${text}\n`);
}

/** Runs the project's own configuration over the lab; gives the refused specifiers, or else the rule, for each file. */
function lint(): ReadonlyMap<string, readonly string[]> {
  const text = readFileSync(join(PACKAGE_ROOT, '.oxlintrc.json'), 'utf8');
  const { plugins, rules, overrides } = ts.parseConfigFileTextToJson('.oxlintrc.json', text)
    .config as Configuration;
  const ours = ['no-restricted-imports', 'import/no-cycle'];
  const config = {
    plugins,
    categories: { correctness: 'off' },
    rules: pick(rules, ours),
    overrides: overrides.map((override) => ({ files: override.files, rules: pick(override.rules, ours) })),
  };
  writeFileSync(join(lab, '.oxlintrc.json'), JSON.stringify(config));
  const oxlint = join(PACKAGE_ROOT, 'node_modules/oxlint/bin/oxlint');
  const { stdout, stderr } = spawnSync(process.execPath, [oxlint, '--format', 'json'], {
    cwd: lab,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (!stdout.startsWith('{')) throw new Error(`the lint did not run: ${stdout}${stderr}`);
  const found = new Map<string, string[]>();
  for (const { filename, message, code } of (JSON.parse(stdout) as { diagnostics: readonly Diagnostic[] })
    .diagnostics) {
    const complaint = /^'([^']+)' import is restricted/.exec(message)?.[1] ?? code;
    found.set(filename, [...new Set([...(found.get(filename) ?? []), complaint])]);
  }
  return found;
}

interface Configuration {
  readonly plugins: readonly string[];
  readonly rules: Readonly<Record<string, unknown>>;
  readonly overrides: readonly { files: readonly string[]; rules: Readonly<Record<string, unknown>> }[];
}

interface Diagnostic {
  readonly filename: string;
  readonly message: string;
  readonly code: string;
}

function pick(rules: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(rules).filter(([name]) => names.includes(name)));
}
