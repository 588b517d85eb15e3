import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT, packageEntries } from '../support/package-exports.ts';
import { DIALECTS, REASON_CODES } from './errors-answers.ts';
import { codesInRows, withRows } from './errors-index.ts';
import {
  ALL_CODES,
  codesOfPages,
  CONFIG_ERROR_CODES,
  fileOf,
  leadOf,
  pageOf,
  sectionOf,
  STORE_ERROR,
} from './errors-pages.ts';

const INDEX = `${PACKAGE_ROOT}docs/reference/errors.md`;
const UPDATE = '"npx vitest run test/docs -u" brings it up to date';

describe('docs/reference/errors.md', () => {
  const index = readFileSync(INDEX, 'utf8');

  it(`tells the status and the meaning of each code; ${UPDATE}`, async () => {
    await expect(withRows(index)).toMatchFileSnapshot(INDEX);
  });

  it('has a row for each code and no other, in the order of the sources', () => {
    expect(codesInRows(index)).toEqual(ALL_CODES);
  });
});

describe('docs/reference/errors', () => {
  it('has a page for each code, and no other', () => {
    expect(codesOfPages().toSorted()).toEqual(ALL_CODES.toSorted());
  });

  it('has one page for one thing: no code is that of a reason and of a ConfigError', () => {
    expect(new Set(ALL_CODES).size).toBe(ALL_CODES.length);
  });

  it('tells the answers of every dialect that is published', () => {
    const published = packageEntries().flatMap(({ name }) => /\/dialects\/(.*)$/.exec(name)?.[1] ?? []);
    expect(DIALECTS.map(({ name }) => name)).toEqual(published);
  });

  describe.each(ALL_CODES)('%s.md', (code) => {
    const page = pageOf(code);

    it(`says what the sources say; ${UPDATE}`, async () => {
      await expect(page).toMatchFileSnapshot(fileOf(code));
    });

    it('says what happened, how to mend it, and who says it', () => {
      const [title, , mend] = page.split('\n\n');
      expect(title).toBe(`# ${code}`);
      const { error, status, meaning } = leadOf(page);
      expect(error).toBe(classOf(code));
      expect(status).toMatch(error === 'ConfigError' ? /^$/ : /^[45]\d\d$/);
      expect(meaning).toMatch(/^[A-Z].+\.$/);
      expect(mend).toMatch(/^To mend it: \S.*[.:;`]$/s);
      expect(sectionOf(page, 'Who says it')).toMatch(/\.$/);
      expect(sectionOf(page, 'See also')).toMatch(/^- \[/);
    });
  });

  it.each([...REASON_CODES, STORE_ERROR])('says of %s what to look for in the event', (code) => {
    expect(sectionOf(pageOf(code), 'In the event')).toMatch(/\.$/);
  });
});

function classOf(code: string): string {
  if (code === STORE_ERROR) return 'StoreError';
  return CONFIG_ERROR_CODES.includes(code) ? 'ConfigError' : 'AuthError';
}
