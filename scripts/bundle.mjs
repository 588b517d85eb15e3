import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { rolldown } from 'rolldown';

/** The sources of the public entries and of the programs, as a manifest lists them. @param {string} root */
export function entriesOf(root) {
  const { exports = {}, bin = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return [...Object.values(exports).map((target) => target.default), ...Object.values(bin)]
    .filter((file) => file?.startsWith('./dist/'))
    .map((file) => file.replace('./dist/', '').replace(/\.js$/, '.ts'));
}

/**
 * Writes each entry to the place of its source, and the modules that entries share to `chunks/`, each module once: two
 * entries see one class of an error and one table of who passed. Nothing is minified or renamed but where two modules
 * of one file use one name. Packages stay imports.
 *
 * @param {{ root: string, entries: readonly string[], into: string }} job
 * @throws Error when a module cannot be read or resolved.
 */
export async function bundle({ root, entries, into }) {
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries.map((entry) => [entry.replace(/\.ts$/, ''), `./${entry}`])),
    platform: 'node',
    tsconfig: false,
    external: (id) => !id.startsWith('.') && !isAbsolute(id),
    preserveEntrySignatures: 'strict',
    transform: { target: 'es2023', typescript: { onlyRemoveTypeImports: true } },
    onLog(_level, log) {
      throw new Error(log.message);
    },
  });
  try {
    await build.write({
      dir: into,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: 'chunks/[name].js',
      minify: false,
      minifyInternalExports: false,
      sourcemap: true,
      codeSplitting: { groups: groupsFor(root, entries) },
    });
  } finally {
    await build.close();
  }
}

/**
 * What is used together lies together, so that importing an entry reads few files. Left to itself the bundler makes a
 * file for each set of entries that share something, some sixty of them. The lower floors come first, since a group takes
 * along what its modules import unless an earlier one has it. No group may bring a package or a part of Node to an entry
 * that has no use for it: that costs more than the file it saves.
 *
 * @type {readonly [name: string, modules: RegExp][]}
 */
const GROUPS = [
  [
    'common',
    // Without what needs node:crypto, and without what only pages and the OAuth server need.
    /^src\/(?:core\/(?!(?:secrets|sealing|request-id|html|scopes)\.)|stores\/input\.|services\/allowlists\/subjects\.|dialects\/(?:headers|envelope)\.)/,
  ],
  ['secrets', /^src\/core\/(?:secrets|sealing|request-id)\./],
  ['network', /^src\/(?:network\/|middleware\/client-address\.)/],
  ['requests', /^src\/(?:passport\/|middleware\/|services\/account-check\.)/],
  ['keys', /^src\/tokens\/(?:key-ring|ring-keys|keys-option|key-material|public-key-form|algorithms)\./],
  ['jwt', /^src\/tokens\/(?:jwt-verifier|jwt-gate|claims)\./],
];

/** @param {string} root @param {readonly string[]} entries */
function groupsFor(root, entries) {
  const files = new Set(entries.map((entry) => join(root, entry)));
  return GROUPS.map(([name, modules], index) => ({
    name,
    priority: GROUPS.length - index,
    /** @param {string} id */
    test: (id) =>
      // An entry stays in its own file, unless it is named: the guards write the envelope when nothing else is chosen.
      (!files.has(id) || name === 'common') && modules.test(id.slice(root.length + 1).replaceAll('\\', '/')),
  }));
}
