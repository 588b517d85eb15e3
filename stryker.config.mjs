// Mutation tests: each change of a line that no test notices is shown. `npm run test:mutation` runs them, and names what
// is mutated.
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  plugins: ['@stryker-mutator/vitest-runner'],
  // Only the tests that reach a mutant are run for it, and only what has changed since the last run.
  coverageAnalysis: 'perTest',
  incremental: true,
  incrementalFile: '.data/mutation/incremental.json',
  tempDirName: '.data/mutation/sandbox',
  reporters: ['clear-text', 'json'],
  jsonReporter: { fileName: '.data/mutation/report.json' },
  clearTextReporter: { allowColor: false, logTests: false, allowEmojis: false },
  ignorePatterns: ['dist', 'coverage', 'docs/images', 'bench', 'test/consumers', '.data'],
  // The sources run as they are, types stripped, and the compiler has no programming interface that could be asked.
  disableTypeChecks: false,
  tsconfigFile: 'none',
  concurrency: 2,
  timeoutMS: 5_000,
};
