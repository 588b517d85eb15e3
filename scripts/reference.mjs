// Writes docs/reference/api/ from the comments in the sources, a page for each public entry: `npm run reference`. With
// `--check` it writes nothing and fails where a page is not in step, or where something public has no comment.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import prettier from 'prettier';
import { fileName, pageOf, uncommented } from './reference/page.mjs';
import { ROOT, entries } from './reference/program.mjs';

const FOLDER = join(ROOT, 'docs/reference/api');

/** @returns {Promise<Map<string, string>>} The text of each file. */
async function pages() {
  const config = await prettier.resolveConfig(join(FOLDER, 'README.md'));
  const formatted = (text) => prettier.format(text, { ...config, parser: 'markdown' });
  const made = new Map();
  for (const entry of entries) made.set(fileName(entry.name), await formatted(pageOf(entry)));
  const list = entries.map(({ name }) => `- [${name}](${fileName(name)})`).join('\n');
  const opening =
    'Every public entry, from the comments in the sources; `npm run reference` writes these pages.';
  return made.set('README.md', await formatted(`# Reference\n\n${opening}\n\n${list}\n`));
}

/** @param {Map<string, string>} made @param {readonly string[]} kept */
function write(made, kept) {
  mkdirSync(FOLDER, { recursive: true });
  for (const file of kept.filter((each) => !made.has(each))) rmSync(join(FOLDER, file));
  for (const [file, text] of made) writeFileSync(join(FOLDER, file), text);
  console.log(`reference: ${made.size} pages`);
}

/** @param {Map<string, string>} made @param {readonly string[]} kept */
function notInStep(made, kept) {
  const changed = [...made.keys()].filter(
    (file) => !kept.includes(file) || readFileSync(join(FOLDER, file), 'utf8') !== made.get(file),
  );
  return [...changed, ...kept.filter((file) => !made.has(file))];
}

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
const made = await pages();
const kept = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
const stale = values.check === true ? notInStep(made, kept) : [];
if (values.check !== true) write(made, kept);
for (const file of stale)
  console.error(`reference: docs/reference/api/${file} is not in step; run npm run reference`);
for (const what of uncommented) console.error(`reference: no comment on ${what}`);
if (uncommented.length > 0 || stale.length > 0) process.exitCode = 1;
