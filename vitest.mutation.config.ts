import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Which tests are to notice, as scripts/mutation.mjs names them. */
const include = process.env['MUTATION_TESTS']?.split(' ') ?? [
  'test/{core,network,strategies,tokens}/**/*.test.ts',
];

/** Those tests, but for those that draw what they try at random: the same sources and tests are to come to one score. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include,
    exclude: ['test/**/*.property.test.ts'],
    // Each mutant is a run of its own: what processes for each file would cost is paid thousands of times.
    pool: 'threads',
    isolate: false,
    reporters: ['default'],
  },
});
