import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { type AllowedSkips, ClosingLineReporter } from './test/support/closing-line-reporter.ts';
import { PACKAGE_ROOT, packageEntries } from './test/support/package-exports.ts';

const allowedSkips = JSON.parse(
  readFileSync(`${PACKAGE_ROOT}test/allowed-skips.json`, 'utf8'),
) as AllowedSkips;
const strict = process.env['CI'] === 'true';

export default defineConfig({
  resolve: {
    // The public names lead to the sources, through the same list that is published: tests need no build.
    alias: packageEntries().map(({ name, source }) => ({
      find: new RegExp(`^${name}$`),
      replacement: `${PACKAGE_ROOT}${source}`,
    })),
  },
  test: {
    include: ['test/**/*.test.ts'],
    // The fault matrix takes minutes of real time; `npm run test:faults` runs it.
    exclude: ['test/consumers/**', 'test/faults/**', '**/node_modules/**'],
    // One process for each file: native modules and process-wide hooks of one file cannot reach another.
    pool: 'forks',
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default', new ClosingLineReporter({ allowedSkips, strict })],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'strategies/**/*.ts'],
      exclude: ['test/**'],
      reporter: [strict ? 'text-summary' : 'text', 'html', 'json-summary'],
      // One red test is no reason to lose the figures of a run that takes many minutes.
      reportOnFailure: true,
      // Under what all tests reached on Node 20, with every program installed that they call, by at most one point.
      thresholds: { lines: 98.5, statements: 97.5, functions: 98, branches: 94.2 },
    },
  },
});
