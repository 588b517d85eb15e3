import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Which tests are to notice, as scripts/mutation.mjs names them. */
const include = process.env['MUTATION_TESTS']?.split(' ') ?? [
  'test/{core,network,strategies,tokens}/**/*.test.ts',
];

/**
 * Those tests, but for those that start engines and servers of their own, and those that draw what they try at random:
 * the same sources and tests are to come to the same score.
 */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include,
    exclude: ['test/**/*.{live,property}.test.ts'],
    // Each mutant is a run of its own: what processes for each file would cost is paid thousands of times.
    pool: 'threads',
    isolate: false,
    reporters: ['default'],
  },
});
