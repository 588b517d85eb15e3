import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../support/package-exports.ts';

let lab: string;

beforeEach(() => {
  lab = mkdtempSync(join(tmpdir(), 'check-'));
  cpSync(join(PACKAGE_ROOT, 'scripts/check.mjs'), join(lab, 'scripts/check.mjs'));
  writeFileSync(join(lab, 'scripts/build.mjs'), '');
  writeFileSync(join(lab, 'scripts/test-consumers.mjs'), '');
  writeFileSync(join(lab, 'scripts/reference.mjs'), '');
  writeFileSync(join(lab, 'scripts/subpath-sizes.mjs'), '');
  mkdirSync(join(lab, 'node_modules/.bin'), { recursive: true });
  for (const tool of ['prettier', 'oxlint', 'knip', 'publint', 'attw']) standIn(tool, 'exit 0');
  mkdirSync(join(lab, 'node_modules/typescript/bin'), { recursive: true });
  writeFileSync(join(lab, 'node_modules/typescript/bin/tsc'), '');
  standIn('vitest', 'printf "a lot\\n2 passed, 0 failed, 1 skipped\\n"');
});

afterEach(() => rmSync(lab, { recursive: true, force: true }));

describe('the check', () => {
  it('prints a line for each step, the totals of the tests alone on theirs, and a summary', () => {
    expect(check()).toEqual({
      status: 0,
      lines: [
        'ok      format T s',
        'ok      lint T s',
        'ok      types T s',
        'ok      test T s',
        '2 passed, 0 failed, 1 skipped',
        'ok      reference T s',
        'ok      unused T s',
        'ok      package T s',
        'ok      consumers T s',
        'check: all 8 passed',
      ],
    });
  });

  it('shows what a failed step printed, goes on, and fails', () => {
    standIn('oxlint', 'echo on standard output; echo on standard error >&2; exit 1');
    standIn('publint', 'echo no such file; exit 3');
    const { status, lines } = check('--skip', 'test,types');
    expect(status).toBe(1);
    expect(lines).toEqual([
      'ok      format T s',
      'FAILED  lint T s',
      '        on standard output',
      '        on standard error',
      'ok      reference T s',
      'ok      unused T s',
      'FAILED  package T s',
      '        no such file',
      'ok      consumers T s',
      'check: 2 of 6 failed: lint, package',
    ]);
  });

  it('runs the steps that are named', () => {
    expect(check('--only', 'lint,types').lines).toEqual([
      'ok      lint T s',
      'ok      types T s',
      'check: all 2 passed',
    ]);
  });

  it('fails when a tool is missing', () => {
    rmSync(join(lab, 'node_modules/.bin/knip'));
    const { status, lines } = check('--only', 'unused');
    expect(status).toBe(1);
    expect(lines.at(-1)).toBe('check: 1 of 1 failed: unused');
  });

  it('refuses a step that it does not know', () => {
    expect(check('--only', 'lnt')).toEqual({
      status: 2,
      lines: [
        'check: no step "lnt"; the steps are format, lint, types, test, reference, unused, package, consumers',
      ],
    });
  });
});

/** Puts a small program in the place of a tool. */
function standIn(tool: string, body: string): void {
  const file = join(lab, 'node_modules/.bin', tool);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
}

/** Runs the check with the durations taken out of its lines. */
function check(...args: string[]): { status: number | null; lines: string[] } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/check.mjs', ...args], {
    cwd: lab,
    encoding: 'utf8',
    // Only the stand-ins and the system's own programs can be found.
    env: { PATH: '/usr/bin:/bin' },
  });
  const lines = `${stdout}${stderr}`.trimEnd().split('\n');
  return {
    status,
    lines: lines.map((line) => line.replace(/ +\d+\.\d s$/, ' T s').replace(/^(\S+ +\S+) +T/, '$1 T')),
  };
}
