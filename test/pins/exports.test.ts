import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importsOf } from '../support/floors.ts';
import { PACKAGE_ROOT, packageEntries } from '../support/package-exports.ts';

interface Entry {
  readonly types: string;
  readonly default: string;
}

const { exports: published } = JSON.parse(readFileSync(`${PACKAGE_ROOT}package.json`, 'utf8')) as {
  exports: Readonly<Record<string, string | Entry>>;
};

describe('exports of package.json', () => {
  it('leads each subpath to a source that exists', () => {
    expect(packageEntries().filter(({ sourceExists }) => !sourceExists)).toEqual([]);
  });

  it('leads two subpaths to two sources', () => {
    const sources = packageEntries().map(({ source }) => source);
    expect(sources.filter((source, index) => sources.indexOf(source) !== index)).toEqual([]);
  });

  it('gives each subpath its types first, then its code, from the same source', () => {
    const entries = Object.entries(published).filter(([subpath]) => subpath !== './package.json');
    const right = entries.map(([subpath, target]) => {
      const code = typeof target === 'string' ? target : target.default;
      return [subpath, JSON.stringify({ types: code.replace(/\.js$/, '.d.ts'), default: code })];
    });
    expect(entries.map(([subpath, target]) => [subpath, JSON.stringify(target)])).toEqual(right);
  });

  it('has no pattern, so that each subpath is a decision', () => {
    const simple = /^\.(\/[a-z0-9-]+)*(\.json)?$/;
    expect(Object.keys(published).filter((subpath) => !simple.test(subpath))).toEqual([]);
  });

  it('leads the bare name to the vocabulary of the core and to nothing else', () => {
    const imported = importsOf(PACKAGE_ROOT, 'src/index.ts').map(
      ({ target, specifier }) => target ?? specifier,
    );
    expect(packageEntries().find(({ name }) => name === 'portcullis')?.source).toBe('src/index.ts');
    expect(imported.filter((path) => !path.startsWith('src/core/'))).toEqual([]);
  });
});

describe('packageEntries', () => {
  it('names the source behind a subpath', () => {
    expect(packageEntries(manifestWith('./dist/strategies/nowhere.js'))).toEqual([
      { name: 'x/a', source: 'strategies/nowhere.ts', sourceExists: false },
    ]);
  });

  it.each(['./dist/*.js', './src/a.js', './dist/src/../a.js', './dist/src/a.ts'])('refuses %s', (target) => {
    expect(() => packageEntries(manifestWith(target))).toThrow('exports["./a"] must name one file');
  });
});

function manifestWith(target: string): { name: string; exports: Record<string, string> } {
  return { name: 'x', exports: { './a': target } };
}
