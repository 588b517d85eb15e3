import { join } from 'node:path';
import { env } from 'node:process';

/** Where a run keeps what is its own: two runs at a time must not share it. */
const folder = env['MUTATION_FOLDER'] ?? '.data/mutation';

// Mutation tests: each change of a line that no test notices is shown. `npm run test:mutation` runs them, and names what
// is mutated.
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  plugins: ['@stryker-mutator/vitest-runner'],
  // Only the tests that reach a mutant are run for it, and only what has changed since the last run.
  coverageAnalysis: 'perTest',
  incremental: true,
  incrementalFile: join(folder, 'incremental.json'),
  tempDirName: join(folder, 'sandbox'),
  reporters: ['clear-text', 'json'],
  jsonReporter: { fileName: join(folder, 'report.json') },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, allowEmojis: false },
  ignorePatterns: ['dist*', 'coverage', 'docs', 'bench', 'test/consumers', '.data'],
  // The sources run as they are, types stripped, and the compiler has no programming interface that could be asked.
  disableTypeChecks: false,
  tsconfigFile: 'none',
  concurrency: Number(env['MUTATION_CONCURRENCY'] ?? 2),
  // Generous: what a busy machine delays must not count as noticed.
  timeoutMS: 15_000,
};
