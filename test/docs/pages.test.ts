import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pageNames, readPage } from '../readme/pages.ts';
import { PACKAGE_ROOT, packageEntries } from '../support/package-exports.ts';

const pages = pageNames();

/** The list of the pages that are made from the comments in the sources. */
const REFERENCE = 'docs/reference/api/README.md';

/** Pages that list further ones, which the list of all pages leaves to them. */
const LISTS = [REFERENCE, 'docs/reference/errors.md'];

describe('README.md and the pages of docs', () => {
  it('link to files and headings that exist', () => {
    expect(pages.flatMap((page) => linksOf(page).filter((link) => !leadsSomewhere(page, link)))).toEqual([]);
  });

  it('name files and folders that exist', () => {
    const named = pages.flatMap((page) => readPage(page).match(PATH) ?? []).map((path) => path.slice(1, -1));
    expect(named.filter((path) => !existsSync(join(PACKAGE_ROOT, path)))).toEqual([]);
  });
});

describe('docs/README.md', () => {
  it('links to every page, and to those of the reference through their own lists', () => {
    const others = pages.filter((page) => page !== 'README.md' && page !== 'docs/README.md');
    const linked = ['docs/README.md', ...LISTS].flatMap((list) =>
      linksOf(list).map((link) => join(dirname(list), link)),
    );
    expect(linked.toSorted()).toEqual(others.toSorted());
  });
});

describe('The reference', () => {
  it('has a page for each public entry, and no other', () => {
    const named = packageEntries().map(({ name }) => `${name.replaceAll('/', '-')}.md`);
    expect(linksOf(REFERENCE).toSorted()).toEqual(named.toSorted());
  });
});

describe('docs/architecture.md', () => {
  it('has every folder of the package in the table of floors', () => {
    const floors = readPage('docs/architecture.md').split('\n## ')[1] ?? '';
    const folders = readdirSync(join(PACKAGE_ROOT, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && readdirSync(join(entry.parentPath, entry.name)).length > 0)
      .map(({ name }) => `\`src/${name}/\``);
    expect(folders.filter((folder) => !floors.includes(folder))).toEqual([]);
  });
});

describe('docs/decisions', () => {
  it('give the reason of every run-time dependency', () => {
    const { dependencies } = JSON.parse(readFileSync(`${PACKAGE_ROOT}package.json`, 'utf8')) as Manifest;
    const decisions = pages.filter((page) => page.startsWith('docs/decisions/')).map(readPage);
    const without = Object.keys(dependencies).filter(
      (name) => !decisions.some((text) => text.includes(`**${name}**`)),
    );
    expect(without).toEqual([]);
  });
});

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

/** A path of the project in backticks, but for the folders of tests: a page also names where the first one goes. */
const PATH = /`(?:src|strategies|test(?=\/[\w/-]+\.)|examples|docs|scripts|bench)\/[\w./-]*`/g;

function linksOf(page: string): readonly string[] {
  const targets = [...readPage(page).matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target as string);
  return targets.filter((target) => !/^https?:/.test(target));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(PACKAGE_ROOT, target))) return false;
  return anchor === undefined || anchorsOf(target).includes(anchor);
}

/** The anchors of a page's headings, as they are made on the usual hosting sites. */
function anchorsOf(page: string): readonly string[] {
  return [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}
