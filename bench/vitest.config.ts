import { defineConfig } from 'vitest/config';
import { PACKAGE_ROOT } from '../test/support/package-exports.ts';

/** Measurements that need servers and several processes: `npm run bench:revocation`, `npm run bench:redis-memory`. */
export default defineConfig({
  test: {
    root: PACKAGE_ROOT,
    include: ['bench/*.bench.ts'],
    pool: 'forks',
    fileParallelism: false,
  },
});
