// The compiler's view of the public entries. Version 6 is asked, because the native compiler has no programming interface.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript-6';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The public entries with their sources, as package.json lists them. @type {{ name: string, source: string }[]} */
export const entries = Object.entries(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([name, { default: file }]) => ({
    name: `portcullis${name.slice(1)}`,
    source: file.replace('./dist/', '').replace(/\.js$/, '.ts'),
  }));

const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)).config,
  ts.sys,
  ROOT,
);

const program = ts.createProgram(
  entries.map(({ source }) => join(ROOT, source)),
  { ...options, noEmit: true },
);

export const checker = program.getTypeChecker();

/** What a source exports. @param {string} source */
export function exportsOf(source) {
  const file = program.getSourceFile(join(ROOT, source));
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`reference: ${source} exports nothing`);
  return checker.getExportsOfModule(module);
}

/** What a name stands for when it is exported again from elsewhere. @param {ts.Symbol} symbol */
export function resolved(symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}
