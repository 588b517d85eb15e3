import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node';

/** Full test name → why it may be skipped; the content of `test/allowed-skips.json`. */
export type AllowedSkips = Readonly<Record<string, string>>;

/** What a run came to. */
export interface Tally {
  readonly passed: number;
  /** Failed tests, files that could not be loaded, suites that could not be set up, and errors that no test caught. */
  readonly failed: number;
  readonly skipped: number;
  /** The full names of the tests that were skipped because they or a suite around them asked for it. */
  readonly skippedOnPurpose: readonly string[];
}

interface Settings {
  readonly allowedSkips: AllowedSkips;
  /** Whether a skip that is not allowed fails the run; so in CI. */
  readonly strict: boolean;
  readonly write?: (line: string) => void;
}

/**
 * Prints `N passed, N failed, N skipped` alone on a line, for scripts to read, and in CI fails a run in which a test
 * was skipped that `test/allowed-skips.json` does not name: a check that silently stopped running must not look green.
 */
export class ClosingLineReporter implements Reporter {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const { allowedSkips, strict, write = (line) => process.stdout.write(`${line}\n`) } = this.#settings;
    const tally = tallyOf(modules, errors);
    if (strict) {
      const refused = refusedSkips(tally.skippedOnPurpose, allowedSkips);
      for (const name of refused) write(`skipped, and test/allowed-skips.json does not say why: ${name}`);
      if (refused.length > 0) process.exitCode = 1;
    }
    write(closingLine(tally));
  }
}

export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** The skipped tests that have no entry, or one without a reason. */
export function refusedSkips(skipped: readonly string[], allowed: AllowedSkips): readonly string[] {
  return skipped.filter((name) => !Object.hasOwn(allowed, name) || allowed[name]?.trim() === '');
}

function tallyOf(modules: readonly TestModule[], errors: readonly SerializedError[]): Tally {
  const tests = modules.flatMap((each) => [...each.children.allTests()]);
  const groups = modules.flatMap((each) => [each, ...each.children.allSuites()]);
  const skipped = tests.filter((test) => stateOf(test) === 'skipped');
  return {
    passed: tests.filter((test) => stateOf(test) === 'passed').length,
    failed:
      tests.filter((test) => stateOf(test) === 'failed').length +
      groups.filter(hasErrors).length +
      errors.length,
    skipped: skipped.length,
    skippedOnPurpose: skipped.filter((test) => !isInBrokenGroup(test)).map((test) => test.fullName),
  };
}

function hasErrors(group: TestModule | TestSuite): boolean {
  return group.errors().length > 0;
}

/** Whether a test could not run because a file or suite around it failed, which has been said already. */
function isInBrokenGroup(test: TestCase): boolean {
  let group = test.parent;
  while (group.type === 'suite' && !hasErrors(group)) group = group.parent;
  return hasErrors(group);
}

/** A test that never got to run, because the run was broken off, has not passed. */
function stateOf(test: TestCase): 'passed' | 'failed' | 'skipped' {
  const { state } = test.result();
  return state === 'pending' ? 'failed' : state;
}
