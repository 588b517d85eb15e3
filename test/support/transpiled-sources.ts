import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript-6';
import { sourceFiles } from './floors.ts';
import { PACKAGE_ROOT } from './package-exports.ts';

/** The sources as they are now in JavaScript, for child processes that must not depend on a build. */
export interface TranspiledSources {
  /** A folder below node_modules, where the sources find their packages; paths in it are those below the root. */
  readonly folder: string;
  dispose(): void;
}

/** @param parts Folders, and single files, below the root. */
export function transpileSources(parts: readonly string[]): TranspiledSources {
  const cache = join(PACKAGE_ROOT, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'sources-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const files = parts.flatMap((part) =>
    statSync(join(PACKAGE_ROOT, part)).isDirectory() ? sourceFiles(PACKAGE_ROOT, [part]) : [part],
  );
  for (const file of files) {
    const target = join(folder, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    const text = readFileSync(join(PACKAGE_ROOT, file), 'utf8');
    writeFileSync(target, ts.transpileModule(text, { compilerOptions: COMPILER_OPTIONS }).outputText);
  }
  return { folder, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

const COMPILER_OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};
