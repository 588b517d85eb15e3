import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../support/package-exports.ts';
import { ALL_CODES } from './errors-pages.ts';

describe('the packed package', () => {
  it('has the page of each error code, which its errors lead to', () => {
    const listing = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: PACKAGE_ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [packed] = JSON.parse(listing) as readonly [{ readonly files: readonly { path: string }[] }];
    const pages = packed.files
      .map(({ path }) => path)
      .filter((path) => /^docs\/reference\/errors\b/.test(path));
    const expected = ALL_CODES.map((code) => `docs/reference/errors/${code}.md`);
    expect(pages.toSorted()).toEqual(['docs/reference/errors.md', ...expected].toSorted());
  });
});
