import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import base from './vitest.config.ts';

/** Which tests are to notice, as scripts/mutation.mjs names them. */
const include = process.env['MUTATION_TESTS']?.split(' ') ?? [
  'test/{core,network,strategies,tokens}/**/*.test.ts',
];

/** Keeps the order in which they are named. vitest would begin with the slowest, and the first that notices ends a run. */
class NamedOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number =>
      include.findIndex((path) => moduleId.endsWith(`/${path}`));
    return files.toSorted((a, b) => place(a) - place(b));
  }
}

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
    sequence: { sequencer: NamedOrder },
    reporters: ['default'],
  },
});
