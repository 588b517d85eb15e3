import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One public subpath of the package and the TypeScript file it is built from. */
export interface PackageEntry {
  /** The name that a user imports, such as `portcullis/express`. */
  readonly name: string;
  /** Path of the source below the package's root, such as `src/express.ts`. */
  readonly source: string;
  readonly sourceExists: boolean;
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

export const PACKAGE_ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The entries of `exports` in package.json, without the manifest itself. Tests and examples resolve the package's name
 * through this list, so that a subpath that is not published cannot be imported by a test either.
 *
 * @throws Error when an entry does not point at a file that the build makes.
 */
export function packageEntries(manifest: Manifest = readManifest()): readonly PackageEntry[] {
  return Object.entries(manifest.exports)
    .filter(([subpath]) => subpath !== './package.json')
    .map(([subpath, target]) => {
      const file = typeof target === 'string' ? target : target['default'];
      const built = /^\.\/dist\/((?:src|strategies)\/[\w/-]+)\.js$/.exec(file ?? '')?.[1];
      if (built === undefined)
        throw new Error(`exports["${subpath}"] must name one file, ./dist/(src|strategies)/*.js`);
      const source = `${built}.ts`;
      return {
        name: `${manifest.name}${subpath.slice(1)}`,
        source,
        sourceExists: existsSync(`${PACKAGE_ROOT}${source}`),
      };
    });
}

function readManifest(): Manifest {
  return JSON.parse(readFileSync(`${PACKAGE_ROOT}package.json`, 'utf8')) as Manifest;
}
