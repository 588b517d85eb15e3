import { relative } from 'node:path';
import ts from 'typescript-6';
import { PACKAGE_ROOT, packageEntries } from '../support/package-exports.ts';

/**
 * The mistakes that the compiler finds in files, under the project's own strict options, where the package's public
 * names lead to the sources.
 *
 * @param files The files, each with the page's place that it comes from.
 */
export function typeErrors(files: readonly string[]): readonly string[] {
  const read = ts.readConfigFile(`${PACKAGE_ROOT}tsconfig.json`, (path) => ts.sys.readFile(path));
  const { options } = ts.convertCompilerOptionsFromJson(
    (read.config as { compilerOptions: unknown }).compilerOptions,
    PACKAGE_ROOT,
  );
  const program = ts.createProgram(files, {
    ...options,
    moduleDetection: ts.ModuleDetectionKind.Force,
    // `process.env.NAME` is how everybody writes it; brackets are this project's own taste.
    noPropertyAccessFromIndexSignature: false,
    paths: Object.fromEntries(
      packageEntries().map(({ name, source }) => [name, [`${PACKAGE_ROOT}${source}`]]),
    ),
  });
  return files.flatMap((file) => {
    const source = program.getSourceFile(file);
    if (source === undefined) throw new Error(`${file} is not there`);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ messageText, start = 0 }) => {
      const { line } = source.getLineAndCharacterOfPosition(start);
      return `${relative(PACKAGE_ROOT, file)}:${line + 1} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}
