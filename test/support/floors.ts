import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript-6';

/**
 * The floors of the house, lowest first. Each pattern captures the part of the house that a file is in: a folder, or a
 * single file. Parts of one floor do not import each other. The files beside the systems are what the systems share, so
 * they stand a step below them.
 */
const FLOORS: readonly (readonly RegExp[])[] = [
  [/^(src\/core)\//],
  [/^(src\/(?:tokens|network|stores|dialects|passport|providers))\//],
  [/^(src\/services)\//],
  [/^(strategies)\//],
  [/^(src\/middleware)\//],
  [/^(src\/systems)\/[^/]+\.ts$/],
  [/^(src\/systems\/[^/]+)\//],
  [/^(src\/[^/]+\.ts)$/, /^(src\/(?:cli|testing))\//],
  [/^(examples)\//],
];

/** Where a file stands: how high above the ground, and in which part of the house. */
export interface Place {
  readonly height: number;
  readonly part: string;
}

/** The place of a file of the house, from its path below the package's root; undefined when it stands on no floor. */
export function placeOf(path: string): Place | undefined {
  for (const [height, patterns] of FLOORS.entries()) {
    for (const pattern of patterns) {
      const part = pattern.exec(path)?.[1];
      if (part !== undefined) return { height, part };
    }
  }
  return undefined;
}

/** Whether a file of one place may import a file of another: downstairs, or within its own folder. */
export function mayImport(from: Place, to: Place): boolean {
  return to.height < from.height || (to.height === from.height && to.part === from.part);
}

/** One import as it stands in a source file: static or dynamic, of values or of types. */
export interface ImportSite {
  readonly file: string;
  readonly specifier: string;
  /** Path below the root that a relative specifier leads to. */
  readonly target: string | undefined;
}

export function importsOf(root: string, file: string): readonly ImportSite[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'), true, true);
  return importedFiles.map(({ fileName: specifier }) => ({
    file,
    specifier,
    target: specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : undefined,
  }));
}

/** The TypeScript files below some folders of the root, as paths below the root. */
export function sourceFiles(root: string, folders: readonly string[]): readonly string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        posix.join(folder, name),
      ),
    )
    .filter((name) => name.endsWith('.ts') && !/(^|\/)(node_modules|dist)\//.test(name))
    .toSorted();
}
