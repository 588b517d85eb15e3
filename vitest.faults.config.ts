import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** The rows of the fault matrix: real engines that are killed, frozen and cut off, in real time. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/faults/**/*.test.ts'],
    exclude: [],
    // One file at a time: each measures how long answers take.
    fileParallelism: false,
  },
});
