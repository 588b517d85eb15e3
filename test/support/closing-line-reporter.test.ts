import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AllowedSkips, closingLine, refusedSkips } from './closing-line-reporter.ts';
import { PACKAGE_ROOT } from './package-exports.ts';

let lab: string;
beforeEach(() => {
  lab = mkdtempSync(join(tmpdir(), 'reporter-'));
});
afterEach(() => rmSync(lab, { recursive: true, force: true }));

/** Runs real tests under the reporter and gives the exit status and what was printed below the reporter's first line. */
function run(
  tests: string,
  allowedSkips: AllowedSkips,
  strict: boolean,
): { status: number | null; lines: string[] } {
  writeFileSync(join(lab, 'sample.test.ts'), tests);
  writeFileSync(
    join(lab, 'vitest.config.ts'),
    `import { ClosingLineReporter } from '${PACKAGE_ROOT}test/support/closing-line-reporter.ts';
     const reporter = new ClosingLineReporter(${JSON.stringify({ allowedSkips, strict })});
     export default { test: { globals: true, reporters: [reporter] } };`,
  );
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(PACKAGE_ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--root', lab],
    { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  );
  return { status, lines: stdout.trimEnd().split('\n') };
}

const TESTS = `
  it('holds', () => {});
  describe('a suite', () => {
    it.skip('is off', () => {});
    it.todo('comes later');
    it('gives up', (context) => context.skip());
  });`;

const REASONS = {
  'a suite > is off': 'Needs a service that this machine does not have.',
  'a suite > comes later': 'The code it is about does not exist.',
  'a suite > gives up': 'Finds out only while running.',
};

describe('ClosingLineReporter', { timeout: 120_000 }, () => {
  it('prints the totals alone on the last line and lets skips pass outside CI', () => {
    expect(run(TESTS, {}, false)).toEqual({ status: 0, lines: ['1 passed, 0 failed, 3 skipped'] });
  });

  it('fails a run in CI for each skipped test that is not allowed, and names it', () => {
    const { status, lines } = run(TESTS, { 'a suite > is off': REASONS['a suite > is off'] }, true);
    expect(status).toBe(1);
    expect(lines).toEqual([
      'skipped, and test/allowed-skips.json does not say why: a suite > comes later',
      'skipped, and test/allowed-skips.json does not say why: a suite > gives up',
      '1 passed, 0 failed, 3 skipped',
    ]);
  });

  it('lets a run in CI pass when each skip has its reason', () => {
    expect(run(TESTS, REASONS, true)).toEqual({ status: 0, lines: ['1 passed, 0 failed, 3 skipped'] });
  });

  it('counts a failed test, and a file that does not load, as failed', () => {
    const failing = "it('a', () => {}); it('b', () => { throw new Error('no'); });";
    expect(run(failing, {}, true)).toEqual({ status: 1, lines: ['1 passed, 1 failed, 0 skipped'] });
    expect(run("throw new Error('no');", {}, true)).toEqual({
      status: 1,
      lines: ['0 passed, 1 failed, 0 skipped'],
    });
  });

  it('counts a suite that cannot be set up as failed, and does not ask why its tests were skipped', () => {
    const broken =
      "describe('s', () => { beforeAll(() => { throw new Error('no'); }); it('a', () => {}); });";
    expect(run(broken, {}, true)).toEqual({ status: 1, lines: ['0 passed, 1 failed, 1 skipped'] });
  });
});

describe('closingLine', () => {
  it('gives the three numbers in their order', () => {
    expect(closingLine({ passed: 3, failed: 2, skipped: 1, skippedOnPurpose: [] })).toBe(
      '3 passed, 2 failed, 1 skipped',
    );
  });
});

describe('refusedSkips', () => {
  it('wants a reason that is not blank, under the exact name', () => {
    expect(refusedSkips(['a', 'b', 'c', 'toString'], { a: 'why', b: ' ' })).toEqual(['b', 'c', 'toString']);
  });
});
