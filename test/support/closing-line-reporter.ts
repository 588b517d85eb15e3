import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

/** Full test name → why it may be skipped; the content of `test/allowed-skips.json`. */
export type AllowedSkips = Readonly<Record<string, string>>;

/** What a run came to. */
export interface Tally {
  readonly passed: number;
  /** Failed tests, files that could not be loaded, and errors that no test caught. */
  readonly failed: number;
  readonly skipped: readonly string[];
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
      const refused = refusedSkips(tally.skipped, allowedSkips);
      for (const name of refused) write(`skipped, and test/allowed-skips.json does not say why: ${name}`);
      if (refused.length > 0) process.exitCode = 1;
    }
    write(closingLine(tally));
  }
}

export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped.length} skipped`;
}

/** The skipped tests that have no entry, or one without a reason. */
export function refusedSkips(skipped: readonly string[], allowed: AllowedSkips): readonly string[] {
  return skipped.filter((name) => !Object.hasOwn(allowed, name) || allowed[name]?.trim() === '');
}

function tallyOf(modules: readonly TestModule[], errors: readonly SerializedError[]): Tally {
  const tests = modules.flatMap((each) => [...each.children.allTests()]);
  const failedModules = modules.filter((each) => each.errors().length > 0);
  return {
    passed: tests.filter((test) => stateOf(test) === 'passed').length,
    failed: tests.filter((test) => stateOf(test) === 'failed').length + failedModules.length + errors.length,
    skipped: tests.filter((test) => stateOf(test) === 'skipped').map((test) => test.fullName),
  };
}

/** A test that never got to run, because the run was broken off, has not passed. */
function stateOf(test: TestCase): 'passed' | 'failed' | 'skipped' {
  const { state } = test.result();
  return state === 'pending' ? 'failed' : state;
}
